import { z } from 'zod';
import { ModelsError } from '../errors.ts';

/** A model file must be small enough to be sent to every host. */
export const MODEL_BYTES_MAX = 500 * 1024;

/** `external` is a model of somebody else's: AIRIS-MON only runs it. */
const kinds = [
  'autoencoder',
  'lstm-autoencoder',
  'variational-autoencoder',
  'isolation-forest',
  'one-class-svm',
  'components',
  'clusters',
  'external',
] as const;

/** What a host must know to run a model and trust its numbers. Stands beside `model.onnx` as `manifest.json`. */
export const modelManifest = z.strictObject({
  schema: z.literal(1),
  name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  version: z.string().max(64),
  kind: z.enum(kinds),
  opset: z.int().positive(),
  domains: z.array(z.string()).default(['ai.onnx']),
  /** One tensor `[N, inputs.length]`: its columns in this order. */
  input: z.strictObject({
    name: z.string(),
    columns: z
      .array(z.strictObject({ name: z.string(), unit: z.string() }))
      .min(1)
      .max(4_096),
  }),
  output: z.strictObject({ name: z.string(), about: z.string() }),
  window: z.strictObject({ spanMs: z.int().positive(), everyMs: z.int().positive() }),
  normalization: z.string(),
  /** A score that 1 in 1000 validation windows exceeds. Hosts judge against their own past first; this is the floor. */
  threshold: z.number().positive(),
  golden: z
    .array(z.strictObject({ input: z.array(z.number()), score: z.number() }))
    .min(1)
    .max(16),
  goldenTolerance: z.number().positive().max(1e-3),
  sha256: z.strictObject({
    model: z.string().regex(/^[0-9a-f]{64}$/),
    trainingData: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  budget: z.strictObject({
    modelBytes: z.int().positive(),
    inferenceMsP99: z.number().positive(),
    memoryMiB: z.int().positive(),
  }),
  training: z.strictObject({
    data: z.string(),
    simulated: z.boolean(),
    command: z.string(),
    seed: z.int(),
    windows: z.int().positive(),
    /** Of models that are trained in steps; others are fitted at once. */
    epochs: z.int().positive().optional(),
    trainLoss: z.number().optional(),
    validationLoss: z.number().optional(),
  }),
  licence: z.string(),
});
export type ModelManifest = z.infer<typeof modelManifest>;

/** A manifest from outside, or an error that names what is wrong with it. */
export function parseManifest(text: string): ModelManifest {
  try {
    return modelManifest.parse(JSON.parse(text));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new ModelsError('MANIFEST_INVALID', detail, 'export the model again with this version', { cause });
  }
}
