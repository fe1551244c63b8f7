import { solveSymmetric } from '../matrix.ts';
import { medianOf } from '../quantile.ts';
import { defineForecaster, type FittedForecaster } from './forecaster.ts';
import { inLogarithm, logScale, meanOf } from './steps.ts';

const FEATURES = 12;
/** Origins learnt from, at most; the newest ones. */
const ORIGINS_LIMIT = 300;
const SAMPLES_LIMIT = 12_000;
const ROUNDS = 6;
const RIDGE = 0.01;
/** Errors below this share of the spread count as equal, so that weights stay bounded. */
const FLOOR = 0.05;

/**
 * One linear rule for all steps ahead, on the same place in former cycles, levels and what the last values lay beside
 * their profile; least absolute deviations by iterated weights, so that bursts do not bend it.
 */
export const lagRegression = defineForecaster({
  name: 'lag-regression',
  fit({ values, periods, horizon }) {
    const period = periods[0];
    if (period === undefined) return null;
    const long = periods.length > 1 ? periods.at(-1)! : 7 * period;
    if (values.length < long + 4 * period + horizon) return null;
    const scale = logScale(values);
    const learnt = scale > 0 ? values.map((value) => Math.log1p(value / scale)) : values;
    const weights = learn(learnt, period, long, horizon);
    const run: FittedForecaster = (history) => {
      const feature = new Float64Array(FEATURES);
      return Float64Array.from({ length: horizon }, (_, ahead) => {
        fill(feature, history, history.length, ahead, period, long);
        return dot(feature, weights);
      });
    };
    return scale > 0 ? (history) => inLogarithm(history, run, scale) : run;
  },
});

function learn(values: Float64Array, period: number, long: number, horizon: number): Float64Array {
  const first = Math.min(long + period, values.length - horizon - period);
  const perOrigin = Math.min(horizon, 2 * period);
  const origins = Math.max(1, Math.min(ORIGINS_LIMIT, Math.floor(SAMPLES_LIMIT / perOrigin)));
  const step = Math.max(1, Math.min(Math.floor(period / 4), Math.floor((values.length - horizon - first) / 8)));
  const rows: Float64Array[] = [];
  const targets: number[] = [];
  for (let origin = values.length - horizon, n = 0; origin >= first && n < origins; origin -= step, n++) {
    for (let i = 0; i < perOrigin; i++) {
      const ahead = Math.floor((i * horizon) / perOrigin);
      const feature = new Float64Array(FEATURES);
      fill(feature, values, origin, ahead, period, long);
      rows.push(feature);
      targets.push(values[origin + ahead]!);
    }
  }
  return leastAbsolute(rows, targets);
}

function fill(
  feature: Float64Array,
  values: Float64Array,
  origin: number,
  ahead: number,
  period: number,
  long: number,
): void {
  const place = origin + ahead - period * (Math.floor(ahead / period) + 1);
  const same = Float64Array.from({ length: 7 }, (_, i) => values[Math.max(0, place - i * period)]!);
  const longPlace = origin + ahead - long * (Math.floor(ahead / long) + 1);
  const level = meanOf(values, Math.max(0, origin - Math.max(2, Math.round(period / 8))), origin);
  const shortLevel = meanOf(values, Math.max(0, origin - period), origin);
  const before = Float64Array.from({ length: 6 }, (_, i) => values[Math.max(0, origin - 1 - (i + 1) * period)]!);
  feature[0] = same[0]!;
  feature[1] = same[1]!;
  feature[2] = same[2]!;
  feature[3] = medianOf(same);
  feature[4] = values[Math.max(0, longPlace)]!;
  feature[5] = values[Math.max(0, longPlace - long)] ?? values[Math.max(0, longPlace)]!;
  feature[6] = level;
  feature[7] = shortLevel;
  feature[8] = meanOf(values, Math.max(0, origin - long), origin);
  feature[9] = (values[origin - 1]! - medianOf(before)) * Math.exp((-8 * ahead) / period);
  feature[10] = (level - shortLevel) * Math.exp((-3 * ahead) / period);
  feature[11] = 1;
}

/** Weights on raw features that make the sum of absolute errors small (iteratively reweighted ridge, Schlossmacher 1973). */
function leastAbsolute(rows: readonly Float64Array[], targets: readonly number[]): Float64Array {
  const n = FEATURES;
  const mean = new Float64Array(n);
  const spread = new Float64Array(n).fill(1);
  for (let f = 0; f < n - 1; f++) {
    for (const row of rows) mean[f]! += row[f]! / rows.length;
    let variance = 0;
    for (const row of rows) variance += (row[f]! - mean[f]!) ** 2 / rows.length;
    spread[f] = Math.sqrt(variance) + 1e-9;
  }
  const scaled = rows.map((row) => row.map((value, f) => (value - mean[f]!) / spread[f]!));
  const targetMean = targets.reduce((sum, one) => sum + one, 0) / targets.length;
  const floor =
    FLOOR * (Math.sqrt(targets.reduce((sum, one) => sum + (one - targetMean) ** 2, 0) / targets.length) + 1e-9);
  let weights: Float64Array = new Float64Array(n);
  const sampleWeights = new Float64Array(rows.length).fill(1);
  for (let round = 0; round < ROUNDS; round++) {
    const a = new Float64Array(n * n);
    const b = new Float64Array(n);
    let total = 0;
    for (const [i, row] of scaled.entries()) {
      const weight = sampleWeights[i]!;
      total += weight;
      for (let f = 0; f < n; f++) {
        const part = weight * row[f]!;
        b[f]! += part * targets[i]!;
        for (let g = 0; g <= f; g++) a[f * n + g]! += part * row[g]!;
      }
    }
    for (let f = 0; f < n; f++) a[f * n + f]! += (f === n - 1 ? 1e-6 : RIDGE) * total;
    weights = solveSymmetric(a, n, b, 1);
    for (const [i, row] of scaled.entries())
      sampleWeights[i] = floor / Math.max(Math.abs(targets[i]! - dot(row, weights)), floor);
  }
  const raw = weights.map((weight, f) => weight / spread[f]!);
  for (let f = 0; f < n - 1; f++) raw[n - 1]! -= raw[f]! * mean[f]!;
  return raw;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
