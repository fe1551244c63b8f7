import { statfs } from 'node:fs/promises';
import { errorText } from '../errors.ts';
import type { Log } from '../log.ts';

const CHECK_EVERY_MS = 1_000;
/** Two restarts are at least this far apart, in case the failure has another reason than space. */
const RESTART_EVERY_MS = 5_000;
/** Room that a restart is worth: a few of the largest messages and the files that the server rewrites. */
const MIN_FREE_BYTES = 24 * 1024 * 1024;
const pattern = /critical write error/i;

export interface WriteFailureWatch extends Disposable {
  /** Shown every line of the server's log. */
  read(line: string): void;
  hasFailed(): boolean;
}

/**
 * A stream whose store could not be written once (the disk was full) refuses everything from then on, also when there is
 * room again, until the server is started anew (measured with 2.15.1). What it had acknowledged is safe; this watch sees
 * the failure in the log and restarts the server as soon as there is room.
 */
export function watchWriteFailures(folder: string, restart: () => void, log: Log): WriteFailureWatch {
  let failed = false;
  let restartedAt = Number.NEGATIVE_INFINITY;

  async function check(): Promise<void> {
    if (!failed || performance.now() - restartedAt < RESTART_EVERY_MS) return;
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < MIN_FREE_BYTES) return;
    failed = false;
    restartedAt = performance.now();
    log.warn('BROKER_WRITE_FAILED', 'nats-server could not write; there is room now, it is started anew');
    restart();
  }

  const timer = setInterval(() => {
    check().catch((thrown: unknown) => log.error('BROKER_WRITE_FAILED', errorText(thrown)));
  }, CHECK_EVERY_MS);
  return {
    read(line) {
      if (pattern.test(line)) failed = true;
    },
    hasFailed: () => failed,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
