import { createHash } from 'node:crypto';
import { ModelsError } from '../errors.ts';
import { OPSET } from '../graph/onnx.ts';
import { MODEL_BYTES_MAX, type ModelManifest, modelManifest } from './manifest.ts';

/** Everything the manifest says that fitting does not know. */
export interface ModelDescription
  extends Pick<ModelManifest, 'name' | 'window' | 'normalization' | 'threshold' | 'training' | 'licence'> {
  readonly columns: ModelManifest['input']['columns'];
  readonly trainingDataSha256: string;
  /** Rows kept as proof that a host computes the same. */
  readonly goldenRows: readonly Float32Array[];
}

/** What the exporter of one kind of model knows. */
export interface ModelKind extends Pick<ModelManifest, 'kind'> {
  /** Operator sets that the graph uses. */
  readonly domains: readonly string[];
  /** What the score is, with its unit and range. */
  readonly about: string;
  /** How far a host's score may be from the golden one, relative to it above 1. */
  readonly goldenTolerance: number;
  /** The same score by other code than the file's: the golden vectors. */
  score(row: Float32Array): number;
}

export interface ExportedModel {
  readonly model: Uint8Array;
  readonly manifest: ModelManifest;
}

/** Model file and manifest of a graph with input `window` and output `score`. Same input, same bytes; too many are refused. */
export function packModel(model: Uint8Array, kind: ModelKind, about: ModelDescription): ExportedModel {
  if (model.length > MODEL_BYTES_MAX) {
    const text = `${about.name} has ${model.length} of at most ${MODEL_BYTES_MAX} bytes`;
    throw new ModelsError('MODEL_TOO_LARGE', text, 'fit it on fewer columns');
  }
  const hash = createHash('sha256').update(model).digest('hex');
  const manifest = modelManifest.parse({
    schema: 1,
    name: about.name,
    version: `1.0.0-${hash.slice(0, 8)}`,
    kind: kind.kind,
    opset: OPSET,
    domains: kind.domains,
    input: { name: 'window', columns: about.columns },
    output: { name: 'score', about: kind.about },
    window: about.window,
    normalization: about.normalization,
    threshold: about.threshold,
    golden: about.goldenRows.map((row) => ({ input: Array.from(row), score: kind.score(row) })),
    goldenTolerance: kind.goldenTolerance,
    sha256: { model: hash, trainingData: about.trainingDataSha256 },
    budget: { modelBytes: MODEL_BYTES_MAX, inferenceMsP99: 10, memoryMiB: 64 },
    training: about.training,
    licence: about.licence,
  });
  return { model, manifest };
}
