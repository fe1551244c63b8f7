import { solveSymmetric } from '../matrix.ts';
import { defineForecaster } from './forecaster.ts';
import { meanOf } from './steps.ts';

const LOOKBACK_LIMIT = 336;
const RIDGE = 0.02;
/** Windows per input value below which the rule would learn noise. */
const WINDOWS_PER_INPUT = 4;
const WINDOWS_LIMIT = 12_000;

/**
 * All steps ahead as linear functions of the last values, after their mean is taken away (DLinear and NLinear, Zeng et al.
 * 2023, in closed form: ridge regression of every step at once).
 */
export const directLinear = defineForecaster({
  name: 'direct-linear',
  fit({ values, periods, horizon }) {
    const cycle = periods.at(-1) ?? periods[0] ?? 48;
    let lookback = Math.min(LOOKBACK_LIMIT, 2 * cycle);
    const windows = () => values.length - lookback - horizon + 1;
    while (lookback > 16 && windows() < WINDOWS_PER_INPUT * lookback) lookback = Math.floor(lookback / 2);
    if (windows() < 2 * lookback || horizon > 1_000) return null;
    const rule = learn(values, lookback, horizon);
    return (history) => {
      const from = history.length - lookback;
      const level = meanOf(history, from, history.length);
      const forecast = new Float64Array(horizon).fill(level);
      for (let i = 0; i < lookback; i++) {
        const value = history[from + i]! - level;
        for (let ahead = 0; ahead < horizon; ahead++) forecast[ahead]! += value * rule[i * horizon + ahead]!;
      }
      return forecast;
    };
  },
});

function learn(values: Float64Array, lookback: number, horizon: number): Float64Array {
  const last = values.length - horizon;
  const step = Math.max(1, Math.ceil((last - lookback + 1) / WINDOWS_LIMIT));
  const a = new Float64Array(lookback * lookback);
  const b = new Float64Array(lookback * horizon);
  const input = new Float64Array(lookback);
  const target = new Float64Array(horizon);
  let energy = 0;
  for (let origin = last; origin >= lookback; origin -= step) {
    const level = meanOf(values, origin - lookback, origin);
    for (let i = 0; i < lookback; i++) input[i] = values[origin - lookback + i]! - level;
    for (let i = 0; i < horizon; i++) target[i] = values[origin + i]! - level;
    for (let i = 0; i < lookback; i++) {
      const value = input[i]!;
      energy += value * value;
      const row = i * lookback;
      for (let j = 0; j <= i; j++) a[row + j]! += value * input[j]!;
      const out = i * horizon;
      for (let j = 0; j < horizon; j++) b[out + j]! += value * target[j]!;
    }
  }
  // Relative to the mean energy of one input.
  for (let i = 0; i < lookback; i++) a[i * lookback + i]! += (RIDGE * energy) / lookback + 1e-9;
  return solveSymmetric(a, lookback, b, horizon);
}
