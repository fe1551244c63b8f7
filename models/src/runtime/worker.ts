/** Entry of the worker thread that runs one model: `run` blocks its thread's event loop, so it must not be the agent's. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ModelsError } from '../errors.ts';
import { openModelSession } from './model-session.ts';
import type { WorkerReply, WorkerRequest, WorkerStart } from './worker-message.ts';

if (parentPort === null) {
  throw new ModelsError('WORKER_FAILED', 'this file is the entry of a worker', 'start it by createModelPort');
}
// No top-level await: this file must also work as a CommonJS bundle.
// workerData is what createModelPort passes; nobody else starts this file.
void serve(parentPort, workerData as WorkerStart);

async function serve(port: MessagePort, { model, manifest }: WorkerStart): Promise<void> {
  const reply = (message: WorkerReply): void => port.postMessage(message);
  try {
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
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
