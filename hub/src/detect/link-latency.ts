import type { GapBucket } from '../query/call-gaps.ts';

/** Width of a bucket of calls. */
export const LINK_BUCKET_MS = 2_000;
/** Past of a link that its usual is taken from. */
export const LINK_PAST_MS = 10 * 60_000;
/** The newest time says what is, and not what is usual. */
const PRESENT_MS = 20_000;
const LEAST_USUAL_BUCKETS = 20;
const LEAST_USUAL_MS = 60_000;
const LEAST_USUAL_CALLS = 20;
/** Slower by this much, and by this factor. */
const SLOWER_MS = 150;
const SLOWER_TIMES = 4;
const SLOW_FOR_MS = 10_000;
const LOSS_FOR_MS = 15_000;
const LOSS_RATIO = 0.15;
const LEAST_CALLS = 10;
/** A callee that is slow itself may make callers queue before it: whoever watches it gets this long to say so. */
const SLOW_CALLEE_FOR_MS = 24_000;
/** Slower than usual by this factor and this much more: it is full. */
const FULL_TIMES = 5;
const FULL_MS = 200;
const WELL_FOR_MS = 6_000;
const WELL_STALLED_RATIO = 0.05;

/** What is usual on a link, from its own past. */
export interface LinkUsual {
  readonly gapMsMedian: number;
  /** Where nine of ten buckets lie. */
  readonly gapMsLow: number;
  readonly gapMsHigh: number;
  readonly calleeMsMedian: number;
  readonly stalledRatio: number;
}

export interface LinkNow {
  readonly gapMsMedian: number;
  readonly gapMsP90: number;
  readonly calleeMsMedian: number;
  readonly stalledRatio: number;
  readonly calls: number;
  /** Start of the first of the buckets that lie together on the wrong side. */
  readonly sinceUnixMs: number;
}

export type LinkVerdict =
  | { readonly kind: 'slow' | 'lossy'; readonly now: LinkNow }
  | { readonly kind: 'well' }
  /** Neither clearly: too few calls, or just beginning. */
  | { readonly kind: 'open-question' };

/** Null while too little is known of the link. @param buckets - of one link, by time */
export function usualOfLink(buckets: readonly GapBucket[], nowUnixMs: number): LinkUsual | null {
  const past = buckets.filter(
    ({ atUnixMs }) => atUnixMs < nowUnixMs - PRESENT_MS && atUnixMs >= nowUnixMs - LINK_PAST_MS,
  );
  const first = past[0];
  const last = past.at(-1);
  if (first === undefined || last === undefined || past.length < LEAST_USUAL_BUCKETS) return null;
  const calls = past.reduce((sum, bucket) => sum + bucket.calls, 0);
  if (last.atUnixMs - first.atUnixMs < LEAST_USUAL_MS || calls < LEAST_USUAL_CALLS) return null;
  const gaps = past.map(({ gapMsMedian }) => gapMsMedian);
  return {
    gapMsMedian: quantile(gaps, 0.5),
    gapMsLow: quantile(gaps, 0.05),
    gapMsHigh: quantile(gaps, 0.95),
    calleeMsMedian: quantile(
      past.map(({ calleeMsMedian }) => calleeMsMedian),
      0.5,
    ),
    stalledRatio: past.reduce((sum, { stalled }) => sum + stalled, 0) / calls,
  };
}

/** How a link is now against its usual. @param buckets - of one link, by time; only those that are complete */
export function judgeLink(buckets: readonly GapBucket[], usual: LinkUsual, nowUnixMs: number): LinkVerdict {
  const newest = buckets.filter(({ atUnixMs }) => atUnixMs >= nowUnixMs - PRESENT_MS - SLOW_CALLEE_FOR_MS);
  const since = (lengthMs: number) => newest.filter(({ atUnixMs }) => atUnixMs >= nowUnixMs - lengthMs);
  const isSlow = ({ gapMsMedian }: Pick<GapBucket, 'gapMsMedian'>) =>
    gapMsMedian >= usual.gapMsMedian + SLOWER_MS && gapMsMedian >= SLOWER_TIMES * usual.gapMsMedian;

  const latest = since(WELL_FOR_MS);
  const end = latest.length === 0 ? null : summaryOf(latest);
  if (end !== null && !isSlow(end) && end.stalledRatio < Math.max(WELL_STALLED_RATIO, 2 * usual.stalledRatio)) {
    return { kind: 'well' };
  }
  const slow = mostly(newest, isSlow);
  const now = slow.length === 0 ? null : summaryOf(slow);
  if (now !== null && now.calls >= LEAST_CALLS && isSlow(now)) {
    if (isFull(now, usual)) return { kind: 'open-question' };
    const isCalleeSlow = now.calleeMsMedian > 2 * usual.calleeMsMedian + 50;
    const lastsMs = nowUnixMs - now.sinceUnixMs;
    if (lastsMs >= (isCalleeSlow ? SLOW_CALLEE_FOR_MS : SLOW_FOR_MS)) return { kind: 'slow', now };
    return { kind: 'open-question' };
  }
  const recent = since(LOSS_FOR_MS);
  const lossy = recent.length === 0 ? null : summaryOf(recent);
  const isLossy =
    lossy !== null && lossy.calls >= LEAST_CALLS && lossy.stalledRatio >= LOSS_RATIO && !isFull(lossy, usual);
  if (isLossy && lossy.stalledRatio >= SLOWER_TIMES * usual.stalledRatio) return { kind: 'lossy', now: lossy };

  return { kind: 'open-question' };
}

/** A callee that slow has no thread free for who comes next: callers queue before it, whatever the network does. */
const isFull = (now: LinkNow, usual: LinkUsual): boolean =>
  now.calleeMsMedian > FULL_TIMES * usual.calleeMsMedian + FULL_MS;

/** The newest buckets back to where two in a row were fine: one good bucket among slow ones is chance. */
function mostly(buckets: readonly GapBucket[], isSlow: (bucket: GapBucket) => boolean): readonly GapBucket[] {
  let first = buckets.length;
  let fine = 0;
  for (let i = buckets.length - 1; i >= 0 && fine < 2; i -= 1) {
    const bucket = buckets[i];
    if (bucket === undefined) break;
    if (isSlow(bucket)) {
      first = i;
      fine = 0;
    } else fine += 1;
  }
  return buckets.slice(first);
}

/** Buckets together, each counting by its calls. */
function summaryOf(buckets: readonly GapBucket[]): LinkNow {
  const calls = buckets.reduce((sum, bucket) => sum + bucket.calls, 0);
  const of = (value: (bucket: GapBucket) => number) =>
    quantile(
      buckets.map((bucket) => value(bucket)),
      0.5,
    );
  return {
    gapMsMedian: of(({ gapMsMedian }) => gapMsMedian),
    gapMsP90: Math.max(...buckets.map(({ gapMsP90 }) => gapMsP90)),
    calleeMsMedian: of(({ calleeMsMedian }) => calleeMsMedian),
    stalledRatio: calls === 0 ? 0 : buckets.reduce((sum, { stalled }) => sum + stalled, 0) / calls,
    calls,
    sinceUnixMs: buckets[0]?.atUnixMs ?? 0,
  };
}

function quantile(values: readonly number[], p: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.round(p * (sorted.length - 1))] ?? 0;
}
