import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AgentError, errorText } from './errors.ts';
import type { Log } from './log.ts';

/**
 * Holds the folder for one running agent. The lock is SQLite's, which is the kernel's: it ends with the process, however
 * that ends, and cannot be left behind.
 */
export function lockFolder(directory: string, log: Log): Disposable {
  const database = new DatabaseSync(join(directory, 'agent.lock'), { timeout: 0 });
  const pidFile = join(directory, 'agent.pid');
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new AgentError(
      'ALREADY_RUNNING',
      `an agent (pid ${pidIn(pidFile)}) runs on ${directory}`,
      'stop it first, or choose another folder with --dir',
      { cause },
    );
  }
  try {
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    // A full disk: the lock holds all the same, only the number is missing from messages.
    log.warn('PID_NOT_WRITTEN', errorText(error), { path: pidFile });
  }
  return { [Symbol.dispose]: () => database.close() };
}

/** Whether an agent holds the folder now. */
export function isLocked(directory: string): boolean {
  try {
    lockProbe(directory);
    return false;
  } catch {
    return true;
  }
}

function lockProbe(directory: string): void {
  using database = new DatabaseSync(join(directory, 'agent.lock'), { timeout: 0 });
  database.exec('BEGIN EXCLUSIVE; ROLLBACK');
}

function pidIn(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || 'unknown';
  } catch {
    return 'unknown';
  }
}
