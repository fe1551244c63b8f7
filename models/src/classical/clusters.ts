import { ModelsError } from '../errors.ts';
import { createRandom } from '../random.ts';
import { checkedRowCount } from './fit-rows.ts';

export interface Clusters {
  readonly width: number;
  readonly centers: readonly Float64Array[];
}

const ROUNDS = 12;

/**
 * Centers of `clusters` groups of like windows of one length: k-means, 12 rounds from spread centers.
 *
 * @see Lloyd 1982, "Least Squares Quantization in PCM"
 */
export function fitClusters(sample: readonly Float64Array[], clusters: number, seed: number): Clusters {
  const size = sample[0]?.length ?? 0;
  if (clusters < 1 || sample.length < clusters || sample.some((one) => one.length !== size)) {
    const text = `${sample.length} windows of ${size} numbers do not make ${clusters} clusters`;
    throw new ModelsError('FIT_DATA', text, 'give more windows, all of one length');
  }
  for (const window of sample) checkedRowCount({ values: window, width: size }, 1);
  const centers = spreadCenters(sample, clusters, seed);
  for (let round = 0; round < ROUNDS; round++) {
    const sums = centers.map(() => new Float64Array(size));
    const counts = new Float64Array(centers.length);
    for (const window of sample) {
      const { index } = nearest(window, centers);
      counts[index]! += 1;
      const sum = sums[index]!;
      for (let i = 0; i < size; i++) sum[i]! += window[i]!;
    }
    sums.forEach((sum, k) => {
      if (counts[k]! > 0) centers[k] = sum.map((value) => value / counts[k]!);
    });
  }
  return { width: size, centers };
}

/** Distance of a window from the nearest center, rms over its numbers. */
export function clusterDistance({ width, centers }: Clusters, window: Float64Array): number {
  return Math.sqrt(nearest(window, centers).distance / width);
}

/** Arthur and Vassilvitskii 2007 (k-means++): the next center is drawn with the squared distance as its weight. */
function spreadCenters(sample: readonly Float64Array[], clusters: number, seed: number): Float64Array[] {
  const uniform = createRandom(seed);
  const centers = [sample[Math.floor(uniform() * sample.length)]!.slice()];
  const distances = new Float64Array(sample.length).fill(Number.POSITIVE_INFINITY);
  while (centers.length < clusters) {
    let whole = 0;
    sample.forEach((window, i) => {
      distances[i] = Math.min(distances[i]!, squaredDistance(window, centers.at(-1)!, Number.POSITIVE_INFINITY));
      whole += distances[i]!;
    });
    let left = uniform() * whole;
    let drawn = 0;
    while (drawn < sample.length - 1 && left > distances[drawn]!) {
      left -= distances[drawn]!;
      drawn += 1;
    }
    centers.push(sample[drawn]!.slice());
  }
  return centers;
}

function nearest(window: Float64Array, centers: readonly Float64Array[]): { index: number; distance: number } {
  let index = 0;
  let distance = Number.POSITIVE_INFINITY;
  centers.forEach((center, k) => {
    const squared = squaredDistance(window, center, distance);
    if (squared < distance) {
      distance = squared;
      index = k;
    }
  });
  return { index, distance };
}

function squaredDistance(a: Float64Array, b: Float64Array, giveUpAt: number): number {
  let sum = 0;
  for (let i = 0; i < a.length && sum < giveUpAt; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference * difference;
  }
  return sum;
}
