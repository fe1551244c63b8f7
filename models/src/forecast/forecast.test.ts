import { describe, expect, it } from 'vitest';
import { createNormal, createRandom } from '../random.ts';
import { cyclesOf } from './cycles.ts';
import { forecastSeries } from './forecast.ts';
import { forecasters } from './index.ts';

const HOUR_MS = 3_600_000;
const clock = { startUnixMs: Date.UTC(2026, 2, 2), stepMs: HOUR_MS };
const hourly = (count: number, valueAt: (i: number) => number) =>
  Float64Array.from({ length: count }, (_, i) => valueAt(i));
const noise = (seed: number) => createNormal(createRandom(seed));
const dayAndWeek = (i: number) => 100 + 30 * Math.sin((2 * Math.PI * i) / 24) - (Math.floor(i / 24) % 7 >= 5 ? 40 : 0);
const meanAbsolute = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((x, y) => x + y, 0) / a.length;

describe('forecastSeries', () => {
  it('follows days and weeks closer than the last week does', () => {
    const random = noise(1);
    const values = hourly(1_032, (i) => dayAndWeek(i) + 8 * random());
    const { mean } = forecastSeries({ values: values.subarray(0, 1_008), horizon: 24, clock });
    const truth = hourly(24, (i) => dayAndWeek(1_008 + i));
    expect(meanAbsolute(mean, truth)).toBeLessThan(
      0.6 * meanAbsolute(values.subarray(1_008 - 168, 1_008 - 144), truth),
    );
  });

  it('says how sure it is: nine tenths and a half of what comes lie in the bands', () => {
    let inHalf = 0;
    let inNinety = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const random = noise(seed);
      const values = hourly(528, (i) => dayAndWeek(i) + 10 * random());
      const { half, ninety } = forecastSeries({ values: values.subarray(0, 504), horizon: 24, clock });
      for (let i = 0; i < 24; i++) {
        const value = values[504 + i]!;
        if (value >= half.lower[i]! && value <= half.upper[i]!) inHalf++;
        if (value >= ninety.lower[i]! && value <= ninety.upper[i]!) inNinety++;
      }
    }
    expect(inHalf / 720).toBeGreaterThan(0.45);
    expect(inHalf / 720).toBeLessThan(0.75);
    expect(inNinety / 720).toBeGreaterThan(0.85);
  });

  it('finds the cycle of a series without a clock', () => {
    expect(
      cyclesOf(
        hourly(400, (i) => Math.sin((2 * Math.PI * i) / 37)),
        null,
      )[0],
    ).toBe(37);
    const { mean, periods } = forecastSeries({
      values: hourly(400, (i) => Math.sin((2 * Math.PI * i) / 37)),
      horizon: 37,
    });
    expect(periods[0]).toBe(37);
    expect(
      meanAbsolute(
        mean,
        hourly(37, (i) => Math.sin((2 * Math.PI * (400 + i)) / 37)),
      ),
    ).toBeLessThan(0.1);
  });

  it('stays above zero where the series does, and answers the same every time', () => {
    const random = createRandom(3);
    const values = hourly(600, (i) => (i % 24 === 12 ? 500 * random() : 0));
    const one = forecastSeries({ values, horizon: 48, clock });
    expect(Math.min(...one.mean, ...one.ninety.lower)).toBeGreaterThanOrEqual(0);
    expect(forecastSeries({ values, horizon: 48, clock })).toEqual(one);
  });

  const ramp = hourly(300, (i) => i);
  it.each<[string, ArrayLike<number>]>([
    ['constant', hourly(300, () => 5)],
    ['all zero', hourly(300, () => 0)],
    ['a counter that was reset', hourly(300, (i) => (i * 1e9) % 1.7e11)],
    ['gaps at both ends and inside', ramp.map((value, i) => (i < 20 || i > 280 || i % 7 === 0 ? Number.NaN : value))],
    ['infinite here and there', ramp.map((value, i) => (i % 50 === 0 ? Number.POSITIVE_INFINITY : value))],
    ['denormal', hourly(300, (i) => i * 5e-324)],
    ['enormous', hourly(300, (i) => (i % 3) * 1e300)],
    ['negative', hourly(300, (i) => -i)],
    ['too short for its cycles', hourly(20, (i) => i % 5)],
    ['a plain array of eight', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['one spike', hourly(300, (i) => (i === 299 ? 1e6 : 1))],
  ])('%s: numbers in order, never NaN', (_, values) => {
    for (const withClock of [{ clock }, {}]) {
      const { mean, half, ninety } = forecastSeries({ values, horizon: 30, ...withClock });
      for (let i = 0; i < 30; i++) {
        const row = [ninety.lower[i]!, half.lower[i]!, mean[i]!, half.upper[i]!, ninety.upper[i]!];
        expect(row.every(Number.isFinite)).toBe(true);
        expect(row).toEqual([...row].sort((a, b) => a - b));
      }
    }
  });

  it.each([
    ['FORECAST_TOO_SHORT', { values: [1, 2, 3], horizon: 5 }],
    ['FORECAST_TOO_SHORT', { values: [], horizon: 5 }],
    ['FORECAST_TOO_SHORT', { values: new Array(100).fill(Number.NaN), horizon: 5 }],
    ['FORECAST_HORIZON', { values: ramp, horizon: 0 }],
    ['FORECAST_HORIZON', { values: ramp, horizon: 1.5 }],
    ['FORECAST_HORIZON', { values: ramp, horizon: 1e6 }],
  ])('refuses with %s (%#)', (code, request) =>
    expect(() => forecastSeries(request)).toThrow(expect.objectContaining({ code })),
  );
});

it.each(forecasters.map(({ name }) => name))(
  '%s is better than the mean where there is a day, a week and a level that moves',
  (name) => {
    let missed = 0;
    let missedByMean = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const random = noise(seed);
      let level = 0;
      const values = hourly(1_080, (i) => {
        level = 0.98 * level + 3 * random();
        return 200 + dayAndWeek(i) + level;
      });
      const known = values.subarray(0, 1_056);
      const fitted = forecasters
        .find((one) => one.name === name)!
        .fit({ values: known, periods: [24, 168], horizon: 24, clock });
      const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
      missed += meanAbsolute(fitted!(known), values.subarray(1_056));
      missedByMean += meanAbsolute(new Float64Array(24).fill(mean), values.subarray(1_056));
    }
    expect(missed).toBeLessThan(missedByMean);
  },
);

it.each(forecasters.map(({ name }) => name))('%s does not fit what is too short for it', (name) => {
  const fit = forecasters.find((one) => one.name === name)!.fit;
  expect(fit({ values: hourly(7, (i) => i), periods: [24, 168], horizon: 24, clock: null })).toBeNull();
});
