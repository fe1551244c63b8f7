import { createRandom } from '../random.ts';
import { checkedRowCount, drawRows, type FitRows, swap } from './fit-rows.ts';

export interface IsolationForestOptions {
  readonly seed: number;
  readonly trees?: number;
  /** Rows that one tree is grown from. */
  readonly subsample?: number;
}

/**
 * Trees in flat columns, one entry a node; the nodes of tree i are `starts[i]` to `starts[i + 1]`, its root first. A row
 * goes to `below` where its value of `feature` is at most `threshold`, else to `above` (also a NaN). A leaf has feature -1.
 */
export interface IsolationForest {
  readonly width: number;
  readonly starts: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float32Array;
  readonly below: Int32Array;
  readonly above: Int32Array;
  /** Of leaves: steps from the root, plus those expected for the rows that were not parted any further. */
  readonly pathLength: Float32Array;
  /** Mean path length of a search tree of as many rows as a tree was grown from. */
  readonly usualPath: number;
}

const TREES = 100;
const SUBSAMPLE = 256;
/** Beyond this no further tree is grown: one entry takes 23 bytes of an ONNX file, which may have 500 KB. */
const MOST_NODES = 21_000;
const EULER = 0.5772156649015329;

/**
 * Random trees that part rows until each stands alone or the tree is as deep as a balanced one: what is rare is parted early.
 * Same rows and seed, same forest. Constant columns are never split. Rows that part evenly (flags) make full trees; then
 * there are fewer of them, at least 42 of 256 rows.
 *
 * @see Liu, Ting and Zhou 2008, "Isolation Forest"
 */
export function fitIsolationForest(rows: FitRows, options: IsolationForestOptions): IsolationForest {
  const count = checkedRowCount(rows, 2);
  const trees = options.trees ?? TREES;
  const size = Math.min(options.subsample ?? SUBSAMPLE, count);
  const nodes = createNodes(MOST_NODES + 2 * size);
  const starts = [0];
  const uniform = createRandom(options.seed);
  for (let tree = 0; tree < trees && nodes.count < MOST_NODES; tree++) {
    const drawn = drawRows(count, size, Math.floor(uniform() * 2 ** 32));
    growTree(rows, drawn, Math.ceil(Math.log2(size)), nodes, uniform);
    starts.push(nodes.count);
  }
  return {
    width: rows.width,
    starts: Int32Array.from(starts),
    feature: nodes.feature.slice(0, nodes.count),
    threshold: nodes.threshold.slice(0, nodes.count),
    below: nodes.below.slice(0, nodes.count),
    above: nodes.above.slice(0, nodes.count),
    pathLength: nodes.pathLength.slice(0, nodes.count),
    usualPath: expectedPath(size),
  };
}

/** How strange one row is, 0..1: 0.5 is as deep as a random search goes, near 1 is alone after few splits. */
export function isolationScore(forest: IsolationForest, values: Float32Array, at = 0): number {
  const { starts, feature, threshold, below, above, pathLength } = forest;
  const trees = starts.length - 1;
  let length = 0;
  for (let tree = 0; tree < trees; tree++) {
    let node = starts[tree]!;
    while (feature[node]! >= 0) {
      node = values[at + feature[node]!]! <= threshold[node]! ? below[node]! : above[node]!;
    }
    length += pathLength[node]!;
  }
  return 2 ** (-length / trees / forest.usualPath);
}

interface Nodes {
  count: number;
  readonly feature: Int32Array;
  readonly threshold: Float32Array;
  readonly below: Int32Array;
  readonly above: Int32Array;
  readonly pathLength: Float32Array;
}

function createNodes(capacity: number): Nodes {
  return {
    count: 0,
    feature: new Int32Array(capacity),
    threshold: new Float32Array(capacity),
    below: new Int32Array(capacity),
    above: new Int32Array(capacity),
    pathLength: new Float32Array(capacity),
  };
}

function growTree(rows: FitRows, drawn: Int32Array, deepest: number, nodes: Nodes, uniform: () => number): void {
  const columns = Int32Array.from({ length: rows.width }, (_, i) => i);

  function grow(from: number, to: number, depth: number): number {
    const node = nodes.count++;
    const split = to - from < 2 || depth >= deepest ? null : drawSplit(from, to);
    if (split === null) {
      nodes.feature[node] = -1;
      nodes.pathLength[node] = depth + expectedPath(to - from);
      return node;
    }
    const middle = partition(rows, drawn, from, to, split);
    nodes.feature[node] = split.column;
    nodes.threshold[node] = split.threshold;
    nodes.below[node] = grow(from, middle, depth + 1);
    nodes.above[node] = grow(middle, to, depth + 1);
    return node;
  }

  /** A column that is drawn among those in which the rows differ, cut anywhere in their range. */
  function drawSplit(from: number, to: number): Split | null {
    for (let left = columns.length; left > 0; left--) {
      const drawnAt = Math.floor(uniform() * left);
      const column = columns[drawnAt]!;
      swap(columns, drawnAt, left - 1);
      const [low, high] = rangeOf(rows, drawn, from, to, column);
      if (low === high) continue;
      const cut = Math.fround(low + uniform() * (high - low));
      return { column, threshold: cut < high ? cut : low };
    }
    return null;
  }

  grow(0, drawn.length, 0);
}

interface Split {
  readonly column: number;
  readonly threshold: number;
}

function rangeOf({ values, width }: FitRows, drawn: Int32Array, from: number, to: number, column: number) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) {
    const value = values[drawn[i]! * width + column]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high] as const;
}

/** Moves the rows below the cut to the front; returns where the others begin. */
function partition({ values, width }: FitRows, drawn: Int32Array, from: number, to: number, split: Split): number {
  let middle = from;
  for (let i = from; i < to; i++) {
    if (values[drawn[i]! * width + split.column]! <= split.threshold) swap(drawn, i, middle++);
  }
  return middle;
}

/** Mean path of an unsuccessful search in a binary search tree of `count` rows (equation 1 of the paper). */
function expectedPath(count: number): number {
  if (count < 2) return 0;
  if (count === 2) return 1;
  return 2 * (Math.log(count - 1) + EULER) - (2 * (count - 1)) / count;
}
