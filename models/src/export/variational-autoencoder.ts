import { constantParameters } from '../graph/layers.ts';
import { TensorGraph } from '../graph/tensor-graph.ts';
import { type VariationalSizes, variationalErrors, variationalShapes } from '../graph/variational.ts';
import type { Trained } from '../train/train.ts';
import { variationalScore } from '../train/variational-autoencoder.ts';
import type { AutoencoderDescription } from './autoencoder.ts';
import { type ExportedModel, packModel } from './pack-model.ts';

/** The inference graph, without noise: rows of any number in, one score a row out. */
export function variationalModel(sizes: VariationalSizes, parameters: Float32Array): Uint8Array {
  const graph = new TensorGraph();
  const x = graph.input('window', [1, sizes.width], ['N', sizes.width]);
  const constants = constantParameters(graph, parameters, variationalShapes(sizes));
  const score = variationalErrors(graph, x, constants, sizes.code);
  return graph.encode('variational-autoencoder', [{ name: 'score', tensor: score, dims: ['N'] }]);
}

/** Model file and manifest. Same input, same bytes. */
export function exportVariational(
  sizes: VariationalSizes,
  { parameters, epochs, trainLoss, validationLoss }: Trained,
  about: AutoencoderDescription,
): ExportedModel {
  const kind = {
    kind: 'variational-autoencoder',
    domains: ['ai.onnx'],
    about: 'mean squared error of the row written from the middle of its code, unitless',
    goldenTolerance: 1e-4,
    score: (row: Float32Array) => variationalScore(sizes, parameters, row),
  } as const;
  return packModel(variationalModel(sizes, parameters), kind, {
    ...about,
    training: { ...about.training, epochs, trainLoss, validationLoss },
  });
}
