import { medianOf } from '../quantile.ts';
import { defineForecaster, type Forecaster } from './forecaster.ts';
import { samePlace } from './steps.ts';

const CYCLES_NEEDED = 2;

/** Median of the same place in the last cycles. */
const seasonalMedian = (
  name: string,
  cycles: number,
  which: (periods: readonly number[]) => number | undefined,
): Forecaster =>
  defineForecaster({
    name,
    fit({ values, periods, horizon }) {
      const period = which(periods);
      if (period === undefined || values.length < CYCLES_NEEDED * period) return null;
      return (history) =>
        Float64Array.from({ length: horizon }, (_, ahead) =>
          medianOf(samePlace(history, history.length, ahead, period, cycles)),
        );
    },
  });

const longest = (periods: readonly number[]) => (periods.length > 1 ? periods.at(-1) : undefined);

export const shortMedian = seasonalMedian('seasonal-median', 7, (periods) => periods[0]);
export const longMedian = seasonalMedian('seasonal-median-long', 4, longest);
export const longerMedian = seasonalMedian('seasonal-median-longer', 8, longest);
