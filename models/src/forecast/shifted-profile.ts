import { medianOf } from '../quantile.ts';
import { defineForecaster } from './forecaster.ts';
import { inLogarithm, logScale, samePlace } from './steps.ts';

const CYCLES = 4;
/** Part of the last short cycle's distance from its profile that is taken to last. */
const SHIFT_SHARE = 0.5;

/** The profile of the longest cycle, shifted by half of what the last short cycle lay beside it. */
export const shiftedProfile = defineForecaster({
  name: 'shifted-profile',
  fit({ values, periods, horizon }) {
    const short = periods[0];
    const long = periods.at(-1);
    if (short === undefined || long === undefined || values.length < 2 * long + short) return null;
    const run = (history: Float64Array) => {
      const before = history.length - short;
      const apart = Float64Array.from(
        { length: short },
        (_, i) => history[before + i]! - medianOf(samePlace(history, before, i, long, CYCLES)),
      );
      const shift = SHIFT_SHARE * medianOf(apart);
      return Float64Array.from(
        { length: horizon },
        (_, ahead) => medianOf(samePlace(history, history.length, ahead, long, CYCLES)) + shift,
      );
    };
    const scale = logScale(values);
    return scale > 0 ? (history) => inLogarithm(history, run, scale) : run;
  },
});
