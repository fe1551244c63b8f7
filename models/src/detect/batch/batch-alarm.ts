import { sortedQuantile } from '../../quantile.ts';

export interface AlarmRule {
  /** A score must exceed the median of the past by `beyond` times the distance from there to this quantile of the past. */
  readonly quantile: number;
  readonly beyond: number;
  /** An alarm opens again only after so many rows without such a score. */
  readonly quietRows: number;
}

const IN_A_ROW = 2;

export interface Alarms {
  /** 1 at rows where a finding opens. */
  readonly alarms: Uint8Array;
  /** 1 at rows where what opens one holds. */
  readonly strange: Uint8Array;
}

/**
 * Rows at which a finding opens, and those at which it holds. Row t is judged by the scores before it (from `firstRow` on), which are learnt again
 * whenever they have grown by 5 %; two rows in a row are needed, and what lasts opens once.
 *
 * @param minRows - scores that must be known before anything is judged
 */
export function openings(scores: Float64Array, firstRow: number, minRows: number, rule: AlarmRule): Alarms {
  const alarms = new Uint8Array(scores.length);
  const strange = new Uint8Array(scores.length);
  let threshold = Number.POSITIVE_INFINITY;
  let learntRows = 0;
  let run = 0;
  let lastRow = Number.NEGATIVE_INFINITY;
  for (let t = firstRow; t < scores.length; t++) {
    const known = t - firstRow;
    if (known >= minRows && known >= 1.05 * learntRows) {
      const sorted = scores.slice(firstRow, t).sort();
      const median = sortedQuantile(sorted, 0.5);
      threshold = median + rule.beyond * Math.max(sortedQuantile(sorted, rule.quantile) - median, 1e-9);
      learntRows = known;
    }
    run = scores[t]! > threshold ? run + 1 : 0;
    if (run < IN_A_ROW) continue;
    strange[t] = 1;
    if (t - lastRow > rule.quietRows) alarms[t] = 1;
    lastRow = t;
  }
  return { alarms, strange };
}
