import type { StepClock } from './forecaster.ts';

const DAY_MS = 86_400_000;
/** A cycle must have been seen so often. */
const CYCLES_NEEDED = 2;
const CORRELATION_NEEDED = 0.2;
const LAGS_LIMIT = 2_000;

/** Cycles of a series: days and weeks where its clock is known, else the period named or the one its autocorrelation shows. */
export function cyclesOf(values: Float64Array, clock: StepClock | null, named?: number): number[] {
  const fits = (period: number) => period >= 2 && values.length >= CYCLES_NEEDED * period;
  const ofClock =
    clock === null ? [] : [DAY_MS, 7 * DAY_MS].map((length) => Math.round(length / clock.stepMs)).filter(fits);
  if (named !== undefined && fits(named)) {
    const longer = ofClock.filter((period) => period > named && period % named === 0);
    if (longer.length > 0) return [named, ...longer];
    return fits(7 * named) ? [named, 7 * named] : [named];
  }
  if (ofClock.length > 0) return ofClock;
  const found = strongestLag(values);
  return found === null ? [] : fits(7 * found) ? [found, 7 * found] : [found];
}

/** The lag at which the differenced series is most like itself, beyond its first decline. */
function strongestLag(values: Float64Array): number | null {
  const n = values.length;
  const limit = Math.min(LAGS_LIMIT, Math.floor(n / 3));
  let mean = 0;
  for (const value of values) mean += value / n;
  let variance = 0;
  for (const value of values) variance += (value - mean) ** 2;
  if (variance === 0) return null;
  const correlation = new Float64Array(limit + 1);
  for (let lag = 1; lag <= limit; lag++) {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += (values[i]! - mean) * (values[i - lag]! - mean);
    correlation[lag] = sum / variance;
  }
  let best: number | null = null;
  for (let lag = 3; lag < limit; lag++) {
    const isPeak = correlation[lag]! >= correlation[lag - 1]! && correlation[lag]! >= correlation[lag + 1]!;
    if (
      isPeak &&
      correlation[lag]! >= CORRELATION_NEEDED &&
      (best === null || correlation[lag]! > correlation[best]! + 0.05)
    )
      best = lag;
  }
  return best;
}
