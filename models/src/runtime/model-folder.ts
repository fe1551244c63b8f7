import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelsError } from '../errors.ts';
import { type ModelManifest, parseManifest } from '../export/manifest.ts';

const MAX_MODEL_BYTES = 64 * 1024 * 1024;
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

export interface ModelFiles {
  readonly model: Uint8Array;
  readonly manifest: ModelManifest;
}

/** `model.onnx` and `manifest.json` of a folder; both bounded in size. */
export const readModelFolder = (directory: string): Promise<ModelFiles> =>
  readModelFiles(join(directory, 'model.onnx'), join(directory, 'manifest.json'));

/** A model and its manifest, wherever they lie; both bounded in size. */
export async function readModelFiles(modelPath: string, manifestPath: string): Promise<ModelFiles> {
  const manifest = parseManifest((await bounded(manifestPath, MAX_MANIFEST_BYTES)).toString('utf8'));
  return { model: await bounded(modelPath, MAX_MODEL_BYTES), manifest };
}

async function bounded(path: string, limit: number): Promise<Buffer> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ModelsError('MODEL_REFUSED', `${path} cannot be read`, 'check the path, or install the model again', {
      cause,
    });
  });
  if (bytes.length <= limit) return bytes;
  throw new ModelsError(
    'MODEL_REFUSED',
    `${path} has ${bytes.length} of at most ${limit} bytes`,
    'use a smaller model',
  );
}
