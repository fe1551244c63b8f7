import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelsError } from '../errors.ts';
import { type ModelManifest, parseManifest } from '../export/manifest.ts';

const MAX_MODEL_BYTES = 64 * 1024 * 1024;
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** `model.onnx` and `manifest.json` of a folder; both bounded in size. */
export async function readModelFolder(directory: string): Promise<{ model: Uint8Array; manifest: ModelManifest }> {
  const manifest = parseManifest(
    (await bounded(join(directory, 'manifest.json'), MAX_MANIFEST_BYTES)).toString('utf8'),
  );
  return { model: await bounded(join(directory, 'model.onnx'), MAX_MODEL_BYTES), manifest };
}

async function bounded(path: string, limit: number): Promise<Buffer> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ModelsError('MODEL_REFUSED', `${path} cannot be read`, 'install the model again', { cause });
  });
  if (bytes.length <= limit) return bytes;
  throw new ModelsError(
    'MODEL_REFUSED',
    `${path} has ${bytes.length} of at most ${limit} bytes`,
    'use a smaller model',
  );
}
