import { constantParameters, denseForward, type ParameterShapes, rowErrors } from '../graph/layers.ts';
import { TensorGraph } from '../graph/tensor-graph.ts';
import { autoencoderScore } from '../train/autoencoder.ts';
import type { Trained } from '../train/train.ts';
import { type ExportedModel, type ModelDescription, packModel } from './pack-model.ts';

/** Everything the manifest says that training does not know. */
export interface AutoencoderDescription extends Omit<ModelDescription, 'training'> {
  readonly training: Omit<ModelDescription['training'], 'epochs' | 'trainLoss' | 'validationLoss'>;
}

/** The inference graph: rows of any number in, one score a row out. */
export function autoencoderModel(shapes: ParameterShapes, parameters: Float32Array, width: number): Uint8Array {
  const graph = new TensorGraph();
  const x = graph.input('window', [1, width], ['N', width]);
  const reconstruction = denseForward(graph, x, constantParameters(graph, parameters, shapes));
  const score = rowErrors(graph, x, reconstruction);
  return graph.encode('autoencoder', [{ name: 'score', tensor: score, dims: ['N'] }]);
}

/** Model file and manifest. Same input, same bytes: nothing in them depends on when or where. */
export function exportAutoencoder(
  shapes: ParameterShapes,
  trained: Trained,
  about: AutoencoderDescription,
): ExportedModel {
  const { epochs, trainLoss, validationLoss } = trained;
  const kind = {
    kind: 'autoencoder',
    domains: ['ai.onnx'],
    about: 'mean squared reconstruction error over the columns, unitless',
    goldenTolerance: 1e-4,
    score: (row: Float32Array) => autoencoderScore(shapes, trained.parameters, row),
  } as const;
  return packModel(autoencoderModel(shapes, trained.parameters, about.columns.length), kind, {
    ...about,
    training: { ...about.training, epochs, trainLoss, validationLoss },
  });
}
