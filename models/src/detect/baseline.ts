import { SortedValues } from './sorted-values.ts';

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
/** Means that have left the past but not yet what is sorted of it: at most what is new between two summaries. */
const SPARE = 16;
const SLOTS = BUCKETS + SPARE;
/** A level was held when it was there in so many buckets in a row (20 s). */
const HELD = 4;

/** From here on the outer quantiles say something about habits; before, they mostly show how the host started. */
export const SETTLED_SPAN_MS = 5 * 60_000;

/**
 * Median and MAD of the past 20 minutes in 5 s means, without the newest 20 s. Median and MAD stand bursts in up to half of
 * the past. Known after 70 s. About 6 kB a series.
 *
 * @see Rousseeuw and Croux 1993, "Alternatives to the Median Absolute Deviation"
 */
export class Baseline {
  readonly #means = new Float64Array(SLOTS);
  /** Buckets are counted from the first one; what is kept are the newest `#count` before `#next`. */
  #next = 0;
  #count = 0;
  #bucket = Number.NEGATIVE_INFINITY;
  #sum = 0;
  #inside = 0;
  #level: UsualLevel | null = null;
  #unread = 0;
  /** The past in order, and for each run of `HELD` buckets in it the lowest. */
  readonly #sorted = new SortedValues(BUCKETS);
  readonly #held = new SortedValues(BUCKETS);
  /** Which buckets are in them. */
  #sortedFrom = 0;
  #sortedTo = 0;

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
    this.#next -= dropped;
    this.#sum = 0;
    this.#inside = 0;
    this.#sortAnew();
  }

  /** Starts over, for a level that stayed so long that it is the new usual. */
  reset(): void {
    this.#count = 0;
    this.#sum = 0;
    this.#inside = 0;
    this.#level = null;
    this.#sortAnew();
  }

  #closeBucket(): void {
    if (this.#inside === 0) return;
    this.#means[this.#next % SLOTS] = this.#sum / this.#inside;
    this.#next += 1;
    if (this.#count < BUCKETS) this.#count += 1;
    this.#sum = 0;
    this.#inside = 0;
    // A long past hardly moves in 5 s: 240 buckets are summed up every 25 s.
    this.#unread += 1;
    if (this.#level !== null && this.#unread * SUMMARY_SHARE < this.#count) return;
    this.#unread = 0;
    this.#level = this.#summarize();
  }

  #summarize(): UsualLevel | null {
    const known = this.#count - DELAY_BUCKETS;
    if (known < MIN_BUCKETS) return null;
    this.#sortUpTo(this.#next - this.#count, this.#next - DELAY_BUCKETS);
    const center = this.#sorted.quantile(0.5);
    return {
      center,
      spread: 1.4826 * this.#sorted.medianDistance(center),
      low: this.#sorted.quantile(0.05),
      high: this.#sorted.quantile(0.95),
      heldHigh: this.#held.quantile(0.95),
      spanMs: known * BUCKET_MS,
    };
  }

  /** Adds the buckets that have become past and lets go of those that are too old. */
  #sortUpTo(from: number, to: number): void {
    if (this.#sortedFrom === this.#sortedTo) {
      this.#sortedFrom = from;
      this.#sortedTo = from;
    }
    for (; this.#sortedFrom < from; this.#sortedFrom++) {
      this.#sorted.remove(this.#mean(this.#sortedFrom));
      this.#held.remove(this.#heldFrom(this.#sortedFrom));
    }
    for (; this.#sortedTo < to; this.#sortedTo++) {
      this.#sorted.add(this.#mean(this.#sortedTo));
      const first = this.#sortedTo - HELD + 1;
      if (first >= this.#sortedFrom) this.#held.add(this.#heldFrom(first));
    }
  }

  #sortAnew(): void {
    this.#sorted.clear();
    this.#held.clear();
    this.#sortedFrom = 0;
    this.#sortedTo = 0;
  }

  #mean(bucket: number): number {
    return this.#means[bucket % SLOTS]!;
  }

  /** The lowest of the run of buckets that begins with this one. */
  #heldFrom(bucket: number): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < HELD; i++) lowest = Math.min(lowest, this.#mean(bucket + i));
    return lowest;
  }
}
