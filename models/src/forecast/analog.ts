import { medianOf } from '../quantile.ts';
import { defineForecaster, type FittedForecaster, type Forecaster } from './forecaster.ts';
import { inLogarithm, logScale } from './steps.ts';

const CANDIDATES_NEEDED = 6;

/** The past that looked most like now, at the same place of the cycle: the median of what came after it. */
const analog = (name: string, cyclesCompared: number, neighbours: number): Forecaster =>
  defineForecaster({
    name,
    fit({ values, periods, horizon }) {
      const period = periods[0];
      if (period === undefined) return null;
      const length = cyclesCompared * period;
      if (values.length < length + horizon + CANDIDATES_NEEDED * period) return null;
      const run: FittedForecaster = (history) => {
        const now = history.subarray(history.length - length);
        const ahead = Math.ceil(horizon / period) * period;
        const past: { origin: number; distance: number }[] = [];
        for (let origin = history.length - ahead; origin >= length; origin -= period) {
          let distance = 0;
          for (let i = 0; i < length; i++) distance += Math.abs(history[origin - length + i]! - now[i]!);
          past.push({ origin, distance });
        }
        past.sort((a, b) => a.distance - b.distance);
        const nearest = past.slice(0, neighbours);
        return Float64Array.from({ length: horizon }, (_, step) =>
          medianOf(nearest.map(({ origin }) => history[origin + step]!)),
        );
      };
      const scale = logScale(values);
      return scale > 0 ? (history) => inLogarithm(history, run, scale) : run;
    },
  });

export const dayAnalog = analog('analog', 2, 7);
export const weekAnalog = analog('analog-long', 7, 5);
