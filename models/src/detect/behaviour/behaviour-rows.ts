import { z } from 'zod';
import type { SeriesInfo } from '../detector.ts';
import { behaviourChannels } from './behaviour-channels.ts';

/** A row is the mean of five minutes. */
export const ROW_MS = 5 * 60_000;
/** A week: working days and the weekend. */
export const ROW_LIMIT = 2_016;
const SERIES_LIMIT = 64;
/** No quantity is larger; sums of such values would not be finite. */
const GREATEST = 1e150;

const savedSchema = z.strictObject({
  /** When the newest row ended; rows follow each other without a hole. */
  endUnixMs: z.number().int(),
  /** Newest last; `null` where nothing was read. */
  channels: z.record(z.string().max(64), z.array(z.number().nullable()).max(ROW_LIMIT)),
});
/** What a restart must not lose. */
export type SavedBehaviour = z.infer<typeof savedSchema>;
export const savedBehaviourSchema: z.ZodType<SavedBehaviour> = savedSchema;

/** Rows of the past, one column a channel. */
export interface BehaviourTable {
  readonly names: readonly string[];
  /** Oldest first, NaN for a gap. */
  readonly columns: readonly Float64Array[];
  readonly endUnixMs: number;
}

interface Column {
  readonly series: { readonly index: number; readonly info: SeriesInfo }[];
  readonly ring: Float32Array;
  sum: number;
  count: number;
}

/**
 * The last week of every channel in rows of five minutes. Rows lie in one ring; a time in which nothing was read is rows of
 * gaps. At most 64 series a channel; 8 kB a channel.
 */
export class BehaviourRows {
  readonly #columns: readonly Column[] = behaviourChannels.map(() => ({
    series: [],
    ring: new Float32Array(ROW_LIMIT).fill(Number.NaN),
    sum: 0,
    count: 0,
  }));
  /** End of the newest row; NaN before the first value. */
  #endMs = Number.NaN;
  #rows = 0;
  #next = 0;

  addSeries(index: number, info: SeriesInfo): void {
    behaviourChannels.forEach((channel, at) => {
      const { series } = this.#columns[at]!;
      if (series.length < SERIES_LIMIT && channel.takes(info)) series.push({ index, info });
    });
  }

  /** Series of a channel, for the evidence. */
  seriesOf(name: string): readonly SeriesInfo[] {
    const at = behaviourChannels.findIndex((channel) => channel.name === name);
    return this.#columns[at]?.series.map(({ info }) => info) ?? [];
  }

  /** One step: value of each series by index, NaN = none. Whether a row has ended. */
  observe(tMs: number, values: Float64Array, length: number): boolean {
    if (Number.isNaN(this.#endMs)) this.#endMs = Math.floor(tMs / ROW_MS) * ROW_MS;
    // A clock that was set back: its rows follow the ones there are.
    if (tMs < this.#endMs) this.#endMs = Math.floor(tMs / ROW_MS) * ROW_MS;
    let isNew = false;
    // The row that the values before this step belong to ends, and all that nobody read.
    for (let missed = 0; tMs >= this.#endMs + ROW_MS && missed < ROW_LIMIT; missed++) {
      this.#close();
      isNew = true;
    }
    if (tMs >= this.#endMs + ROW_MS) this.#endMs = Math.floor(tMs / ROW_MS) * ROW_MS;
    behaviourChannels.forEach(({ join, logUnit }, at) => {
      const column = this.#columns[at]!;
      const value = joined(column, join, values, length);
      if (Number.isNaN(value)) return;
      column.sum += logUnit === null ? value : Math.log1p(Math.max(0, value) / logUnit);
      column.count += 1;
    });
    return isNew;
  }

  /** All channels that were read in at least half of the rows. */
  table(): BehaviourTable {
    const names: string[] = [];
    const columns: Float64Array[] = [];
    behaviourChannels.forEach(({ name }, at) => {
      const column = this.#ordered(this.#columns[at]!.ring);
      const known = column.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0);
      if (known * 2 < this.#rows || known === 0) return;
      names.push(name);
      columns.push(column);
    });
    return { names, columns, endUnixMs: this.#endMs };
  }

  get rows(): number {
    return this.#rows;
  }

  /** Null before the first row. */
  save(): SavedBehaviour | null {
    if (this.#rows === 0) return null;
    const { names, columns, endUnixMs } = this.table();
    const channels = names.map((name, i) => [name, Array.from(columns[i]!, saved)] as const);
    return { endUnixMs, channels: Object.fromEntries(channels) };
  }

  /** Goes on from what was saved; a channel that is not known any more is forgotten. Before the first step only. */
  restore({ endUnixMs, channels }: SavedBehaviour): void {
    const rows = Math.max(0, ...Object.values(channels).map((values) => values.length));
    if (rows === 0 || !Number.isNaN(this.#endMs)) return;
    this.#endMs = Math.floor(endUnixMs / ROW_MS) * ROW_MS;
    this.#rows = rows;
    this.#next = rows % ROW_LIMIT;
    behaviourChannels.forEach(({ name }, at) => {
      const values = channels[name] ?? [];
      values.forEach((value, i) => {
        this.#columns[at]!.ring[rows - values.length + i] = value ?? Number.NaN;
      });
    });
  }

  #close(): void {
    for (const column of this.#columns) {
      column.ring[this.#next] = column.count === 0 ? Number.NaN : column.sum / column.count;
      column.sum = 0;
      column.count = 0;
    }
    this.#next = (this.#next + 1) % ROW_LIMIT;
    this.#rows = Math.min(ROW_LIMIT, this.#rows + 1);
    this.#endMs += ROW_MS;
  }

  #ordered(ring: Float32Array): Float64Array {
    const first = this.#next - this.#rows;
    return Float64Array.from({ length: this.#rows }, (_, i) => ring[(first + i + ROW_LIMIT) % ROW_LIMIT]!);
  }
}

function joined({ series }: Column, join: 'sum' | 'max', values: Float64Array, length: number): number {
  let result = Number.NaN;
  for (const { index } of series) {
    const value = index < length ? values[index]! : Number.NaN;
    if (!(Math.abs(value) <= GREATEST)) continue;
    if (Number.isNaN(result)) result = value;
    else result = join === 'sum' ? result + value : Math.max(result, value);
  }
  return result;
}

const saved = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(5)) : null);
