import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { forecastCapacity } from './capacity.ts';

const DAY_MS = 86_400_000;
const stepMs = DAY_MS / 4;
/** Quarter days of growth, with noise that a seed fixes. */
function grown(days: number, from: number, perDay: (day: number) => number, noise = 0.004): number[] {
  const random = createRandom(3);
  let level = from;
  return Array.from({ length: days * 4 }, (_, i) => {
    level += perDay(Math.floor(i / 4)) / 4;
    return level + noise * (random() - 0.5);
  });
}
const inDays = (ms: number | null | undefined) => (ms == null ? null : ms / DAY_MS);

describe('when something is full', () => {
  it('is told with the dates between which it is likely', () => {
    const forecast = forecastCapacity({ values: grown(40, 0.4, () => 0.01), stepMs, limit: 1 });
    expect(inDays(forecast?.inMs)).toBeGreaterThan(18);
    expect(inDays(forecast?.inMs)).toBeLessThan(22);
    expect(forecast?.earliestInMs).toBeLessThanOrEqual(forecast!.inMs!);
    expect(forecast?.latestInMs).toBeGreaterThanOrEqual(forecast!.inMs!);
    expect(forecast).toMatchObject({ probability: 1, horizonMs: 80 * DAY_MS });
    expect(forecast?.perDay).toBeCloseTo(0.01, 3);
  });

  it('counts clean-ups as they were', () => {
    // Fourteen points up in a week, ten of them cleaned up on its last day.
    const values = grown(56, 0.4, (day) => (day % 7 === 6 ? -0.08 : 0.02));
    const forecast = forecastCapacity({ values, stepMs, limit: 1 });
    expect(inDays(forecast?.inMs)).toBeGreaterThan(25);
    expect(inDays(forecast?.inMs)).toBeLessThan(50);
  });

  it('follows a growth that began lately', () => {
    const values = grown(40, 0.4, (day) => (day < 28 ? 0 : 0.015));
    // By the mean growth of all days it would be 93 days.
    expect(inDays(forecastCapacity({ values, stepMs, limit: 1 })?.inMs)).toBeLessThan(70);
  });

  it('is never where nothing grows, and at once where it is full', () => {
    const flat = forecastCapacity({ values: grown(40, 0.8, () => 0), stepMs, limit: 1 });
    expect(flat).toMatchObject({ inMs: null, earliestInMs: null, latestInMs: null, probability: 0 });
    const full = forecastCapacity({ values: grown(40, 1.1, () => 0), stepMs, limit: 1 });
    expect(full).toMatchObject({ inMs: 0, probability: 1 });
  });

  it('is not told from less than three days, and wider from little than from much', () => {
    expect(forecastCapacity({ values: grown(2, 0.4, () => 0.1), stepMs, limit: 1 })).toBeNull();
    const uneven = (day: number) => (day % 3 === 0 ? 0.03 : 0);
    const width = (days: number) => {
      const values = grown(days, 0.2, uneven);
      const { earliestInMs, latestInMs } = forecastCapacity({ values, stepMs, limit: values.at(-1)! + 0.08 })!;
      return (latestInMs ?? Number.POSITIVE_INFINITY) / earliestInMs!;
    };
    expect(width(6)).toBeGreaterThan(width(48));
  });
});

it('any past gives dates in order or none, and never NaN', () => {
  const value = fc.oneof(
    fc.double({ noNaN: true, min: -1e12, max: 1e12 }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 0),
  );
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 300 }),
      fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
      (values, limit) => {
        const forecast = forecastCapacity({ values, stepMs, limit });
        if (forecast === null) return;
        const dates = [forecast.earliestInMs, forecast.inMs, forecast.latestInMs].map(
          (ms) => ms ?? Number.POSITIVE_INFINITY,
        );
        expect(dates).toEqual([...dates].sort((a, b) => a - b));
        expect(dates.some(Number.isNaN)).toBe(false);
        expect(Number.isFinite(forecast.probability) && Number.isFinite(forecast.perDay)).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});
