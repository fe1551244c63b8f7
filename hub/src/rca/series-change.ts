import type { Measure, RcaCase, RcaSeries } from './rca-method.ts';

/** How far a series has left its own past; see `seriesChange`. */
export interface SeriesChange {
  readonly series: RcaSeries;
  /** Distances from usual in units of the series' own spread, >= 0; 0 where it did not move that way. */
  readonly up: number;
  readonly down: number;
  /** Rise of the level in the unit of the series; negative for a fall. */
  readonly increase: number;
  readonly usual: number;
}

/** One high value is noise; the second highest says that it lasted. */
const NTH = 2;
const LEAST_HISTORY = 3;
const ENOUGH_HISTORY = 8;
/** What lies so close to the window may belong to it already. */
const GUARD_MS = 60_000;
/** After-effects of what hurt are over by then. */
const AFTERMATH_MS = 240_000;
const SPREAD_QUANTILE = 0.9;
const IQR_SHARE = 0.75;
const LEVEL_SHARE = 0.1;

/** Changes smaller than this concern nobody, in the units of the metrics conventions (s, ratios, per second). */
const leastScale: Readonly<Record<Measure, number>> = {
  latency: 0.002,
  calls: 0.5,
  errors: 0.005,
  cpu: 0.01,
  memory: 0.01,
  disk: 0.01,
  network: 1,
  saturation: 0.01,
  traffic: 1,
  other: 1e-9,
};

/** Rows of a case that are usual, and rows that hurt. */
export interface CaseRows {
  readonly usual: readonly number[];
  readonly hurt: readonly number[];
}

/** History before the window; where there is too little, what follows well after it. */
export function rowsOf({ times, fromUnixMs, toUnixMs }: Pick<RcaCase, 'times' | 'fromUnixMs' | 'toUnixMs'>): CaseRows {
  const usual: number[] = [];
  const later: number[] = [];
  const hurt: number[] = [];
  times.forEach((tMs, row) => {
    if (tMs >= fromUnixMs && tMs <= toUnixMs) hurt.push(row);
    else if (tMs <= fromUnixMs - GUARD_MS) usual.push(row);
    else if (tMs > toUnixMs + AFTERMATH_MS) later.push(row);
  });
  return { usual: usual.length < ENOUGH_HISTORY ? [...usual, ...later] : usual, hurt };
}

/**
 * The second highest value of the window, held against the same statistic over every window of that length in the
 * series' own history: its distance from their median over the largest of (their 90 % quantile − median, .75 of the
 * interquartile range, a tenth of the level, what concerns anybody). The same downwards.
 *
 * @param scale - a larger least scale for this comparison, in the unit of the series
 * @returns null with less than three usual values, or none in the window
 */
export function seriesChange(series: RcaSeries, rows: CaseRows, scale = 0): SeriesChange | null {
  const past = valuesAt(series.values, rows.usual);
  const now = valuesAt(series.values, rows.hurt);
  if (past.length < LEAST_HISTORY || now.length === 0) return null;
  const nth = Math.min(NTH, Math.max(1, Math.ceil(now.length / 2)));
  const width = Math.min(now.length, past.length);
  const highs: number[] = [];
  const lows: number[] = [];
  const stride = past.length > 200 ? 2 : 1;
  for (let at = 0; at + width <= past.length; at += stride) {
    const sorted = past.slice(at, at + width).sort(ascending);
    highs.push(sorted[Math.max(0, width - nth)]!);
    lows.push(sorted[Math.min(width - 1, nth - 1)]!);
  }
  const sortedPast = [...past].sort(ascending);
  const usual = quantile(sortedPast, 0.5);
  const least = Math.max(
    scale,
    LEVEL_SHARE * Math.abs(usual),
    leastScale[series.measure],
    IQR_SHARE * (quantile(sortedPast, 0.75) - quantile(sortedPast, 0.25)),
  );
  const sortedNow = [...now].sort(ascending);
  const high = sortedNow[sortedNow.length - nth]!;
  const low = sortedNow[nth - 1]!;
  const usualHigh = median(highs);
  const usualLow = median(lows);
  const upScale = Math.max(least, quantile([...highs].sort(ascending), SPREAD_QUANTILE) - usualHigh);
  const downScale = Math.max(least, usualLow - quantile([...lows].sort(ascending), 1 - SPREAD_QUANTILE));
  return {
    series,
    up: Math.max(0, (high - usualHigh) / upScale),
    down: Math.max(0, (usualLow - low) / downScale),
    increase: high - usualHigh,
    usual,
  };
}

export const ascending = (a: number, b: number): number => a - b;

/** Linear between neighbours; `sorted` is not empty. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[below + 1] ?? low;
  return low + (high - low) * (place - below);
}

export const median = (values: readonly number[]): number => quantile([...values].sort(ascending), 0.5);

function valuesAt(values: Float64Array, rows: readonly number[]): number[] {
  return rows.map((row) => values[row] ?? Number.NaN).filter(Number.isFinite);
}
