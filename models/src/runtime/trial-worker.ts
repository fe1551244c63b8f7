/** Entry of the process in which a model from outside is tried: a crash, a hang or a flood of memory ends only this one. */
import process from 'node:process';
import { ModelsError } from '../errors.ts';
import { openModelSession } from './model-session.ts';
import type { TrialReply, TrialRequest } from './trial-message.ts';

const RUNS = 50;

process.once('message', (request: TrialRequest) => void answer(request));
// Nobody waits for the answer any more.
process.once('disconnect', () => process.exit(1));

async function answer(request: TrialRequest): Promise<void> {
  const reply = await tried(request);
  process.send?.(reply, () => process.exit(0));
}

async function tried({ model, manifest }: TrialRequest): Promise<TrialReply> {
  try {
    const startMs = performance.now();
    await using session = await openModelSession(model, manifest);
    const loadMs = performance.now() - startMs;
    const inferenceMs: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const window = Float32Array.from(manifest.golden[run % manifest.golden.length]!.input);
      const runMs = performance.now();
      await session.score(window);
      inferenceMs.push(performance.now() - runMs);
    }
    return { kind: 'ran', loadMs, inferenceMs };
  } catch (error) {
    if (!(error instanceof ModelsError)) {
      const message = error instanceof Error ? error.message.slice(0, 300) : String(error).slice(0, 300);
      return { kind: 'refused', problem: { code: 'MODEL_REFUSED', message, hint: 'run it in ONNX Runtime first' } };
    }
    const cause = error.cause instanceof Error ? `: ${error.cause.message.slice(0, 300)}` : '';
    return { kind: 'refused', problem: { code: error.code, message: error.message + cause, hint: error.hint } };
  }
}
