import { z } from 'zod';
import { errorText } from '../errors.ts';
import type { Log } from '../log.ts';
import type { PositionStore } from '../receivers/log-line.ts';
import { TextFile } from './text-file.ts';

/** Sources remembered; the one saved longest ago is forgotten first. */
const MAX_SOURCES = 2_000;
const schema = z.record(z.string(), z.string());

/** How far each log source was read, in one small JSON file that is written when `persist` is called. */
export class PositionFile implements PositionStore {
  readonly #file: TextFile;
  readonly #positions: Map<string, string>;
  #isDirty = false;

  constructor(path: string, log: Log, onRefused?: (reason: string) => void) {
    this.#file = new TextFile(path, log, onRefused);
    this.#positions = new Map(Object.entries(parsePositions(this.#file.load(), log)));
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
    // Where it cannot be written, lines are read again after a restart: told twice, not lost.
    if (this.#isDirty && this.#file.save(JSON.stringify(Object.fromEntries(this.#positions)))) this.#isDirty = false;
  }
}

function parsePositions(text: string | null, log: Log): Record<string, string> {
  if (text === null) return {};
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    log.warn('POSITIONS_UNREADABLE', 'log positions begin anew', { error: errorText(error) });
    return {};
  }
}
