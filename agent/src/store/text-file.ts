import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Log } from '../log.ts';

/** A small text of ours that outlives the process; a write that fails is logged, and the old text stays. */
export class TextFile {
  readonly #path: string;
  readonly #log: Log;
  readonly #onRefused: (reason: string) => void;
  #isRefusing = false;

  /** @param onRefused - told of each write that failed; the log tells of the first in a row */
  constructor(path: string, log: Log, onRefused: (reason: string) => void = () => undefined) {
    this.#path = path;
    this.#log = log;
    this.#onRefused = onRefused;
  }

  load(): string | null {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch (error) {
      const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!isAbsent) this.#log.warn('FILE_UNREADABLE', String(error), { path: this.#path });
      return null;
    }
  }

  /** @returns whether it was written */
  save(text: string): boolean {
    try {
      writeFileSync(`${this.#path}.new`, text, { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
      this.#isRefusing = false;
      return true;
    } catch (error) {
      this.#onRefused('file-not-written');
      if (!this.#isRefusing) this.#log.warn('FILE_NOT_WRITTEN', String(error), { path: this.#path });
      this.#isRefusing = true;
      return false;
    }
  }
}
