import { createHash } from 'node:crypto';
import { constantParameters, denseForward, type ParameterShapes, rowErrors } from '../graph/layers.ts';
import { OPSET } from '../graph/onnx.ts';
import { TensorGraph } from '../graph/tensor-graph.ts';
import { autoencoderScore } from '../train/autoencoder.ts';
import type { Trained } from '../train/train.ts';
import { type ModelManifest, modelManifest } from './manifest.ts';

/** Everything the manifest says that training does not know. */
export interface AutoencoderDescription
  extends Pick<ModelManifest, 'name' | 'window' | 'normalization' | 'threshold' | 'licence'> {
  readonly columns: ModelManifest['input']['columns'];
  readonly training: Omit<ModelManifest['training'], 'epochs' | 'trainLoss' | 'validationLoss'>;
  readonly trainingDataSha256: string;
  /** Rows kept as proof that a host computes the same. */
  readonly goldenRows: readonly Float32Array[];
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
): { readonly model: Uint8Array; readonly manifest: ModelManifest } {
  const model = autoencoderModel(shapes, trained.parameters, about.columns.length);
  const hash = createHash('sha256').update(model).digest('hex');
  const manifest = modelManifest.parse({
    schema: 1,
    name: about.name,
    version: `1.0.0-${hash.slice(0, 8)}`,
    kind: 'autoencoder',
    opset: OPSET,
    input: { name: 'window', columns: about.columns },
    output: { name: 'score', about: 'mean squared reconstruction error over the columns, unitless' },
    window: about.window,
    normalization: about.normalization,
    threshold: about.threshold,
    golden: about.goldenRows.map((row) => ({
      input: Array.from(row),
      score: autoencoderScore(shapes, trained.parameters, row),
    })),
    goldenTolerance: 1e-4,
    sha256: { model: hash, trainingData: about.trainingDataSha256 },
    budget: { modelBytes: 256 * 1024, inferenceMsP99: 10, memoryMiB: 64 },
    training: {
      ...about.training,
      epochs: trained.epochs,
      trainLoss: trained.trainLoss,
      validationLoss: trained.validationLoss,
    },
    licence: about.licence,
  });
  return { model, manifest };
}
