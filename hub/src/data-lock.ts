import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { errorCode, errorText, HubError } from './errors.ts';

/** A pid alone may have been given to another process since: the start time tells them apart. */
const holder = z.object({ pid: z.number().int().positive(), startedAtTicks: z.string(), bootId: z.string() });
type Holder = z.infer<typeof holder>;

const MAX_TRIES = 5;

/**
 * Holds the data folder for this process. A second hub on the same folder is refused; the lock of one that was killed is
 * taken over.
 */
export function lockDataFolder(file: string): Disposable {
  const mine = `${JSON.stringify(identityOf(process.pid))}\n`;
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, mine, { mode: 0o600 });
  } catch (cause) {
    throw new HubError(
      'DATA_DIR_UNUSABLE',
      `${dirname(file)} cannot be written: ${errorText(cause)}`,
      'make it writable, or set AIRIS_DATA_DIR',
      { cause },
    );
  }
  try {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (linked(draft, file)) return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
      const text = readOrNull(file);
      if (text === null) continue;
      const other = parse(text);
      if (other !== null && isAlive(other)) throw locked(file, other.pid);
      removeStale(file, text);
    }
    throw new HubError('DATA_DIR_LOCKED', `${file} changes hands all the time`, 'start one hub on this folder only');
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The pid that holds the folder, or null where nobody alive does. */
export function holderOf(file: string): number | null {
  const text = readOrNull(file);
  const other = text === null ? null : parse(text);
  return other !== null && isAlive(other) ? other.pid : null;
}

function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') return false;
    throw cause;
  }
}

/** Takes the stale file away, unless somebody else has just done so and put a living lock there: that goes back. */
function removeStale(file: string, staleText: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return;
    throw cause;
  }
  if (readOrNull(aside) !== staleText) linked(aside, file);
  rmSync(aside, { force: true });
}

function locked(file: string, pid: number): HubError {
  return new HubError(
    'DATA_DIR_LOCKED',
    `${dirname(file)} is in use by another hub (pid ${pid})`,
    'stop that one first, or give this one a folder of its own with AIRIS_DATA_DIR',
  );
}

function isAlive(other: Holder): boolean {
  const now = identityOf(other.pid);
  return now !== null && now.startedAtTicks === other.startedAtTicks && now.bootId === other.bootId;
}

/** When a process began, in clock ticks since boot; null where it is not there. Field 22 of `stat`, after the name in brackets. */
function identityOf(pid: number): Holder | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  const startedAtTicks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const state = stat?.slice(stat.lastIndexOf(')') + 2)[0];
  if (startedAtTicks === undefined || state === 'Z') return null;
  return { pid, startedAtTicks, bootId: readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? '' };
}

function parse(text: string): Holder | null {
  try {
    const parsed = holder.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // cut short by a crash, or not ours: nobody holds the folder by it
  }
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT' || errorCode(cause) === 'ESRCH') return null;
    throw cause;
  }
}
