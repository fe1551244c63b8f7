import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorCode, errorText, HubError } from '../errors.ts';

/** A folder (0700) of private material (0600), each made once and read ever after. */
export interface KeyFolder {
  readonly path: string;
  /** The text of a file; made and fsynced first where there is none. Two starts at once agree on one of them. */
  text(name: string, make: () => string | Promise<string>): Promise<string>;
}

export function openKeyFolder(path: string): KeyFolder {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  return {
    path,
    async text(name, make) {
      const file = join(path, name);
      return read(file) ?? publish(file, await make());
    },
  };
}

function read(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.trim() === '') throw new Error('the file is empty');
    return text;
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw new HubError(
      'KEY_UNREADABLE',
      `${file} cannot be read: ${errorText(cause)}`,
      'restore it from a backup; a new key would lock every enrolled agent out',
      { cause },
    );
  }
}

/** Appears whole or not at all: a file beside it is fsynced, then linked to the name if that is still free. */
function publish(file: string, text: string): string {
  const draft = `${file}.${process.pid}.new`;
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(draft, file);
  } catch (cause) {
    if (errorCode(cause) !== 'EEXIST') throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(file, 'utf8');
}
