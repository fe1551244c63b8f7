import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { ModelsError } from '../errors.ts';
import { MODEL_BYTES_MAX, type ModelManifest, parseManifest } from '../export/manifest.ts';

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
  return { model: await bounded(modelPath, MODEL_BYTES_MAX), manifest };
}

/** All of a file; of one that is larger no more is read than shows it. */
async function bounded(path: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(path, { end: limit })) chunks.push(chunk);
  } catch (cause) {
    const hint = 'check the path, or install the model again';
    throw new ModelsError('MODEL_REFUSED', `${path} cannot be read`, hint, { cause });
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length <= limit) return bytes;
  throw new ModelsError('MODEL_TOO_LARGE', `${path} has more than ${limit} bytes`, 'use a smaller model');
}
