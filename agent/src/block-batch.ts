import { compressBatch, encodeBatch, MAX_BATCH_RAW_BYTES, MAX_BATCH_ROWS, signals } from '@airis/protocol';
import { type Priority, priorities, type SpoolItem } from './store/spool-item.ts';

/** A batch of blocks as it goes into the spool or an answer. */
export interface EncodedBlocks {
  readonly payload: Uint8Array;
  readonly rows: number;
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
}

/** Batches end well below the wire's limits: rows, and half of the raw size. */
const MAX_ROWS = Math.min(10_000, MAX_BATCH_ROWS);
const MAX_VALUES = MAX_BATCH_RAW_BYTES / 2 / 8;

/** Collects series blocks as columns and encodes them; buffers are kept between batches. */
export class BlockBatch {
  #ids = new BigUint64Array(256);
  #times = new BigInt64Array(256);
  #steps = new Uint32Array(256);
  #offsets = new Int32Array(257);
  #rangeOffsets = new Int32Array(257);
  #mean = new Float64Array(1_024);
  #min = new Float64Array(256);
  #max = new Float64Array(256);
  #rows = 0;
  #fromUnixMs = Number.POSITIVE_INFINITY;
  #toUnixMs = Number.NEGATIVE_INFINITY;

  get rows(): number {
    return this.#rows;
  }

  /** Whether it should be taken before more is added. */
  get isFull(): boolean {
    return this.#rows >= MAX_ROWS || this.#offsets[this.#rows]! >= MAX_VALUES;
  }

  /** One step of a summary. */
  addSummary(id: bigint, t0Ms: number, stepMs: number, mean: number, min: number, max: number): void {
    const row = this.#row(id, t0Ms, stepMs, 1);
    const at = this.#offsets[row]!;
    this.#mean[at] = mean;
    const rangeAt = this.#rangeOffsets[row]!;
    this.#min[rangeAt] = min;
    this.#max[rangeAt] = max;
    this.#rangeOffsets[row + 1] = rangeAt + 1;
  }

  /** Values at full resolution, NaN for gaps; at least one. */
  addValues(id: bigint, t0Ms: number, stepMs: number, values: Float64Array): void {
    const row = this.#row(id, t0Ms, stepMs, values.length);
    this.#mean.set(values, this.#offsets[row]!);
    this.#rangeOffsets[row + 1] = this.#rangeOffsets[row]!;
  }

  /** What was collected, encoded and compressed; `null` when nothing was. */
  take(): EncodedBlocks | null {
    const rows = this.#rows;
    if (rows === 0) return null;
    const ranges = this.#rangeOffsets[rows]!;
    const offsets = this.#offsets.subarray(0, rows + 1);
    const rangeOffsets = this.#rangeOffsets.subarray(0, rows + 1);
    const stream = encodeBatch(
      signals.block,
      [
        this.#ids.subarray(0, rows),
        this.#times.subarray(0, rows),
        this.#steps.subarray(0, rows),
        { offsets, values: this.#mean.subarray(0, offsets[rows]) },
        { offsets: rangeOffsets, values: this.#min.subarray(0, ranges) },
        { offsets: rangeOffsets, values: this.#max.subarray(0, ranges) },
      ],
      rows,
    );
    const encoded = { payload: compressBatch(stream), rows, fromUnixMs: this.#fromUnixMs, toUnixMs: this.#toUnixMs };
    this.#rows = 0;
    this.#fromUnixMs = Number.POSITIVE_INFINITY;
    this.#toUnixMs = Number.NEGATIVE_INFINITY;
    return encoded;
  }

  #row(id: bigint, t0Ms: number, stepMs: number, values: number): number {
    const row = this.#rows;
    if (row === this.#ids.length) this.#growRows();
    const end = this.#offsets[row]! + values;
    if (end > this.#mean.length) this.#mean = grown(this.#mean, Math.max(end, 2 * this.#mean.length));
    this.#ids[row] = id;
    this.#times[row] = BigInt(t0Ms);
    this.#steps[row] = stepMs;
    this.#offsets[row + 1] = end;
    this.#fromUnixMs = Math.min(this.#fromUnixMs, t0Ms);
    this.#toUnixMs = Math.max(this.#toUnixMs, t0Ms + stepMs * values);
    this.#rows = row + 1;
    return row;
  }

  #growRows(): void {
    const length = 2 * this.#ids.length;
    this.#ids = withStart(new BigUint64Array(length), this.#ids);
    this.#times = withStart(new BigInt64Array(length), this.#times);
    this.#steps = withStart(new Uint32Array(length), this.#steps);
    this.#offsets = withStart(new Int32Array(length + 1), this.#offsets);
    this.#rangeOffsets = withStart(new Int32Array(length + 1), this.#rangeOffsets);
    this.#min = grown(this.#min, length);
    this.#max = grown(this.#max, length);
  }
}

/** The spool item of a batch of blocks. */
export function blockItem(blocks: EncodedBlocks, priority: Priority = priorities.summary): SpoolItem {
  return { class: 'data', kind: 'block', schema: `block/${signals.block.version}`, priority, ...blocks };
}

const grown = (from: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> =>
  withStart(new Float64Array(length), from);

function withStart<T extends { set(from: T): void }>(to: T, from: T): T {
  to.set(from);
  return to;
}
