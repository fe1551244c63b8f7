/** A series at even steps without gaps, as forecasters take it. Units are the caller's. */
export interface ForecastInput {
  readonly values: Float64Array;
  /** Lengths of cycles in steps, shortest first; none where the series has no known cycle. */
  readonly periods: readonly number[];
  /** Steps ahead that will be asked for. */
  readonly horizon: number;
  /** Time of the first value and length of a step, where they are known. */
  readonly clock: StepClock | null;
}

export interface StepClock {
  readonly startUnixMs: number;
  readonly stepMs: number;
}

/** A fitted forecaster. `values` are the history up to the origin, of which the values it was fitted on are the beginning. */
export type FittedForecaster = (values: Float64Array) => Float64Array;

/** One way to forecast. A new one is a file beside this and a line in `index.ts`. */
export interface Forecaster {
  readonly name: string;
  /** `null`: too short for it, or a cycle it needs is not there. Never throws on finite values. */
  fit(input: ForecastInput): FittedForecaster | null;
}

export const defineForecaster = (definition: Forecaster): Forecaster => definition;
