/** Values kept of a step; a percentile of a thousand is as good as one of all. */
const CAPACITY = 1_000;

/**
 * Values of one step for its percentiles, in bounded memory: when it is full, every second value is let go and from then
 * on only every second one comes in, so that early and late values weigh the same.
 */
export class SampleWindow {
  #values: number[] = [];
  #stride = 1;
  #skipped = 0;

  add(value: number): void {
    if (++this.#skipped < this.#stride) return;
    this.#skipped = 0;
    if (this.#values.length >= CAPACITY) {
      this.#values = this.#values.filter((_, i) => i % 2 === 1);
      this.#stride *= 2;
    }
    this.#values.push(value);
  }

  /** Values at these shares (0..1), nearest rank, and an empty window after it; `null` when there were none. */
  take(shares: readonly number[]): number[] | null {
    if (this.#values.length === 0) return null;
    const sorted = Float64Array.from(this.#values).sort();
    this.#values = [];
    this.#stride = 1;
    this.#skipped = 0;
    return shares.map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!);
  }
}
