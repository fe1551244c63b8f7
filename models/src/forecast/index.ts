import { dayAnalog, weekAnalog } from './analog.ts';
import { directLinear } from './direct-linear.ts';
import { ets } from './ets.ts';
import type { Forecaster } from './forecaster.ts';
import { lagRegression } from './lag-regression.ts';
import { sarima } from './sarima.ts';
import { longerMedian, longMedian, shortMedian } from './seasonal-median.ts';
import { longNaive, shortNaive } from './seasonal-naive.ts';
import { shiftedProfile } from './shifted-profile.ts';
import { theta } from './theta.ts';
import { trendAndCycles } from './trend-and-cycles.ts';

/** Every forecaster that may be chosen; a series' own past decides how much each counts. */
export const forecasters: readonly Forecaster[] = [
  shortNaive,
  longNaive,
  shortMedian,
  longMedian,
  longerMedian,
  shiftedProfile,
  dayAnalog,
  weekAnalog,
  lagRegression,
  directLinear,
  theta,
  ets,
  sarima,
  trendAndCycles,
];
