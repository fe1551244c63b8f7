import { defineForecaster, type Forecaster } from './forecaster.ts';

/** The last cycle again. */
const seasonalNaive = (name: string, which: (periods: readonly number[]) => number | undefined): Forecaster =>
  defineForecaster({
    name,
    fit({ values, periods, horizon }) {
      const period = which(periods);
      if (period === undefined || values.length < 2 * period) return null;
      return (history) =>
        Float64Array.from({ length: horizon }, (_, ahead) => history[history.length - period + (ahead % period)]!);
    },
  });

export const shortNaive = seasonalNaive('seasonal-naive', (periods) => periods[0]);
export const longNaive = seasonalNaive('seasonal-naive-long', (periods) =>
  periods.length > 1 ? periods.at(-1) : undefined,
);
