import { sortedQuantile } from '../quantile.ts';
/** Where a series usually is. `spread` is 1.4826 × MAD: the standard deviation, if the noise were normal. */
export interface UsualLevel {
  readonly center: number;
  readonly spread: number;
  readonly low: number;
  readonly high: number;
  /** 95th percentile of levels that were held for 20 s: bursts do not raise it, regular work does. */
  readonly heldHigh: number;
  /** How much past it rests on. */
  readonly spanMs: number;
}

const BUCKET_MS = 5_000;
/** 20 minutes: long enough to have seen what a host does every few minutes, short enough to follow the day. */
const BUCKETS = 240;
/** The newest 20 s are not yet past: an anomaly must not become its own baseline while it is being judged. */
const DELAY_BUCKETS = 4;
const MIN_BUCKETS = 10;
/** The level is computed again when a fiftieth of the past is new. */
const SUMMARY_SHARE = 50;

/** From here on the outer quantiles say something about habits; before, they mostly show how the host started. */
export const SETTLED_SPAN_MS = 5 * 60_000;

/**
 * Median and MAD of the past 20 minutes in 5 s means, without the newest 20 s. Median and MAD stand bursts in up to half of
 * the past. Known after 70 s. About 4 kB a series.
 *
 * @see Rousseeuw and Croux 1993, "Alternatives to the Median Absolute Deviation"
 */
export class Baseline {
  readonly #means = new Float64Array(BUCKETS);
  #next = 0;
  #count = 0;
  #bucket = Number.NEGATIVE_INFINITY;
  #sum = 0;
  #inside = 0;
  #level: UsualLevel | null = null;
  #unread = 0;

  add(tMs: number, value: number): void {
    const bucket = Math.floor(tMs / BUCKET_MS);
    if (bucket !== this.#bucket) {
      this.#closeBucket();
      this.#bucket = bucket;
    }
    this.#sum += value;
    this.#inside += 1;
  }

  level(): UsualLevel | null {
    return this.#level;
  }

  /** Takes back what is not yet past: called when it turns out to belong to an anomaly. */
  forgetRecent(): void {
    const dropped = Math.min(this.#count, DELAY_BUCKETS);
    this.#count -= dropped;
    this.#next = (this.#next - dropped + BUCKETS) % BUCKETS;
    this.#sum = 0;
    this.#inside = 0;
  }

  /** Starts over, for a level that stayed so long that it is the new usual. */
  reset(): void {
    this.#count = 0;
    this.#next = 0;
    this.#sum = 0;
    this.#inside = 0;
    this.#level = null;
  }

  #closeBucket(): void {
    if (this.#inside === 0) return;
    this.#means[this.#next] = this.#sum / this.#inside;
    this.#next = (this.#next + 1) % BUCKETS;
    if (this.#count < BUCKETS) this.#count += 1;
    this.#sum = 0;
    this.#inside = 0;
    // A long past hardly moves in 5 s, and sorting it is what a baseline costs: 240 buckets are summed up every 25 s.
    this.#unread += 1;
    if (this.#level !== null && this.#unread * SUMMARY_SHARE < this.#count) return;
    this.#unread = 0;
    this.#level = this.#summarize();
  }

  #summarize(): UsualLevel | null {
    const known = this.#count - DELAY_BUCKETS;
    if (known < MIN_BUCKETS) return null;
    const past = new Float64Array(known);
    const oldest = this.#next - this.#count + BUCKETS;
    for (let i = 0; i < known; i++) past[i] = this.#means[(oldest + i) % BUCKETS]!;
    const held = heldLevels(past).sort();
    past.sort();
    const center = sortedQuantile(past, 0.5);
    const deviations = past.map((value) => Math.abs(value - center)).sort();
    return {
      center,
      spread: 1.4826 * sortedQuantile(deviations, 0.5),
      low: sortedQuantile(past, 0.05),
      high: sortedQuantile(past, 0.95),
      heldHigh: sortedQuantile(held, 0.95),
      spanMs: known * BUCKET_MS,
    };
  }
}

/** For each run of four buckets (20 s) its lowest: the level that was held all along. */
function heldLevels(means: Float64Array): Float64Array {
  const held = new Float64Array(means.length - 3);
  for (let i = 0; i < held.length; i++) held[i] = Math.min(means[i]!, means[i + 1]!, means[i + 2]!, means[i + 3]!);
  return held;
}
