import { isKoreanHoliday } from '../calendar/korean-holidays.ts';
import { solveSymmetric } from '../matrix.ts';
import { defineForecaster, type ForecastInput, type StepClock } from './forecaster.ts';

const HINGES = 12;
/** Hinges stand in the first part of the history: the end's slope needs values behind it. */
const HINGE_SHARE = 0.85;
const WAVES_SHORT = 5;
const WAVES_LONG = 4;
const HINGE_RIDGE = 0.05;
const WAVE_RIDGE = 1e-4;
/** Newest values that are fitted: older ones say little of today's cycles. */
const HISTORY_LIMIT = 12_000;

/** A piecewise linear trend, Fourier series of the cycles and Korean holidays, by ridge regression (after Taylor and Letham 2018). */
export const trendAndCycles = defineForecaster({
  name: 'trend-and-cycles',
  fit(input) {
    const { values, periods, horizon } = input;
    const long = periods.at(-1);
    if (long === undefined || values.length < 2 * long + 8) return null;
    const isHoliday = createHolidays(input.clock);
    return (history) => {
      const from = Math.max(0, history.length - HISTORY_LIMIT);
      const design = createDesign(input, isHoliday, from, history.length);
      const weights = solve(design, history, from);
      return Float64Array.from({ length: horizon }, (_, ahead) => value(design, weights, history.length + ahead));
    };
  },
});

interface Design {
  readonly size: number;
  readonly ridge: Float64Array;
  /** Writes the regressors of step `at`. */
  fill(row: Float64Array, at: number): void;
}

/** Whether a step is on a day off in Korea; the lunar calendar is asked once a day, whatever origins are looked at. */
function createHolidays(clock: StepClock | null): (at: number) => number {
  if (clock === null) return () => 0;
  const known = new Map<number, number>();
  return (at) => {
    const unixMs = clock.startUnixMs + at * clock.stepMs;
    const day = Math.floor((unixMs + 9 * 3_600_000) / 86_400_000);
    let isOff = known.get(day);
    if (isOff === undefined) {
      isOff = isKoreanHoliday(day * 86_400_000) ? 1 : 0;
      known.set(day, isOff);
    }
    return isOff;
  };
}

function createDesign({ periods }: ForecastInput, isHoliday: (at: number) => number, from: number, to: number): Design {
  const span = to - from;
  const waves = periods
    .slice(0, 2)
    .map((period, i) => ({ period, count: Math.min(i === 0 ? WAVES_SHORT : WAVES_LONG, Math.floor(period / 2)) }));
  const waveCount = waves.reduce((sum, { count }) => sum + 2 * count, 0);
  const size = 2 + HINGES + waveCount + 1;
  const ridge = new Float64Array(size).fill(WAVE_RIDGE);
  ridge[0] = 1e-9;
  ridge[1] = 1e-3;
  ridge.fill(HINGE_RIDGE, 2, 2 + HINGES);
  return {
    size,
    ridge,
    fill(row, at) {
      const time = (at - from) / span;
      row[0] = 1;
      row[1] = time;
      for (let i = 0; i < HINGES; i++) row[2 + i] = Math.max(0, time - (HINGE_SHARE * (i + 1)) / (HINGES + 1));
      let column = 2 + HINGES;
      for (const { period, count } of waves) {
        for (let wave = 1; wave <= count; wave++) {
          const angle = (2 * Math.PI * wave * (at % period)) / period;
          row[column++] = Math.sin(angle);
          row[column++] = Math.cos(angle);
        }
      }
      row[column] = isHoliday(at);
    },
  };
}

function solve({ size, ridge, fill }: Design, values: Float64Array, from: number): Float64Array {
  const a = new Float64Array(size * size);
  const b = new Float64Array(size);
  const row = new Float64Array(size);
  for (let at = from; at < values.length; at++) {
    fill(row, at);
    for (let i = 0; i < size; i++) {
      b[i]! += row[i]! * values[at]!;
      for (let j = 0; j <= i; j++) a[i * size + j]! += row[i]! * row[j]!;
    }
  }
  const count = values.length - from;
  for (let i = 0; i < size; i++) a[i * size + i]! += ridge[i]! * count;
  return solveSymmetric(a, size, b, 1);
}

function value({ size, fill }: Design, weights: Float64Array, at: number): number {
  const row = new Float64Array(size);
  fill(row, at);
  return row.reduce((sum, one, i) => sum + one * weights[i]!, 0);
}
