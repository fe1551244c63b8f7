import { medianOf } from '../quantile.ts';

export function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]!;
  return sum / Math.max(1, to - from);
}

/**
 * Values at the same place of the last `cycles` cycles before `origin`, newest first, for step `ahead` (0 = the first
 * step). Where the horizon is longer than the cycle, whole cycles before the origin are taken.
 */
export function samePlace(
  values: Float64Array,
  origin: number,
  ahead: number,
  period: number,
  cycles: number,
): number[] {
  const found: number[] = [];
  let at = origin + ahead - period * (Math.floor(ahead / period) + 1);
  for (; at >= 0 && found.length < cycles; at -= period) found.push(values[at]!);
  return found;
}

/** For values that are never negative, what is fitted on `log1p(value / scale)`: bursts weigh less. */
export function inLogarithm(
  values: Float64Array,
  run: (values: Float64Array) => Float64Array,
  scale: number,
): Float64Array {
  const forecast = run(values.map((value) => Math.log1p(Math.max(0, value) / scale)));
  return forecast.map((value) => Math.max(0, Math.expm1(Math.min(value, 50)) * scale));
}

/** Median of what is above zero; 0 where a value is below it or none is above. */
export function logScale(values: Float64Array): number {
  const above = values.filter((value) => value > 0);
  return above.length === 0 || values.some((value) => value < 0) ? 0 : medianOf(above);
}
