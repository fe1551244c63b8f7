/** Entry of the worker thread that runs one model: `run` blocks its thread's event loop, so it must not be the agent's. */
import { parentPort, workerData } from 'node:worker_threads';
import { ModelsError } from '../errors.ts';
import { openModelSession } from './model-session.ts';
import type { WorkerReply, WorkerRequest, WorkerStart } from './worker-message.ts';

const port = parentPort;
if (port === null)
  throw new ModelsError('WORKER_FAILED', 'this file is the entry of a worker', 'start it by createModelPort');

const reply = (message: WorkerReply): void => port.postMessage(message);
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

try {
  // workerData is what createModelPort passes; nobody else starts this file.
  const { model, manifest } = workerData as WorkerStart;
  const session = await openModelSession(model, manifest);
  port.on('message', async ({ id, window }: WorkerRequest) => {
    const startMs = performance.now();
    try {
      const [score] = await session.score(window);
      reply({ kind: 'score', id, score: score!, inferenceMs: performance.now() - startMs });
    } catch (error) {
      reply({ kind: 'failed', id, message: textOf(error) });
    }
  });
  reply({ kind: 'ready' });
} catch (error) {
  reply({ kind: 'refused', message: textOf(error) });
}
