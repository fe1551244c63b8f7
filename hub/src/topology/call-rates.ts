import type { CallSlice } from '../query/call-slices.ts';

export interface CallRate {
  readonly callsPerSecond: number;
  readonly meanElapsedMs: number | null;
  /** 0..1. */
  readonly errorRatio: number | null;
}

export interface EdgeRates {
  readonly now: CallRate | null;
  /** Over the time before; null while too little of it is known. */
  readonly usual: CallRate | null;
}

export const SLICE_MS = 10_000;
const NOW_MS = 60_000;
const USUAL_MS = 15 * 60_000;
/** As long as rates look back. */
export const RATES_MS = NOW_MS + USUAL_MS;
/** Less of the past than this is nothing to compare with. */
const LEAST_USUAL_MS = 60_000;

/** Slices of the last sixteen minutes; reading a time again replaces it, since access logs come late. */
export interface SliceBook {
  replace(fromUnixMs: number, slices: readonly CallSlice[]): void;
  slices(): readonly CallSlice[];
}

export function createSliceBook(): SliceBook {
  let kept: readonly CallSlice[] = [];
  return {
    replace(fromUnixMs, slices) {
      kept = [
        ...kept.filter(({ atUnixMs }) => atUnixMs < fromUnixMs && atUnixMs >= fromUnixMs - RATES_MS),
        ...slices.filter(({ atUnixMs }) => atUnixMs >= fromUnixMs),
      ];
    },
    slices: () => kept,
  };
}

/** Rates by edge (`caller callee`): the last whole minute of slices against the fifteen before it. */
export function ratesOf(
  slices: readonly CallSlice[],
  calleeOf: (slice: CallSlice) => string | null,
  toUnixMs: number,
): ReadonlyMap<string, EdgeRates> {
  const now = new Map<string, Sum>();
  const usual = new Map<string, Sum>();
  const split = toUnixMs - NOW_MS;
  for (const slice of slices) {
    const callee = calleeOf(slice);
    if (callee === null || slice.atUnixMs >= toUnixMs || slice.atUnixMs < split - USUAL_MS) continue;
    add(slice.atUnixMs >= split ? now : usual, `${slice.caller} ${callee}`, slice);
  }
  const keys = new Set([...now.keys(), ...usual.keys()]);
  return new Map(
    [...keys].map((key) => {
      const past = usual.get(key);
      const pastMs = past === undefined ? 0 : split - past.sinceUnixMs;
      return [
        key,
        {
          now: rateOf(now.get(key) ?? nothing, NOW_MS),
          usual: past === undefined || pastMs < LEAST_USUAL_MS ? null : rateOf(past, pastMs),
        },
      ];
    }),
  );
}

interface Sum {
  readonly calls: number;
  readonly failed: number;
  readonly elapsedMs: number;
  readonly sinceUnixMs: number;
}
const nothing: Sum = { calls: 0, failed: 0, elapsedMs: 0, sinceUnixMs: Infinity };

function add(sums: Map<string, Sum>, key: string, slice: CallSlice): void {
  const sum = sums.get(key) ?? nothing;
  sums.set(key, {
    calls: sum.calls + slice.calls,
    failed: sum.failed + slice.failed,
    elapsedMs: sum.elapsedMs + slice.elapsedMsSum,
    sinceUnixMs: Math.min(sum.sinceUnixMs, slice.atUnixMs),
  });
}

function rateOf({ calls, failed, elapsedMs }: Sum, lengthMs: number): CallRate {
  const isCalled = calls > 0;
  return {
    callsPerSecond: (calls * 1000) / lengthMs,
    meanElapsedMs: isCalled ? elapsedMs / calls : null,
    errorRatio: isCalled ? failed / calls : null,
  };
}
