import { firstIndex } from '../bisect.ts';

/**
 * The newest values of one series with their times, oldest overwritten first.
 * Memory is fixed at creation: 16 bytes a value.
 */
export class RecentValues {
  readonly #times: Float64Array;
  readonly #values: Float64Array;
  #next = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  get newestMs(): number {
    return this.#count === 0 ? Number.NEGATIVE_INFINITY : this.timeAt(this.#count - 1);
  }

  push(tMs: number, value: number): void {
    this.#times[this.#next] = tMs;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#times.length;
    if (this.#count < this.#times.length) this.#count += 1;
  }

  /** Time of the i-th value, 0 = oldest kept. */
  timeAt(i: number): number {
    return this.#times[this.#slot(i)]!;
  }

  valueAt(i: number): number {
    return this.#values[this.#slot(i)]!;
  }

  /** Newest value at or before a time that is not before the oldest one. */
  lastAtOrBefore(tMs: number): number {
    return firstIndex(this.#count, (i) => this.timeAt(i) > tMs) - 1;
  }

  clear(): void {
    this.#count = 0;
    this.#next = 0;
  }

  /**
   * Share of the values in `(tMs - spanMs, tMs]` for which `holds`, or `null` when the span is not covered:
   * fewer than 3 values, or nothing known near its beginning or its end (one and a half steps of the series).
   */
  share(tMs: number, spanMs: number, holds: (value: number) => boolean): number | null {
    let inside = 0;
    let held = 0;
    let first = 0;
    let last = 0;
    for (let i = this.#count - 1; i >= 0; i--) {
      const t = this.timeAt(i);
      if (t <= tMs - spanMs) break;
      if (inside === 0) last = t;
      first = t;
      inside += 1;
      if (holds(this.valueAt(i))) held += 1;
    }
    if (inside < 3) return null;
    const slackMs = (1.5 * (last - first)) / (inside - 1);
    if (first > tMs - spanMs + slackMs || last < tMs - slackMs) return null;
    return held / inside;
  }

  /** Mean of the values in `(tMs - spanMs, tMs]`; NaN when there are none. */
  mean(tMs: number, spanMs: number): number {
    let sum = 0;
    let inside = 0;
    for (let i = this.#count - 1; i >= 0 && this.timeAt(i) > tMs - spanMs; i--) {
      sum += this.valueAt(i);
      inside += 1;
    }
    return inside === 0 ? Number.NaN : sum / inside;
  }

  /** The same, or the newest value where there is none in the span; NaN before the first. */
  latest(tMs: number, spanMs: number): number {
    const mean = this.mean(tMs, spanMs);
    return Number.isNaN(mean) && this.#count > 0 ? this.valueAt(this.#count - 1) : mean;
  }

  #slot(i: number): number {
    return (this.#next - this.#count + i + this.#times.length) % this.#times.length;
  }
}
