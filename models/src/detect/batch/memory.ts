import { sortedQuantile } from '../../quantile.ts';

/** Rows after which a memory has halved: points, bursts, hours, and what only adds up over many hours. */
const HALF_LIVES = [1, 4, 16, 64] as const;

/**
 * Squared deviations under memories of several lengths, each held against the ordinary rows: 0 is their median, 1 their
 * 99th percentile. The mean over lengths: what is strong is seen at once, and what is weak when it lasts. Causal.
 */
export function remembered(
  energies: Float64Array,
  ordinary: { readonly from: number; readonly to: number },
): Float64Array {
  const result = new Float64Array(energies.length);
  for (const halfLife of HALF_LIVES) {
    const averages = exponentialAverage(energies, halfLife);
    const sorted = averages.slice(ordinary.from, ordinary.to).sort();
    const middle = sortedQuantile(sorted, 0.5);
    const spread = Math.max(sortedQuantile(sorted, 0.99) - middle, 1e-9);
    for (let t = 0; t < averages.length; t++) result[t]! += (averages[t]! - middle) / spread / HALF_LIVES.length;
  }
  return result;
}

/** Mean of the rows so far, each weighing half as much after `halfLife` rows. */
export function exponentialAverage(values: Float64Array, halfLife: number): Float64Array {
  const result = new Float64Array(values.length);
  const weight = 1 - 0.5 ** (1 / halfLife);
  let average = values[0] ?? 0;
  for (let t = 0; t < values.length; t++) {
    average += weight * (values[t]! - average);
    result[t] = average;
  }
  return result;
}
