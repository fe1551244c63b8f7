import { medianOf } from '../quantile.ts';

/** Median distance from a centred running mean, by place in the cycle: what seasonal adjustment takes away. */
export function additiveProfile(values: Float64Array, period: number): Float64Array {
  const half = Math.floor(period / 2);
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i]! + values[i]!;
  const byPlace: number[][] = Array.from({ length: period }, () => []);
  for (let i = half; i + half < values.length; i++) {
    const from = i - half;
    const to = Math.min(values.length, from + period);
    byPlace[i % period]!.push(values[i]! - (sums[to]! - sums[from]!) / (to - from));
  }
  const profile = Float64Array.from(byPlace, (at) => (at.length > 0 ? medianOf(at) : 0));
  const middle = profile.reduce((sum, one) => sum + one, 0) / period;
  return profile.map((value) => value - middle);
}
