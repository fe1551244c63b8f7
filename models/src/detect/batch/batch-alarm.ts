import { sortedQuantile } from '../baseline.ts';

/** An alarm needs this multiple of the distance from the median to the 99th percentile of the scores so far. */
const BEYOND = 1.5;
const IN_A_ROW = 2;

/**
 * Alarms from scores by their own past: row t is judged by the rows before it (from `firstRow` on), which are learnt again
 * whenever they have grown by 5 %. Two rows in a row are needed.
 */
export function alarmsOf(scores: Float64Array, firstRow: number, minRows: number): Uint8Array {
  const alarms = new Uint8Array(scores.length);
  let threshold = Number.POSITIVE_INFINITY;
  let learntRows = 0;
  let run = 0;
  for (let t = firstRow; t < scores.length; t++) {
    const known = t - firstRow;
    if (known >= minRows && known >= 1.05 * learntRows) {
      const sorted = scores.slice(firstRow, t).sort();
      const median = sortedQuantile(sorted, 0.5);
      threshold = median + BEYOND * Math.max(sortedQuantile(sorted, 0.99) - median, 1e-9);
      learntRows = known;
    }
    run = scores[t]! > threshold ? run + 1 : 0;
    if (run >= IN_A_ROW) alarms[t] = 1;
  }
  return alarms;
}
