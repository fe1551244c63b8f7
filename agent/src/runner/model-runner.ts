import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createModelPort, type ModelPort, type RunningModel, readModelFolder } from '@airis/models';
import { errorText } from '../errors.ts';
import type { Log } from '../log.ts';

export interface ModelRunnerOptions {
  /** The model that ships with the agent. */
  readonly shipped: string;
  /** Where the last model that ran well is kept. */
  readonly lastGood: string;
  /** Entry of the worker thread; `undefined` while running from source. */
  readonly workerEntry: URL | undefined;
  readonly log: Log;
}

export interface ModelRunner extends AsyncDisposable {
  /** For detection; `null` where no model could be read at all: the agent works without. */
  readonly port: ModelPort | null;
  /** Why no model, or not the one that ships, runs. */
  readonly error: string | null;
}

/**
 * Runs the model that ships, in a worker thread; when it is refused (hash, golden vectors) or cannot be read, the last
 * one that ran well. A model that ran is remembered as that.
 */
export async function startModelRunner(options: ModelRunnerOptions): Promise<ModelRunner> {
  const { log } = options;
  let error: string | null = null;
  for (const folder of [options.shipped, options.lastGood]) {
    const started = await tryModel(folder, options.workerEntry);
    if ('running' in started) {
      if (folder === options.shipped) await remember(folder, started.hash, options.lastGood, log);
      return runner(started.running, error);
    }
    error ??= started.error;
    log.warn('MODEL_REFUSED', started.error, { folder });
  }
  return { port: null, error, [Symbol.asyncDispose]: async () => undefined };
}

function runner(running: RunningModel, refusal: string | null): ModelRunner {
  const port: ModelPort = {
    manifest: running.manifest,
    submit: (window, tMs) => running.submit(window, tMs),
    takeScores: () => running.takeScores(),
    status: () => {
      const { inferenceMsP99, error } = running.status();
      return { inferenceMsP99, error: error ?? refusal };
    },
  };
  return { port, error: refusal, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

async function tryModel(
  folder: string,
  workerEntry: URL | undefined,
): Promise<{ readonly running: RunningModel; readonly hash: string } | { readonly error: string }> {
  try {
    const { model, manifest } = await readModelFolder(folder);
    const running = createModelPort({ model, manifest, ...(workerEntry === undefined ? {} : { workerEntry }) });
    await running.settled();
    const { error } = running.status();
    if (error === null) return { running, hash: manifest.sha256.model };
    await running[Symbol.asyncDispose]();
    return { error };
  } catch (error) {
    return { error: errorText(error) };
  }
}

async function remember(folder: string, hash: string, lastGood: string, log: Log): Promise<void> {
  try {
    const known = await readFile(join(lastGood, 'manifest.json'), 'utf8').catch(() => '');
    if (known.includes(hash)) return;
    const fresh = `${lastGood}.new`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    for (const file of ['manifest.json', 'model.onnx']) await cp(join(folder, file), join(fresh, file));
    await rm(lastGood, { recursive: true, force: true });
    await rename(fresh, lastGood);
  } catch (error) {
    log.warn('MODEL_NOT_REMEMBERED', errorText(error), { folder: lastGood });
  }
}
