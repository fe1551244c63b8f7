import type { Attributes } from '@airis/protocol';
import { type BehaviourChannel, behaviourChannels } from './behaviour-channels.ts';

/** A row is the mean of five minutes. */
export const ROW_MS = 5 * 60_000;
/** A week: working days and the weekend. */
export const ROW_LIMIT = 2_016;

/** A series of a host, its means of five minutes each; NaN or null is a gap. */
export interface BehaviourSeries {
  readonly metric: string;
  readonly attributes: Attributes;
  readonly mean: ArrayLike<number | null>;
}

/** The past of a host, one column a channel. */
export interface BehaviourTable {
  readonly channels: readonly BehaviourChannel[];
  /** Oldest first, NaN for a gap. */
  readonly columns: readonly Float64Array[];
  readonly endUnixMs: number;
}

/** No quantity is larger; sums of such values would not be finite. */
const GREATEST = 1e150;
/** A channel that was there in fewer of the rows cannot be judged by them. */
const LEAST_SHARE = 0.5;

/**
 * The last week of a host in rows of five minutes: what is read again replaces what was there, and a time that nobody reads
 * is a gap. 8 kB a channel.
 */
export class BehaviourRows {
  readonly #rings = new Map<BehaviourChannel, Float32Array>();
  #firstRow = Number.POSITIVE_INFINITY;
  #lastRow = Number.NEGATIVE_INFINITY;

  /** When the newest row ends; NaN before there is any. */
  get endUnixMs(): number {
    return Number.isFinite(this.#lastRow) ? (this.#lastRow + 1) * ROW_MS : Number.NaN;
  }

  get rows(): number {
    return Number.isFinite(this.#lastRow) ? Math.min(ROW_LIMIT, this.#lastRow - this.#firstRow + 1) : 0;
  }

  /**
   * @param times - start of each five minutes, ascending
   * @param series - of one host, their means in the order of `times`
   */
  take(times: readonly number[], series: readonly BehaviourSeries[]): void {
    const [first] = times;
    if (first === undefined) return;
    const firstRow = Math.floor(first / ROW_MS);
    // After a longer absence nothing of what was known lies within the week.
    if (firstRow - this.#lastRow > ROW_LIMIT) this.#forget();
    for (let row = Math.max(this.#lastRow + 1, firstRow - ROW_LIMIT); row < firstRow; row++) this.#empty(row);
    for (const channel of behaviourChannels) {
      const own = series.filter(({ metric, attributes }) => isOf(channel, metric, attributes));
      if (own.length > 0 || this.#rings.has(channel)) this.#fill(channel, times, own);
    }
    this.#firstRow = Math.min(this.#firstRow, firstRow);
    this.#lastRow = Math.max(this.#lastRow, Math.floor(times.at(-1)! / ROW_MS));
  }

  table(): BehaviourTable {
    const channels: BehaviourChannel[] = [];
    const columns: Float64Array[] = [];
    const { rows } = this;
    for (const [channel, ring] of this.#rings) {
      const first = this.#lastRow - rows + 1;
      const column = Float64Array.from({ length: rows }, (_, i) => ring[(first + i) % ROW_LIMIT]!);
      const known = column.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
      if (known === 0 || known < LEAST_SHARE * rows) continue;
      channels.push(channel);
      columns.push(column);
    }
    return { channels, columns, endUnixMs: this.endUnixMs };
  }

  #fill(channel: BehaviourChannel, times: readonly number[], series: readonly BehaviourSeries[]): void {
    const known = this.#rings.get(channel);
    const ring = known ?? new Float32Array(ROW_LIMIT).fill(Number.NaN);
    if (known === undefined) this.#rings.set(channel, ring);
    times.forEach((time, i) => {
      ring[Math.floor(time / ROW_MS) % ROW_LIMIT] = joined(channel, series, i);
    });
  }

  #empty(row: number): void {
    for (const ring of this.#rings.values()) ring[row % ROW_LIMIT] = Number.NaN;
  }

  #forget(): void {
    this.#rings.clear();
    this.#firstRow = Number.POSITIVE_INFINITY;
    this.#lastRow = Number.NEGATIVE_INFINITY;
  }
}

/** Whether a series is part of a channel. */
export const isOf = ({ metrics, where }: BehaviourChannel, metric: string, attributes: Attributes): boolean =>
  metrics.includes(metric) && where(attributes);

function joined({ join, logUnit }: BehaviourChannel, series: readonly BehaviourSeries[], at: number): number {
  let result = Number.NaN;
  for (const { mean } of series) {
    const value = mean[at] ?? Number.NaN;
    if (!(Math.abs(value) <= GREATEST)) continue;
    if (Number.isNaN(result)) result = value;
    else result = join === 'sum' ? result + value : Math.max(result, value);
  }
  return logUnit === null ? result : Math.log1p(Math.max(0, result) / logUnit);
}
