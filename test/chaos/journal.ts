import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/**
 * What the generator handed over and was told is safe, written outside of everything under test: a label is journalled
 * only after the agent said that its spool holds it.
 */
export class Journal implements Disposable {
  readonly #file: number;
  readonly #path: string;
  #sinceSync = 0;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'w');
  }

  add(carrier: number, label: number): void {
    writeSync(this.#file, `${carrier} ${label}\n`);
    this.#sinceSync += 1;
    if (this.#sinceSync < 100) return;
    fsyncSync(this.#file);
    this.#sinceSync = 0;
  }

  /** `<carrier> <label>` of everything journalled. */
  read(): string[] {
    return readFileSync(this.#path, 'utf8').split('\n').filter(Boolean);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
