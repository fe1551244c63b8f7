import type { BlockBatch } from './block-batch.ts';
import type { RegisteredSeries } from './series-registry.ts';

/** Length of a summary, aligned to the wall clock. */
export const SUMMARY_STEP_MS = 10_000;

/** Mean, least and greatest value of each series in the current ten seconds; one row a series that had any value. */
export class Summary {
  #startMs = Number.NaN;
  #sum = new Float64Array(512);
  #count = new Uint32Array(512);
  #min = new Float64Array(512);
  #max = new Float64Array(512);
  #length = 0;

  /** Whether a value at `tMs` belongs to a later summary than the one at hand, which should then be drained. */
  isOver(tMs: number): boolean {
    return this.#length > 0 && summaryStart(tMs) !== this.#startMs;
  }

  /** Adds one step's values, by series index; NaN = none. */
  add(tMs: number, values: Float64Array, length: number): void {
    if (length > this.#sum.length) this.#grow(length);
    this.#startMs = summaryStart(tMs);
    this.#length = Math.max(this.#length, length);
    for (let i = 0; i < length; i++) {
      const value = values[i]!;
      if (Number.isNaN(value)) continue;
      if (this.#count[i] === 0) {
        this.#sum[i] = value;
        this.#min[i] = value;
        this.#max[i] = value;
      } else {
        this.#sum[i]! += value;
        if (value < this.#min[i]!) this.#min[i] = value;
        if (value > this.#max[i]!) this.#max[i] = value;
      }
      this.#count[i]!++;
    }
  }

  /** Moves the rows into `batch` and starts anew. */
  drain(series: readonly RegisteredSeries[], batch: BlockBatch): void {
    for (let i = 0; i < this.#length; i++) {
      const count = this.#count[i]!;
      if (count === 0) continue;
      const min = this.#min[i]!;
      const max = this.#max[i]!;
      // Rounding may carry a mean of equal values past its bounds, and a sum of huge ones past all bounds.
      const mean = Math.min(max, Math.max(min, this.#sum[i]! / count));
      batch.addSummary(series[i]!.id, this.#startMs, SUMMARY_STEP_MS, mean, min, max);
      this.#count[i] = 0;
    }
    this.#length = 0;
  }

  #grow(length: number): void {
    const capacity = Math.max(length, 2 * this.#sum.length);
    const grown = (from: Float64Array) => {
      const to = new Float64Array(capacity);
      to.set(from);
      return to;
    };
    this.#sum = grown(this.#sum);
    this.#min = grown(this.#min);
    this.#max = grown(this.#max);
    const count = new Uint32Array(capacity);
    count.set(this.#count);
    this.#count = count;
  }
}

const summaryStart = (tMs: number): number => Math.floor(tMs / SUMMARY_STEP_MS) * SUMMARY_STEP_MS;
