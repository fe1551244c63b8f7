import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/** Replaces a file so that whoever reads it sees the old or the new text, never a part, and keeps it over a power failure. */
export function writeWholeFile(file: string, text: string, mode: number): void {
  const draft = `${file}.${process.pid}.new`;
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, 'wx', mode);
  try {
    fchmodSync(descriptor, mode); // the umask of the process takes nothing away
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, file);
}
