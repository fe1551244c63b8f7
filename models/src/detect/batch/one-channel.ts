import { sortedQuantile } from '../../quantile.ts';
import { openings } from './batch-alarm.ts';
import type { BatchOptions } from './detect-batch.ts';
import { withoutGaps } from './table.ts';

/** What a feature looks back on: part of a shift, a shift, a day. At least the row itself. */
const WINDOW_HOURS = [2, 8, 24] as const;
const MIN_ROWS = 12;
const QUIET_HOURS = 8;
/** A row that opens a finding outranks every row that does not. */
const OPENING = 30;

/**
 * One channel: how far mean, deviation and mean step of windows of several lengths are from their own past (median and the
 * range of the middle 90 %). The sum over windows of the logarithm of the largest deviation. Causal and without training:
 * row t is judged by all rows before it.
 */
export function detectOneChannel(raw: Float64Array, trainRows: number, { stepSeconds }: BatchOptions) {
  const values = withoutGaps(raw);
  const rowsOf = (hours: number) => Math.max(1, Math.round((hours * 3_600) / stepSeconds));
  const scores = new Float64Array(values.length);
  for (const window of new Set(WINDOW_HOURS.map(rowsOf))) {
    // Without a past of its length a window says nothing.
    if (window > 1 && window > trainRows) continue;
    const far = farthest(featuresOf(values, window));
    for (let t = 0; t < values.length; t++) scores[t]! += Math.log1p(Math.max(0, far[t]! - 0.5));
  }
  const rule = { quantile: 0.9, beyond: 2, quietRows: rowsOf(QUIET_HOURS) };
  const { alarms, strange } = openings(scores, Math.min(MIN_ROWS, trainRows), Math.max(2, trainRows - MIN_ROWS), rule);
  return { scores: scores.map((score, t) => score + OPENING * alarms[t]!), alarms, strange };
}

/** Mean, deviation and mean absolute step over the last `window` rows (fewer at the beginning). */
function featuresOf(values: Float64Array, window: number): Float64Array[] {
  const [mean, deviation, step] = [0, 1, 2].map(() => new Float64Array(values.length));
  let sum = 0;
  let squares = 0;
  let steps = 0;
  // Sums of differences from the first value keep their digits when the level is large.
  const origin = values[0] ?? 0;
  for (let t = 0; t < values.length; t++) {
    const value = values[t]! - origin;
    sum += value;
    squares += value * value;
    steps += t === 0 ? 0 : Math.abs(values[t]! - values[t - 1]!);
    if (t >= window) {
      const old = values[t - window]! - origin;
      sum -= old;
      squares -= old * old;
      steps -= Math.abs(values[t - window + 1]! - values[t - window]!) * (window > 1 ? 1 : 0);
    }
    if (window === 1) steps = t === 0 ? 0 : Math.abs(values[t]! - values[t - 1]!);
    const inside = Math.min(window, t + 1);
    mean![t] = origin + sum / inside;
    deviation![t] = Math.sqrt(Math.max(0, squares / inside - (sum / inside) ** 2));
    step![t] = steps / inside;
  }
  return window === 1 ? [mean!, step!] : [mean!, deviation!, step!];
}

/** The largest deviation of any feature from its own past, in half ranges of the middle 90 %; the past is learnt again every 2 %. */
function farthest(features: readonly Float64Array[]): Float64Array {
  const count = features[0]!.length;
  const result = new Float64Array(count);
  for (const feature of features) {
    let learnt = 0;
    let center = 0;
    let half = 0;
    for (let t = MIN_ROWS; t < count; t++) {
      if (t >= 1.02 * learnt) {
        const past = feature.slice(0, t).sort();
        center = sortedQuantile(past, 0.5);
        const range = sortedQuantile(past, 0.95) - sortedQuantile(past, 0.05);
        half = Math.max(range / 2, 0.02 * Math.abs(center), 1e-9);
        learnt = t;
      }
      result[t] = Math.max(result[t]!, Math.abs(feature[t]! - center) / half);
    }
  }
  return result;
}
