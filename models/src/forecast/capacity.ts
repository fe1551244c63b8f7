import { firstIndex } from '../bisect.ts';
import { quantileOf } from '../quantile.ts';
import { createRandom } from '../random.ts';
import { bridged } from './gaps.ts';

const DAY_MS = 86_400_000;
/** Fewer days of past tell no growth. */
const DAYS_NEEDED = 3;
/** From so many days on, a day is one value and a week is drawn as a whole. */
const WEEKS_FROM_DAYS = 28;
const HORIZON_DAYS = 90;
const PATHS = 500;
/** A part of the past counts half after so many days. */
const HALF_LIFE_DAYS = 10;
const EARLY = 0.05;
const LATE = 0.95;

export interface CapacityRequest {
  /** Highest values of equal steps, newest last; what is not finite is a gap. A step divides a day. */
  readonly values: ArrayLike<number>;
  readonly stepMs: number;
  /** What is full when it is met, in the unit of the values. */
  readonly limit: number;
}

export interface CapacityForecast {
  /** Milliseconds from the last value to the limit: half of all courses are there by then; `null` beyond the horizon. */
  readonly inMs: number | null;
  /** One of twenty courses is there earlier, one of twenty later; `null` beyond the horizon. */
  readonly earliestInMs: number | null;
  readonly latestInMs: number | null;
  /** 0..1: that it is met within the horizon. */
  readonly probability: number;
  readonly horizonMs: number;
  /** Median growth of the courses, in the unit of the values. */
  readonly perDay: number;
}

/**
 * When something fills up. Courses into the future are drawn from the series' own past: whole days (from four weeks on,
 * whole weeks) of its increases, the later ones more often, each course from a past that was drawn again itself, so that
 * little past means wide dates. A block bootstrap (Künsch, "The Jackknife and the Bootstrap for General Stationary
 * Observations", Annals of Statistics 1989); clean-ups are in it as they were. The same input gives the same answer.
 *
 * @returns `null` with less than three days of past
 */
export function forecastCapacity({ values, stepMs, limit }: CapacityRequest): CapacityForecast | null {
  const known = trimmed(values);
  const days = (known.length * stepMs) / DAY_MS;
  if (days < DAYS_NEEDED) return null;
  const isDaily = days >= WEEKS_FROM_DAYS;
  const series = smoothed(isDaily ? dailyHighs(known, Math.round(DAY_MS / stepMs)) : known);
  const rowMs = isDaily ? DAY_MS : stepMs;
  const block = isDaily ? 7 : Math.round(DAY_MS / stepMs);
  const horizonMs = Math.min(HORIZON_DAYS, Math.floor(2 * days)) * DAY_MS;
  const rows = Math.floor(horizonMs / rowMs);
  const steps = increases(series);
  const last = series.at(-1)!;
  if (last >= limit) {
    return { inMs: 0, earliestInMs: 0, latestInMs: 0, probability: 1, horizonMs, perDay: 0 };
  }
  const starts = steps.length - block + 1;
  const weights = Float64Array.from({ length: starts }, (_, at) => {
    const ageDays = ((starts - 1 - at) * rowMs) / DAY_MS;
    return 0.5 ** (ageDays / HALF_LIFE_DAYS);
  });
  const random = createRandom(1);
  const pick = pickerOf(weights, random);
  // As many blocks as the past has room for, drawn again for each course: what is not known of the growth itself.
  const poolSize = Math.max(2, Math.round(steps.length / block));
  const courses = Array.from({ length: PATHS }, () => {
    const pool = Array.from({ length: poolSize }, pick);
    return courseOf(last, limit, rows, () => {
      const from = pool[Math.floor(random() * poolSize)]!;
      return steps.subarray(from, from + block);
    });
  });
  const fullAfter = Float64Array.from(courses, ({ isFull, length }) => (isFull ? length * rowMs : Infinity)).sort();
  const within = (share: number): number | null => {
    const inMs = fullAfter[Math.ceil(share * PATHS) - 1]!;
    return Number.isFinite(inMs) ? inMs : null;
  };
  return {
    inMs: within(0.5),
    earliestInMs: within(EARLY),
    latestInMs: within(LATE),
    probability: courses.filter(({ isFull }) => isFull).length / PATHS,
    horizonMs,
    perDay: quantileOf(
      courses.map(({ level, length }) => ((level - last) / (length * rowMs)) * DAY_MS),
      0.5,
    ),
  };
}

interface Course {
  /** In rows, until it is full or the horizon is met. */
  readonly length: number;
  readonly level: number;
  readonly isFull: boolean;
}

/** From a level below the limit; nothing is ever less than empty. */
function courseOf(from: number, limit: number, rows: number, nextBlock: () => Float64Array): Course {
  let level = from;
  let length = 0;
  const isOver = () => length >= rows || level >= limit;
  while (!isOver()) {
    for (const step of nextBlock()) {
      if (isOver()) break;
      level = Math.max(0, level + step);
      length += 1;
    }
  }
  return { length, level, isFull: level >= limit };
}

/** Without what is not known at both ends, and with gaps between bridged. */
function trimmed(values: ArrayLike<number>): Float64Array {
  let from = 0;
  let to = values.length;
  while (from < to && !Number.isFinite(values[from])) from++;
  while (to > from && !Number.isFinite(values[to - 1])) to--;
  return bridged(Array.from({ length: to - from }, (_, i) => values[from + i]!));
}

/** Whole days back from the newest value. */
function dailyHighs(values: Float64Array, perDay: number): Float64Array {
  const days = Math.floor(values.length / perDay);
  const first = values.length - days * perDay;
  return Float64Array.from({ length: days }, (_, day) =>
    Math.max(...values.subarray(first + day * perDay, first + (day + 1) * perDay)),
  );
}

/** Medians of three: one odd value is no growth and no clean-up. */
function smoothed(values: Float64Array): Float64Array {
  return values.map((value, i) =>
    i === 0 || i === values.length - 1 ? value : [values[i - 1]!, value, values[i + 1]!].sort((a, b) => a - b)[1]!,
  );
}

const increases = (values: Float64Array): Float64Array => values.slice(1).map((value, i) => value - values[i]!);

/** Draws an index as often as its weight says. */
function pickerOf(weights: Float64Array, random: () => number): () => number {
  const sums = new Float64Array(weights.length);
  let sum = 0;
  weights.forEach((weight, i) => {
    sum += weight;
    sums[i] = sum;
  });
  return () => {
    const wanted = random() * sum;
    return Math.min(
      firstIndex(sums.length, (i) => sums[i]! > wanted),
      sums.length - 1,
    );
  };
}
