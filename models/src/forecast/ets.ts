import { defineForecaster } from './forecaster.ts';
import { additiveProfile } from './profile.ts';

const LEVEL_WEIGHTS = [0.02, 0.1, 0.3, 0.6];
const SEASON_WEIGHTS = [0.02, 0.1, 0.3];
const TREND_WEIGHT = 0.02;
const DAMPING = 0.95;

interface State {
  level: number;
  trend: number;
  readonly season: Float64Array;
  error: number;
}

/** Exponential smoothing with a damped trend and an additive season (ETS A,Ad,A; Hyndman et al. 2008), weights from a grid. */
export const ets = defineForecaster({
  name: 'ets',
  fit({ values, periods, horizon }) {
    const period = periods[0] ?? 1;
    if (values.length < Math.max(12, 3 * period)) return null;
    const start = period > 1 ? additiveProfile(values, period) : new Float64Array(1);
    let best = { level: LEVEL_WEIGHTS[0]!, season: SEASON_WEIGHTS[0]! };
    let bestError = Number.POSITIVE_INFINITY;
    for (const level of LEVEL_WEIGHTS) {
      for (const season of period > 1 ? SEASON_WEIGHTS : [0]) {
        const { error } = run(values, start, level, season);
        if (error < bestError) {
          best = { level, season };
          bestError = error;
        }
      }
    }
    return (history) => {
      const { level, trend, season } = run(history, start, best.level, best.season);
      let damped = 0;
      return Float64Array.from({ length: horizon }, (_, ahead) => {
        damped += DAMPING ** (ahead + 1);
        return level + damped * trend + season[(history.length + ahead) % period]!;
      });
    };
  },
});

function run(values: Float64Array, start: Float64Array, levelWeight: number, seasonWeight: number): State {
  const period = start.length;
  const state: State = { level: values[0]! - start[0]!, trend: 0, season: Float64Array.from(start), error: 0 };
  for (let i = 1; i < values.length; i++) {
    const season = state.season[i % period]!;
    const expected = state.level + DAMPING * state.trend;
    const error = values[i]! - expected - season;
    state.error += Math.abs(error);
    state.level = expected + levelWeight * error;
    state.trend = DAMPING * state.trend + TREND_WEIGHT * levelWeight * error;
    state.season[i % period] = season + seasonWeight * (1 - levelWeight) * error;
  }
  return state;
}
