import { ModelsError } from '../errors.ts';
import { medianOf, quantileOf } from '../quantile.ts';
import { cyclesOf } from './cycles.ts';
import type { FittedForecaster, Forecaster, ForecastInput, StepClock } from './forecaster.ts';
import { bridged } from './gaps.ts';
import { forecasters } from './index.ts';

const VALUES_NEEDED = 8;
/** Newest values that are looked at: about seven weeks of minutes, six years of hours. */
const HISTORY_LIMIT = 70_000;
export const HORIZON_LIMIT = 2_000;
/** Rolling origins at which every forecaster is tried. */
const ORIGINS = 14;
/** Where a forecaster may enter the comparison, in shares of the origins, and how many origins it must be seen at. */
const ENTRIES = [0, 0.25, 0.5];
const ORIGINS_NEEDED = 4;
/** How much better forecasters count more: weights fall with this power of the error. */
const SHARPNESS = 8;
/** A forecaster this much worse than the best is left out. */
const ERROR_RATIO_LIMIT = 1.6;
/** Misses of one origin hang together, and the weights were chosen by them: bands are wider by this part over the origins. */
const ORIGIN_ALLOWANCE = 4;
/** Values before the first origin, in shares of the history. */
const FIRST_ORIGIN_SHARE = 0.4;

export interface ForecastRequest {
  /** Newest last. What is not finite is a gap. */
  readonly values: ArrayLike<number>;
  readonly horizon: number;
  readonly period?: number;
  readonly clock?: StepClock;
}

export interface Band {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export interface Forecast {
  readonly mean: Float64Array;
  /** Half, and nine tenths, of the values are expected between these. */
  readonly half: Band;
  readonly ninety: Band;
  /** Share of each forecaster, largest first; one without weight is not named. */
  readonly weights: readonly { readonly name: string; readonly weight: number }[];
  readonly periods: readonly number[];
  /** Origins at which the forecasters were compared on this series; 0: too short to compare. */
  readonly origins: number;
}

/**
 * Forecast of one series: all forecasters are tried at rolling origins of its own past, and weighted by how well they did
 * there; bands are quantiles of what the weighted forecast missed there. Deterministic.
 *
 * @param more - forecasters beside those of `index.ts`
 * @throws ModelsError FORECAST_TOO_SHORT with fewer than 8 values, FORECAST_HORIZON beyond 1..2000
 */
export function forecastSeries(request: ForecastRequest, more: readonly Forecaster[] = []): Forecast {
  const { input, origins } = prepare(request);
  const { values, periods, horizon } = input;
  const all = [...forecasters, ...more];
  const tried = origins.length === 0 ? [] : tryAll(all, input, origins);
  const weights = weightsOf(tried, values, origins, horizon);
  const limits = limitsOf(values);
  const mean = clamp(
    combine(weights, (name) => fitOf(all, name, input)?.(values) ?? null, horizon),
    limits,
  );
  const missed = origins.map((origin, at) => {
    const forecast = clamp(
      combine(weights, (name) => tried.find((one) => one.name === name)!.forecasts[at]!, horizon),
      limits,
    );
    return forecast.map((value, ahead) => values[origin + ahead]! - value);
  });
  const spread = spreadOf(values, missed, horizon, periods);
  return { mean, ...bandsOf(mean, spread, missed, limits), weights, periods, origins: origins.length };
}

/** What the forecasters are given, and where they are tried. */
export interface Prepared {
  readonly input: ForecastInput;
  readonly origins: readonly number[];
}

/** Checks a request, fills its gaps and finds its cycles. */
export function prepare({ values: given, horizon, period, clock }: ForecastRequest): Prepared {
  if (!Number.isInteger(horizon) || horizon < 1 || horizon > HORIZON_LIMIT) {
    throw new ModelsError(
      'FORECAST_HORIZON',
      `a horizon of ${horizon} steps cannot be forecast`,
      `name 1 to ${HORIZON_LIMIT} steps`,
    );
  }
  const cut = Math.max(0, given.length - HISTORY_LIMIT);
  const values = withoutGaps(Float64Array.from({ length: given.length - cut }, (_, i) => given[cut + i]!));
  const from =
    clock === undefined ? null : { startUnixMs: clock.startUnixMs + cut * clock.stepMs, stepMs: clock.stepMs };
  const periods = cyclesOf(values, from, period);
  const input: ForecastInput = { values, periods, horizon, clock: from };
  const origins = originsOf(values.length, horizon, periods);
  return { input, origins };
}

interface Tried {
  readonly name: string;
  /** One for each origin; `null` before the history was long enough for it. */
  readonly forecasts: readonly (Float64Array | null)[];
}

type Weights = Forecast['weights'];

/** Fitted at the first origin whose past is long enough, used from there on: later values are seen, not learnt from. */
function tryAll(all: readonly Forecaster[], input: ForecastInput, origins: readonly number[]): Tried[] {
  const tried: Tried[] = [];
  for (const { name, fit } of all) {
    let fitted: FittedForecaster | null = null;
    let from = 0;
    for (const at of entriesOf(origins)) {
      from = at;
      fitted = fit({ ...input, values: input.values.subarray(0, origins[at]) });
      if (fitted !== null) break;
    }
    if (fitted === null || origins.length - from < Math.min(ORIGINS_NEEDED, origins.length)) continue;
    const use = fitted;
    const forecasts = origins.map((origin, at) => (at < from ? null : use(input.values.subarray(0, origin))));
    if (forecasts.every((forecast) => forecast === null || forecast.every(Number.isFinite)))
      tried.push({ name, forecasts });
  }
  return tried;
}

/** Places among the origins where a forecaster may enter. */
export const entriesOf = (origins: readonly number[]): number[] =>
  origins.length === 0 ? [] : ENTRIES.map((share) => Math.floor(share * origins.length));

const fitOf = (all: readonly Forecaster[], name: string, input: ForecastInput): FittedForecaster | null =>
  all.find((one) => one.name === name)?.fit(input) ?? null;

/** Origins whose horizon has been seen, one short cycle or horizon apart, oldest first. */
function originsOf(length: number, horizon: number, periods: readonly number[]): number[] {
  const step = Math.max(1, Math.min(periods[0] ?? horizon, horizon));
  const first = Math.max(VALUES_NEEDED, Math.ceil(FIRST_ORIGIN_SHARE * length));
  const origins: number[] = [];
  for (let origin = length - horizon; origin >= first && origins.length < ORIGINS; origin -= step) origins.push(origin);
  return origins.reverse();
}

/** Errors are held against what the others missed at the same origins: one that came late is not judged by easier days. */
function weightsOf(
  tried: readonly Tried[],
  values: Float64Array,
  origins: readonly number[],
  horizon: number,
): Weights {
  const missedAt = tried.map(({ forecasts }) =>
    forecasts.map((forecast, at) => (forecast === null ? Number.NaN : missOf(forecast, values, origins[at]!, horizon))),
  );
  const usual = origins.map((_, at) => medianOf(missedAt.map((missed) => missed[at]!).filter(Number.isFinite)));
  const errors = tried.map(({ name }, i) => {
    let sum = 0;
    let against = 0;
    for (const [at, miss] of missedAt[i]!.entries()) {
      if (Number.isNaN(miss)) continue;
      sum += miss;
      against += usual[at]!;
    }
    return { name, error: against > 0 ? sum / against : sum > 0 ? Number.POSITIVE_INFINITY : 1 };
  });
  const best = Math.min(...errors.map(({ error }) => error));
  const parts = errors
    .filter(({ error }) => error <= ERROR_RATIO_LIMIT * best + 1e-12)
    .map(({ name, error }) => ({ name, weight: error > 0 ? (best / error) ** SHARPNESS : 1 }));
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  return parts.map(({ name, weight }) => ({ name, weight: weight / total })).sort((a, b) => b.weight - a.weight);
}

function missOf(forecast: Float64Array, values: Float64Array, origin: number, horizon: number): number {
  let sum = 0;
  for (let ahead = 0; ahead < horizon; ahead++) sum += Math.abs(values[origin + ahead]! - forecast[ahead]!);
  return sum;
}

/** Without anything to compare: the last value. */
function combine(weights: Weights, forecastOf: (name: string) => Float64Array | null, horizon: number): Float64Array {
  const sum = new Float64Array(horizon);
  let total = 0;
  for (const { name, weight } of weights) {
    const forecast = forecastOf(name);
    if (forecast === null || !forecast.every(Number.isFinite)) continue;
    total += weight;
    for (let i = 0; i < horizon; i++) sum[i]! += weight * forecast[i]!;
  }
  return total > 0 ? sum.map((value) => value / total) : sum.fill(Number.NaN);
}

interface Limits {
  readonly low: number;
  readonly high: number;
  readonly last: number;
}

/** Nothing is expected further out than the history's range once more; what was never negative stays so. */
function limitsOf(values: Float64Array): Limits {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const range = high - low;
  return { low: low >= 0 ? Math.max(0, low - range) : low - range, high: high + range, last: values.at(-1)! };
}

const clamp = (values: Float64Array, { low, high, last }: Limits): Float64Array =>
  values.map((value) => (Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : last));

/** Typical miss at each step ahead, smoothed over neighbouring steps. */
function spreadOf(
  values: Float64Array,
  missed: readonly Float64Array[],
  horizon: number,
  periods: readonly number[],
): Float64Array {
  const spread = new Float64Array(horizon);
  if (missed.length === 0) {
    // A walk of the steps seen, for want of anything better.
    const steps = Array.from(values.subarray(1), (value, i) => Math.abs(value - values[i]!));
    const step = quantileOf(steps, 0.8);
    return spread.map((_, ahead) => step * Math.sqrt(Math.min(ahead + 1, periods[0] ?? horizon)));
  }
  const reach = Math.max(1, Math.floor(horizon / 12));
  for (let ahead = 0; ahead < horizon; ahead++) {
    let sum = 0;
    let count = 0;
    for (let at = Math.max(0, ahead - reach); at <= Math.min(horizon - 1, ahead + reach); at++) {
      for (const one of missed) sum += Math.abs(one[at]!);
      count += missed.length;
    }
    spread[ahead] = sum / count;
  }
  return spread;
}

/** Split conformal bands (Vovk et al. 2005) on misses in units of their spread, so that each step has its own width. */
function bandsOf(
  mean: Float64Array,
  spread: Float64Array,
  missed: readonly Float64Array[],
  limits: Limits,
): { half: Band; ninety: Band } {
  const scaled = missed.flatMap((one) =>
    Array.from(one, (miss, ahead) => (spread[ahead]! > 0 ? miss / spread[ahead]! : 0)),
  );
  const widening = 1 + ORIGIN_ALLOWANCE / Math.max(1, missed.length);
  const band = (share: number): Band => {
    const tail = (1 - share) / 2;
    const low = missed.length > 0 ? widening * quantileOf(scaled, tail) : -1;
    const high = missed.length > 0 ? widening * quantileOf(scaled, 1 - tail) : 1;
    return {
      lower: clamp(
        mean.map((value, ahead) => value + Math.min(low, 0) * spread[ahead]!),
        limits,
      ),
      upper: clamp(
        mean.map((value, ahead) => value + Math.max(high, 0) * spread[ahead]!),
        limits,
      ),
    };
  };
  return { half: band(0.5), ninety: band(0.9) };
}

/** Gaps are bridged by straight lines; before the first value and after the last, by them. */
function withoutGaps(values: Float64Array): Float64Array {
  const known = values.reduce((count, value) => count + (Number.isFinite(value) ? 1 : 0), 0);
  if (known < VALUES_NEEDED) {
    throw new ModelsError(
      'FORECAST_TOO_SHORT',
      `${known} values are too few to forecast from`,
      `wait until there are ${VALUES_NEEDED}`,
    );
  }
  return bridged(values);
}
