import { createHash } from 'node:crypto';
import type { InferenceSession } from 'onnxruntime-node';
import { ModelsError } from '../errors.ts';
import type { ModelManifest } from '../export/manifest.ts';
import { loadOnnxRuntime, type OnnxRuntime, sessionOptions } from './onnx-runtime.ts';

/** A model that is loaded and has proved itself on its golden vectors. */
export interface ModelSession extends AsyncDisposable {
  /** Scores of `windows`, flat row-major, one a row. */
  score(windows: Float32Array): Promise<Float32Array>;
}

/**
 * Loads a model: size and hash as the manifest says, one column count, and every golden input must give its score again
 * within the manifest's tolerance. Anything else is refused.
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
  if (model.length > manifest.budget.modelBytes) {
    const text = `${manifest.name} has ${model.length} of at most ${manifest.budget.modelBytes} bytes`;
    throw new ModelsError('MODEL_REFUSED', text, 'use the model that the manifest describes');
  }
  const hash = createHash('sha256').update(model).digest('hex');
  if (hash !== manifest.sha256.model) {
    const text = `${manifest.name} has hash ${hash}, the manifest says ${manifest.sha256.model}`;
    throw new ModelsError('MODEL_REFUSED', text, 'use the model that the manifest describes');
  }
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
