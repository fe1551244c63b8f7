import { errorText } from './errors.ts';
import type { Log } from './log.ts';

/**
 * Runs a tick again and again, never two at a time; one that fails is logged under `code`, and the next one is run all the
 * same. Disposing waits for the one under way.
 *
 * @param everyMs - 0 leaves ticking to the caller
 */
export function startTicking(tick: () => Promise<void>, everyMs: number, log: Log, code: string): AsyncDisposable {
  let running: Promise<void> | null = null;
  async function tickQuietly(): Promise<void> {
    try {
      await tick();
    } catch (cause) {
      log.warn(code, errorText(cause));
    }
    running = null;
  }
  const timer =
    everyMs > 0
      ? setInterval(() => {
          running ??= tickQuietly();
        }, everyMs)
      : null;
  timer?.unref();
  return {
    async [Symbol.asyncDispose]() {
      if (timer !== null) clearInterval(timer);
      await running;
    },
  };
}
