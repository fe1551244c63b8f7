import { sortedQuantile } from '../baseline.ts';

const BODY = 0.9;

/**
 * Scores of any scale as -log10 of how rare they are, judged by `reference` scores of ordinary times: empirical below their
 * 90th percentile, exponential in the logarithm beyond. So detectors of different kinds can be added up.
 */
export function surprises(scores: Float64Array, reference: Float64Array): Float64Array {
  const logOf = (score: number) => Math.log(Math.max(score, 1e-9));
  const sorted = reference.map(logOf).sort();
  const body = sortedQuantile(sorted, BODY);
  const tail = sorted.subarray(Math.ceil(BODY * sorted.length));
  const meanExcess = Math.max(0.05, tail.reduce((sum, value) => sum + value - body, 0) / Math.max(1, tail.length));
  return scores.map((score) => {
    const value = logOf(score);
    if (value > body) return (-Math.log(1 - BODY) + (value - body) / meanExcess) / Math.LN10;
    return -Math.log10(1 - BODY * (rankBelow(sorted, value) / (BODY * sorted.length)));
  });
}

/** How many are below; at most 90 % of them when asked within the body. */
function rankBelow(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = Math.floor(BODY * sorted.length);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
