import { describe, expect, it } from 'vitest';
import { createNormal, createRandom } from '../random.ts';
import { networks } from './networks.ts';
import { forecastWithNetworks } from './neural.ts';

const clock = { startUnixMs: Date.UTC(2026, 2, 2), stepMs: 3_600_000 };
const hourly = (valueAt: (i: number) => number, count = 560) =>
  Float64Array.from({ length: count }, (_, i) => valueAt(i));

describe('forecastWithNetworks', () => {
  it('weighs networks trained on the series among the others, the same way every time', async () => {
    const normal = createNormal(createRandom(1));
    const values = hourly((i) => 100 + 30 * Math.sin((2 * Math.PI * i) / 24) + 4 * normal());
    const once = await forecastWithNetworks({ values, horizon: 24, clock });
    const named = once.weights.map(({ name }) => name);
    expect(networks.some(({ name }) => named.includes(name))).toBe(true);
    const missed = once.mean.map((value, i) => Math.abs(value - 100 - 30 * Math.sin((2 * Math.PI * (560 + i)) / 24)));
    expect(missed.reduce((sum, one) => sum + one, 0) / 24).toBeLessThan(4);
    expect(await forecastWithNetworks({ values, horizon: 24, clock })).toEqual(once);
  });

  it.each<[string, Float64Array]>([
    ['constant', hourly(() => 5)],
    ['too short to train on', hourly((i) => i % 5, 20)],
    ['with gaps', hourly((i) => (i % 7 === 0 ? Number.NaN : i % 24))],
    ['infinite here and there', hourly((i) => (i % 50 === 0 ? Number.POSITIVE_INFINITY : i % 24))],
    ['enormous', hourly((i) => (i % 3) * 1e300)],
  ])('%s: never NaN', async (_, values) => {
    const { mean, ninety } = await forecastWithNetworks({ values, horizon: 12, clock });
    expect([...mean, ...ninety.lower, ...ninety.upper].every(Number.isFinite)).toBe(true);
  });

  it.each([
    ['FORECAST_TOO_SHORT', { values: [], horizon: 5 }],
    ['FORECAST_TOO_SHORT', { values: new Array(100).fill(Number.NaN), horizon: 5 }],
    ['FORECAST_HORIZON', { values: hourly((i) => i), horizon: 0 }],
  ])('refuses with %s (%#)', (code, request) => expect(forecastWithNetworks(request)).rejects.toMatchObject({ code }));
});
