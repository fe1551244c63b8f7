import { type OneClassSvm, svmScore } from '../classical/one-class-svm.ts';
import { sum } from '../graph/operations.ts';
import { TensorGraph } from '../graph/tensor-graph.ts';
import { type ExportedModel, type ModelDescription, packModel } from './pack-model.ts';

/** A one-class SVM as one `SVMRegressor`: with weights below 0 and 1 as offset its sum is the score itself. */
export function exportOneClassSvm(svm: OneClassSvm, about: ModelDescription): ExportedModel {
  const graph = new TensorGraph();
  const x = graph.input('window', [1, svm.width], ['N', svm.width]);
  const attributes = {
    kernel_type: { kind: 'text', value: 'RBF' },
    kernel_params: { kind: 'floats', value: Float32Array.of(svm.gamma, 0, 3) },
    n_supports: { kind: 'int', value: svm.weights.length },
    support_vectors: { kind: 'floats', value: svm.supports },
    coefficients: { kind: 'floats', value: svm.weights.map((weight) => -weight) },
    rho: { kind: 'floats', value: Float32Array.of(1) },
    // 1 would give the sign alone.
    one_class: { kind: 'int', value: 0 },
    post_transform: { kind: 'text', value: 'NONE' },
  } as const;
  const [unlike] = graph.node('SVMRegressor', [x], [[1, 1]], attributes, 'ai.onnx.ml');
  const score = sum(graph, unlike!, [1]);
  const model = graph.encode('one-class-svm', [{ name: 'score', tensor: score, dims: ['N'] }]);
  const kind = {
    kind: 'one-class-svm',
    domains: ['ai.onnx', 'ai.onnx.ml'],
    about: `1 - likeness to the support vectors, unitless, 0..1; above ${svm.boundary.toPrecision(6)} lies outside`,
    goldenTolerance: 1e-5,
    score: (row: Float32Array) => svmScore(svm, row),
  } as const;
  return packModel(model, kind, about);
}
