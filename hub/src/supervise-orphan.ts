import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from './errors.ts';
import type { Log } from './log.ts';

const TERM_TIMEOUT_MS = 5_000;
const KILL_TIMEOUT_MS = 2_000;
const POLL_MS = 50;

/**
 * Ends the child of a hub that was killed, known by its pid file. The command line must carry `mark`: a pid that
 * something else has since been given is left alone.
 */
export async function endOrphan(pidFile: string, mark: string, log: Log): Promise<void> {
  const pid = pidIn(pidFile);
  if (pid !== null && isOurs(pid, mark)) {
    log.warn('CHILD_ORPHAN', 'ending a child that an earlier hub left behind', { pid, mark });
    signalled(pid, 'SIGTERM');
    if (!(await isGoneWithin(pid, mark, TERM_TIMEOUT_MS))) {
      signalled(pid, 'SIGKILL');
      await isGoneWithin(pid, mark, KILL_TIMEOUT_MS);
    }
  }
  rmSync(pidFile, { force: true });
}

/** It may end by itself at this very moment: the kernel is killing it too, since its parent is gone. */
function signalled(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (cause) {
    if (errorCode(cause) !== 'ESRCH') throw cause;
  }
}

/** Whether a living process has `mark` in its command line. */
export function isOurs(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT' || errorCode(cause) === 'ESRCH') return false;
    throw cause;
  }
}

function pidIn(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim());
    return Number.isInteger(pid) && pid > 1 ? pid : null;
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw cause;
  }
}

async function isGoneWithin(pid: number, mark: string, timeoutMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += POLL_MS) {
    if (!isOurs(pid, mark)) return true;
    await delay(POLL_MS);
  }
  return !isOurs(pid, mark);
}
