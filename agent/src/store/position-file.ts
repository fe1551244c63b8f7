import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Log } from '../log.ts';
import type { PositionStore } from '../receivers/log-line.ts';

/** Sources remembered; the one saved longest ago is forgotten first. */
const MAX_SOURCES = 2_000;
const schema = z.record(z.string(), z.string());

/** How far each log source was read, in one small JSON file that is written when `persist` is called. */
export class PositionFile implements PositionStore {
  readonly #path: string;
  readonly #log: Log;
  readonly #positions: Map<string, string>;
  #isDirty = false;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
    this.#positions = new Map(Object.entries(readPositions(path, log)));
  }

  load(source: string): string | null {
    return this.#positions.get(source) ?? null;
  }

  save(source: string, position: string): void {
    if (this.#positions.get(source) === position) return;
    this.#positions.delete(source);
    this.#positions.set(source, position);
    if (this.#positions.size > MAX_SOURCES) this.#positions.delete(this.#positions.keys().next().value!);
    this.#isDirty = true;
  }

  persist(): void {
    if (!this.#isDirty) return;
    try {
      writeFileSync(`${this.#path}.new`, JSON.stringify(Object.fromEntries(this.#positions)), { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
      this.#isDirty = false;
    } catch (error) {
      // Lines are read again after a restart: told twice, not lost.
      this.#log.warn('POSITIONS_NOT_WRITTEN', String(error));
    }
  }
}

function readPositions(path: string, log: Log): Record<string, string> {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      log.warn('POSITIONS_UNREADABLE', 'log positions begin anew', { path });
    }
    return {};
  }
}
