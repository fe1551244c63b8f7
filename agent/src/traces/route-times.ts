/** Upper bounds grow by a fifth: from 0.1 ms the last is beyond an hour. */
const FIRST_MS = 0.1;
const GROWTH = 1.2;
const BUCKETS = 96;
/** Fewer requests say nothing about which of them are slow. */
const COUNT_NEEDED = 100;
/** What was counted weighs half each time so many have come: a route that has become slower is judged anew. */
const HALVE_AT = 4_000;
const QUANTILE = 0.99;

/** How long requests of one route take, to know those that take longer than 99 of 100. */
export class RouteTimes {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;

  /** Counts it; whether it is slow by what came before. */
  add(elapsedMs: number): boolean {
    const bucket = bucketOf(elapsedMs);
    const isSlow = this.#total >= COUNT_NEEDED && bucket > this.#quantileBucket();
    this.#counts[bucket]! += 1;
    this.#total += 1;
    if (this.#total >= HALVE_AT) {
      for (let i = 0; i < BUCKETS; i++) this.#counts[i]! /= 2;
      this.#total /= 2;
    }
    return isSlow;
  }

  #quantileBucket(): number {
    let below = 0;
    for (let i = 0; i < BUCKETS; i++) {
      below += this.#counts[i]!;
      if (below >= this.#total * QUANTILE) return i;
    }
    return BUCKETS - 1;
  }
}

const bucketOf = (elapsedMs: number): number =>
  Math.max(0, Math.min(BUCKETS - 1, Math.ceil(Math.log(Math.max(elapsedMs, FIRST_MS) / FIRST_MS) / Math.log(GROWTH))));
