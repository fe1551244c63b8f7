import { type Components, componentDistance } from '../classical/components.ts';
import { rowErrors } from '../graph/layers.ts';
import { matmul } from '../graph/matmul.ts';
import { squareRoot } from '../graph/operations.ts';
import { TensorGraph } from '../graph/tensor-graph.ts';
import { type ExportedModel, type ModelDescription, packModel } from './pack-model.ts';

/** The distance from a principal subspace as two products of matrices: into the subspace and back. */
export function exportComponents(components: Components, about: ModelDescription): ExportedModel {
  const { width, kept } = components;
  const into = new Float32Array(width * kept.length);
  const back = new Float32Array(width * kept.length);
  kept.forEach((vector, k) => {
    back.set(vector, k * width);
    for (let i = 0; i < width; i++) into[i * kept.length + k] = vector[i]!;
  });
  const graph = new TensorGraph();
  const x = graph.input('window', [1, width], ['N', width]);
  const inside = matmul(graph, x, graph.constant(into, [width, kept.length]));
  const projected = matmul(graph, inside, graph.constant(back, [kept.length, width]));
  const score = squareRoot(graph, rowErrors(graph, x, projected));
  const model = graph.encode('components', [{ name: 'score', tensor: score, dims: ['N'] }]);
  const kind = {
    kind: 'components',
    domains: ['ai.onnx'],
    about: 'distance from the principal subspace, rms over the columns, unitless',
    goldenTolerance: 1e-5,
    score: (row: Float32Array) => componentDistance(components, Float64Array.from(row)),
  } as const;
  return packModel(model, kind, about);
}
