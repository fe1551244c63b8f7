import { setTimeout as delay } from 'node:timers/promises';
import { createBackoff } from '@airis/protocol';

/** Repeats until it works; rejects only when told to stop. Every failure is handed over, to be logged and counted. */
export async function untilItWorks<T>(
  run: () => Promise<T>,
  onFailure: (thrown: unknown) => void,
  stopping: AbortSignal,
): Promise<T> {
  const backoff = createBackoff({ firstMs: 100, limitMs: 3_000 }, Math.random);
  for (;;) {
    try {
      return await run();
    } catch (thrown) {
      onFailure(thrown);
      await delay(backoff.fail(), undefined, { signal: stopping });
    }
  }
}
