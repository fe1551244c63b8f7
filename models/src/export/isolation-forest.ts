import { type IsolationForest, isolationScore } from '../classical/isolation-forest.ts';
import type { OnnxAttribute } from '../graph/onnx.ts';
import { multiply, sum } from '../graph/operations.ts';
import { TensorGraph } from '../graph/tensor-graph.ts';
import { type ExportedModel, type ModelDescription, packModel } from './pack-model.ts';

/** A forest as one `TreeEnsembleRegressor` that gives the mean path, and the score made of it. */
export function exportIsolationForest(forest: IsolationForest, about: ModelDescription): ExportedModel {
  const graph = new TensorGraph();
  const x = graph.input('window', [1, forest.width], ['N', forest.width]);
  const [path] = graph.node('TreeEnsembleRegressor', [x], [[1, 1]], treeAttributes(forest), 'ai.onnx.ml');
  // 2^(-path / usual) = e^(-path ln 2 / usual)
  const exponent = multiply(graph, sum(graph, path!, [1]), graph.constant(-Math.LN2 / forest.usualPath));
  const [score] = graph.node('Exp', [exponent], [[1]]);
  const model = graph.encode('isolation-forest', [{ name: 'score', tensor: score!, dims: ['N'] }]);
  const kind = {
    kind: 'isolation-forest',
    domains: ['ai.onnx', 'ai.onnx.ml'],
    about: 'isolation score, unitless, 0..1: 0.5 is as deep as a random search goes',
    goldenTolerance: 1e-5,
    score: (row: Float32Array) => isolationScore(forest, row),
  } as const;
  return packModel(model, kind, about);
}

function treeAttributes(forest: IsolationForest): Record<string, OnnxAttribute> {
  const nodes = forest.feature.length;
  const trees = new Int32Array(nodes);
  const ids = new Int32Array(nodes);
  for (let tree = 0; tree + 1 < forest.starts.length; tree++) {
    const start = forest.starts[tree]!;
    for (let node = start; node < forest.starts[tree + 1]!; node++) {
      trees[node] = tree;
      ids[node] = node - start;
    }
  }
  const within = (targets: Int32Array) => targets.map((target, node) => (forest.feature[node]! < 0 ? 0 : ids[target]!));
  const leaves = Int32Array.from(ids.keys()).filter((node) => forest.feature[node]! < 0);
  const ints = (value: Int32Array): OnnxAttribute => ({ kind: 'ints', value });
  return {
    n_targets: { kind: 'int', value: 1 },
    aggregate_function: { kind: 'text', value: 'AVERAGE' },
    nodes_treeids: ints(trees),
    nodes_nodeids: ints(ids),
    nodes_featureids: ints(forest.feature.map((feature) => Math.max(0, feature))),
    nodes_values: { kind: 'floats', value: forest.threshold },
    nodes_modes: { kind: 'texts', value: Array.from(forest.feature, (one) => (one < 0 ? 'LEAF' : 'BRANCH_LEQ')) },
    nodes_truenodeids: ints(within(forest.below)),
    nodes_falsenodeids: ints(within(forest.above)),
    target_treeids: ints(leaves.map((node) => trees[node]!)),
    target_nodeids: ints(leaves.map((node) => ids[node]!)),
    target_ids: ints(new Int32Array(leaves.length)),
    target_weights: { kind: 'floats', value: Float32Array.from(leaves, (node) => forest.pathLength[node]!) },
  };
}
