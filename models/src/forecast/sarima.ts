import { defineForecaster } from './forecaster.ts';
import { meanOf } from './steps.ts';

const HISTORY_CYCLES = 30;
const HISTORY_LIMIT = 4_000;
const EVALUATIONS_LIMIT = 160;
const BOUND = 0.97;

/** Parameters of (1,0,1)(0,1,1): of the last value, of the last error, of the error one cycle ago. */
type Parameters = readonly [phi: number, theta: number, seasonalTheta: number];

/** SARIMA (1,0,1)(0,1,1) with the period of the shortest cycle, by conditional sum of squares (Box and Jenkins 1976). */
export const sarima = defineForecaster({
  name: 'sarima',
  fit({ values, periods, horizon }) {
    const period = periods[0];
    if (period === undefined || values.length < 4 * period + 8) return null;
    const window = Math.min(HISTORY_LIMIT, HISTORY_CYCLES * period);
    const recent = (history: Float64Array) => history.subarray(Math.max(0, history.length - window));
    const parameters = search((candidate) => residuals(recent(values), period, candidate).squares);
    return (history) => {
      const past = recent(history);
      const { errors, differences } = residuals(past, period, parameters);
      return extend(past, differences, errors, period, parameters, horizon);
    };
  },
});

function residuals(values: Float64Array, period: number, [phi, theta, seasonal]: Parameters) {
  const n = values.length - period;
  const differences = new Float64Array(n);
  const errors = new Float64Array(n);
  let squares = 0;
  for (let i = 0; i < n; i++) differences[i] = values[i + period]! - values[i]!;
  const middle = meanOf(differences, 0, n);
  for (let i = 0; i < n; i++) differences[i]! -= middle;
  for (let i = 1; i < n; i++) {
    const error =
      differences[i]! -
      phi * differences[i - 1]! -
      theta * errors[i - 1]! -
      (i >= period ? seasonal * errors[i - period]! : 0) -
      (i > period ? theta * seasonal * errors[i - period - 1]! : 0);
    errors[i] = error;
    squares += error * error;
  }
  return { differences, errors, squares };
}

function extend(
  values: Float64Array,
  differences: Float64Array,
  errors: Float64Array,
  period: number,
  [phi, theta, seasonal]: Parameters,
  horizon: number,
): Float64Array {
  const n = differences.length;
  const ahead = new Float64Array(horizon);
  const forecast = new Float64Array(horizon);
  const errorAt = (i: number) => (i >= 0 && i < n ? errors[i]! : 0);
  for (let i = 0; i < horizon; i++) {
    const before = i === 0 ? differences[n - 1]! : ahead[i - 1]!;
    ahead[i] =
      phi * before +
      theta * errorAt(n + i - 1) +
      seasonal * errorAt(n + i - period) +
      theta * seasonal * errorAt(n + i - period - 1);
    const cycleAgo = i < period ? values[values.length - period + i]! : forecast[i - period]!;
    forecast[i] = cycleAgo + ahead[i]!;
  }
  return forecast;
}

/** Pattern search from a usual start (Hooke and Jeeves 1961): a few parameters, no derivatives. */
function search(cost: (parameters: Parameters) => number): Parameters {
  let best: [number, number, number] = [0.6, 0, -0.6];
  let bestCost = cost(best);
  let evaluations = 1;
  for (let step = 0.3; step > 0.02 && evaluations < EVALUATIONS_LIMIT; ) {
    let isBetter = false;
    for (let at = 0; at < 3; at++) {
      for (const sign of [1, -1]) {
        const tried: [number, number, number] = [...best];
        tried[at] = Math.max(-BOUND, Math.min(BOUND, tried[at]! + sign * step));
        const triedCost = cost(tried);
        evaluations++;
        if (!(triedCost < bestCost)) continue;
        best = tried;
        bestCost = triedCost;
        isBetter = true;
        break;
      }
    }
    if (!isBetter) step /= 2;
  }
  return best;
}
