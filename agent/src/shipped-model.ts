import { fileURLToPath } from 'node:url';

export interface ShippedModel {
  readonly folder: string;
  /** Entry of the model's worker thread; `undefined` from source, where the models package knows its own. */
  readonly workerEntry: URL | undefined;
}

/** Beside the bundle where it is one, else in the checkout. */
export function shippedModel(exists: (path: string) => boolean): ShippedModel {
  const workerEntry = new URL('./model-worker.mjs', import.meta.url);
  if (exists(fileURLToPath(workerEntry))) {
    return { folder: fileURLToPath(new URL('./models/host-autoencoder', import.meta.url)), workerEntry };
  }
  const folder = fileURLToPath(new URL('../../models/zoo/host-autoencoder', import.meta.url));
  return { folder, workerEntry: undefined };
}
