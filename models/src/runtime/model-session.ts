import type { InferenceSession } from 'onnxruntime-node';
import { checkModel } from '../check/check-model.ts';
import { ModelsError } from '../errors.ts';
import type { ModelManifest } from '../export/manifest.ts';
import { loadOnnxRuntime, type OnnxRuntime, sessionOptions } from './onnx-runtime.ts';

/** A model that is loaded and has proved itself on its golden vectors. */
export interface ModelSession extends AsyncDisposable {
  /** Scores of `windows`, flat row-major, one a row. */
  score(windows: Float32Array): Promise<Float32Array>;
}

/**
 * Loads a model: its file must be what the manifest says and what hosts run (`checkModel`), and every golden input must give
 * its score again within the manifest's tolerance. Anything else is refused.
 */
export async function openModelSession(model: Uint8Array, manifest: ModelManifest): Promise<ModelSession> {
  checkFile(model, manifest);
  const ort = await loadOnnxRuntime();
  const session = await ort.InferenceSession.create(model, sessionOptions).catch((cause: unknown) => {
    throw new ModelsError('MODEL_REFUSED', `${manifest.name} does not load`, 'export it again', { cause });
  });
  const opened = sessionOver(ort, session, manifest);
  try {
    await checkGolden(opened, manifest);
  } catch (error) {
    await session.release();
    throw error;
  }
  return opened;
}

function sessionOver(ort: OnnxRuntime, session: InferenceSession, manifest: ModelManifest): ModelSession {
  const width = manifest.input.columns.length;
  return {
    async score(windows) {
      const rows = windows.length / width;
      const out = await session.run({ [manifest.input.name]: new ort.Tensor('float32', windows, [rows, width]) }, [
        manifest.output.name,
      ]);
      const scores = out[manifest.output.name]?.data;
      if (!(scores instanceof Float32Array) || scores.length !== rows) {
        throw new ModelsError('MODEL_REFUSED', `${manifest.name} gives no score a row`, 'export it again');
      }
      return scores;
    },
    async [Symbol.asyncDispose]() {
      await session.release();
    },
  };
}

function checkFile(model: Uint8Array, manifest: ModelManifest): void {
  const [first, ...more] = checkModel(model, manifest).problems;
  if (first === undefined) return;
  const also = more.length === 0 ? '' : ` (and ${more.length} more)`;
  throw new ModelsError(first.code, `${manifest.name}: ${first.message}${also}`, first.hint);
}

async function checkGolden(session: ModelSession, manifest: ModelManifest): Promise<void> {
  for (const { input, score } of manifest.golden) {
    const [got] = await session.score(Float32Array.from(input));
    if (Math.abs(got! - score) <= manifest.goldenTolerance * Math.max(1, Math.abs(score))) continue;
    throw new ModelsError(
      'GOLDEN_MISMATCH',
      `${manifest.name} gives ${got} for ${score}`,
      'do not use this model here',
    );
  }
}
