import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A log file is renamed to `.1` beyond this; two of them are kept. */
const MAX_LOG_BYTES = 5 * 1024 * 1024;

/**
 * Keeps all that a child prints in a file, and shows on the terminal what a person should see: warnings and errors.
 *
 * @param isErrors - standard error: there, a line that is no JSON of ours is shown whole
 */
export function keepLog(name: string, stream: Readable, file: string, isErrors: boolean): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  createInterface({ input: stream }).on('line', (line) => {
    if (bytes > MAX_LOG_BYTES) {
      renameSync(file, `${file}.1`);
      bytes = 0;
    }
    try {
      appendFileSync(file, `${line}\n`, { mode: 0o600 });
    } catch (error) {
      process.stderr.write(`  ! the log ${file} cannot be written: ${String(error)}\n`);
    }
    bytes += Buffer.byteLength(line) + 1;
    const shown = forPeople(line, isErrors);
    if (shown !== null) process.stderr.write(`  ! ${name}: ${shown}\n`);
  });
}

/** A warning or error in words; `null` for what only the file needs. */
function forPeople(line: string, isErrors: boolean): string | null {
  try {
    const entry = JSON.parse(line) as { level?: unknown; code?: unknown; message?: unknown; hint?: unknown };
    if (entry.level === 'info') return null;
    const hint = typeof entry.hint === 'string' ? ` → ${entry.hint}` : '';
    return `${String(entry.code)}: ${String(entry.message)}${hint}`;
  } catch {
    return isErrors ? line : null;
  }
}
