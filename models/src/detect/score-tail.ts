import { sortedQuantile } from '../quantile.ts';

const KEPT = 360;
const MIN_KNOWN = 30;
const BODY = 0.9;

/**
 * How rare a model's score is on this very host: the tail of its own last 360 scores (an hour), exponential in the logarithm
 * of the score beyond the 90th percentile. Known after 30 scores. 6 kB.
 *
 * @see Pickands 1975 (excesses over a high threshold)
 */
export class ScoreTail {
  readonly #logs = new Float64Array(KEPT);
  #next = 0;
  #count = 0;

  /** Probability of a score at least this high, 0..1; `null` while too few are known. */
  probability(score: number): number | null {
    if (this.#count < MIN_KNOWN || !Number.isFinite(score)) return null;
    const sorted = this.#logs.slice(0, this.#count).sort();
    const body = sortedQuantile(sorted, BODY);
    const value = Math.log(Math.max(score, 1e-12));
    if (value <= body) return 1 - BODY * shareBelow(sorted, value);
    const excesses = sorted.subarray(Math.ceil(BODY * sorted.length));
    const meanExcess = excesses.reduce((sum, one) => sum + one - body, 0) / Math.max(1, excesses.length);
    return (1 - BODY) * Math.exp(-(value - body) / Math.max(0.1, meanExcess));
  }

  add(score: number): void {
    if (!Number.isFinite(score)) return;
    this.#logs[this.#next] = Math.log(Math.max(score, 1e-12));
    this.#next = (this.#next + 1) % KEPT;
    if (this.#count < KEPT) this.#count += 1;
  }
}

function shareBelow(sorted: Float64Array, value: number): number {
  let below = 0;
  while (below < sorted.length && sorted[below]! < value) below += 1;
  return Math.min(1, below / (BODY * sorted.length));
}
