import { type Clusters, clusterDistance } from '../classical/clusters.ts';
import { mean, multiply, squareRoot, subtract } from '../graph/operations.ts';
import { TensorGraph } from '../graph/tensor-graph.ts';
import { type ExportedModel, type ModelDescription, packModel } from './pack-model.ts';

/** The distance from the nearest center. Differences are squared as they are: float32 would lose digits in |x|² - 2xc + |c|². */
export function exportClusters(clusters: Clusters, about: ModelDescription): ExportedModel {
  const { width, centers } = clusters;
  const flat = new Float32Array(centers.length * width);
  centers.forEach((center, k) => {
    flat.set(center, k * width);
  });
  const graph = new TensorGraph();
  const x = graph.input('window', [1, width], ['N', width]);
  const [apart] = graph.node('Unsqueeze', [x, graph.integers([1])], [[1, 1, width]]);
  const difference = subtract(graph, apart!, graph.constant(flat, [1, centers.length, width]));
  const squares = mean(graph, multiply(graph, difference, difference), [2]);
  const axes = { axes: { kind: 'ints', value: [1] }, keepdims: { kind: 'int', value: 0 } } as const;
  const [nearest] = graph.node('ReduceMin', [squares], [[1]], axes);
  const score = squareRoot(graph, nearest!);
  const model = graph.encode('clusters', [{ name: 'score', tensor: score, dims: ['N'] }]);
  const kind = {
    kind: 'clusters',
    domains: ['ai.onnx'],
    about: 'distance from the nearest typical window, rms over the columns, unitless',
    goldenTolerance: 1e-5,
    score: (row: Float32Array) => clusterDistance(clusters, Float64Array.from(row)),
  } as const;
  return packModel(model, kind, about);
}
