import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { errorText } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SegmentKind, SegmentStore } from './segment-store.ts';

/** A row as JSON writes it: a list of numbers and texts, its time (Unix ms) first. */
export type KeptRow = readonly [timeUnixMs: number, ...rest: readonly (string | number)[]];

/** Rows wait in memory at most so long and up to so many characters: what a killed agent loses of its cache. */
const FLUSH_EVERY_MS = 5_000;
const FLUSH_CHARACTERS = 256 * 1024;
const MAX_FRAME_CHARACTERS = 16 * 1024 * 1024;

/** Rows of one kind in the segment store, packed some thousand together. */
export class KeptRows<Row extends KeptRow> {
  readonly #store: SegmentStore;
  readonly #kind: SegmentKind;
  readonly #log: Log;
  #texts: string[] = [];
  #characters = 0;
  #fromUnixMs = Number.POSITIVE_INFINITY;
  #toUnixMs = Number.NEGATIVE_INFINITY;
  #flushedAtMs = Number.NEGATIVE_INFINITY;

  constructor(store: SegmentStore, kind: SegmentKind, log: Log) {
    this.#store = store;
    this.#kind = kind;
    this.#log = log;
  }

  add(row: Row): void {
    const text = JSON.stringify(row);
    this.#texts.push(text);
    this.#characters += text.length;
    this.#fromUnixMs = Math.min(this.#fromUnixMs, row[0]);
    this.#toUnixMs = Math.max(this.#toUnixMs, row[0]);
    if (this.#characters >= FLUSH_CHARACTERS) this.flush();
  }

  /** Once a second. */
  step(nowMs: number): void {
    if (Math.abs(nowMs - this.#flushedAtMs) < FLUSH_EVERY_MS) return;
    this.#flushedAtMs = nowMs;
    this.flush();
  }

  flush(): void {
    if (this.#texts.length === 0) return;
    const payload = zstdCompressSync(this.#texts.join('\n'), { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    this.#store.append(this.#kind, { fromUnixMs: this.#fromUnixMs, toUnixMs: this.#toUnixMs, payload });
    this.#texts = [];
    this.#characters = 0;
    this.#fromUnixMs = Number.POSITIVE_INFINITY;
    this.#toUnixMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * Rows of the window, a frame at a time, those in memory too.
   *
   * @param containing - only rows whose text contains this; others are not even parsed
   */
  *frames(fromUnixMs: number, toUnixMs: number, containing = ''): Generator<readonly Row[]> {
    this.flush();
    for (const { payload } of this.#store.frames(this.#kind, fromUnixMs, toUnixMs)) {
      yield this.#rowsOf(payload, containing).filter(([t]) => t >= fromUnixMs && t <= toUnixMs);
    }
  }

  #rowsOf(payload: Uint8Array, containing: string): Row[] {
    try {
      const text = zstdDecompressSync(payload, { maxOutputLength: MAX_FRAME_CHARACTERS }).toString('utf8');
      if (!text.includes(containing)) return [];
      const lines = text.split('\n').filter((line) => line.includes(containing));
      return lines.map((line) => JSON.parse(line) as Row); // a file of ours whose checksum is right
    } catch (error) {
      this.#log.warn('LOCAL_STORE_RECORD', errorText(error), { kind: this.#kind });
      return [];
    }
  }
}
