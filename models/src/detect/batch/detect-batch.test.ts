import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eigenSymmetric, gram, solveSymmetric } from '../../matrix.ts';
import { createNormal, createRandom } from '../../random.ts';
import { detectBatch } from './detect-batch.ts';
import { batchDetectors } from './many-channels.ts';

const ROWS = 1_500;
const TRAIN = 800;
const options = { stepSeconds: 300, seed: 1 };

/** Channels that follow one hidden load, with a break of their relation in rows 1200..1260. */
function channels(width: number, seed: number, broken = true): Float64Array[] {
  const normal = createNormal(createRandom(seed));
  const load = Float64Array.from({ length: ROWS }, (_, t) => Math.sin(t / 40) + 0.3 * Math.sin(t / 9));
  return Array.from({ length: width }, (_, c) =>
    load.map((value, t) => {
      const isBroken = broken && t >= 1_200 && t < 1_260 && c < 2;
      return (isBroken ? -value + 2 : value) * (1 + c) + 0.1 * normal();
    }),
  );
}

const auc = (scores: Float64Array) => {
  const inside = scores.slice(1_200, 1_260);
  const outside = [...scores.slice(TRAIN, 1_200), ...scores.slice(1_330)];
  const better = inside.reduce((sum, one) => sum + outside.filter((other) => one > other).length, 0);
  return better / (inside.length * outside.length);
};

describe('detectBatch', () => {
  it.each([1, 2, 3])('ranks a broken relation of channels above ordinary rows and alarms (seed %i)', async (seed) => {
    const { scores, alarms } = await detectBatch(channels(5, seed), TRAIN, options);
    expect(auc(scores)).toBeGreaterThan(0.97);
    expect(alarms.slice(1_200, 1_270)).toContain(1);
    expect(alarms.slice(TRAIN, 1_200).reduce((sum, one) => sum + one, 0)).toBeLessThan(3);
  });

  it('finds a jump in one channel', async () => {
    const [only] = channels(1, 4, false);
    const jumped = only!.map((value, t) => (t >= 1_200 && t < 1_260 ? value + 6 : value));
    const { scores, alarms } = await detectBatch([jumped], 200, options);
    expect(auc(scores)).toBeGreaterThan(0.97);
    expect(alarms.slice(1_200, 1_260)).toContain(1);
  });

  it.each([1, 4])('is causal with %i channel(s): what comes later changes no earlier score', async (width) => {
    const whole = channels(width, 5);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: TRAIN + 1, max: ROWS - 1 }), async (cut) => {
        const early = await detectBatch(
          whole.map((channel) => channel.slice(0, cut)),
          TRAIN,
          options,
        );
        const late = await detectBatch(whole, TRAIN, options);
        expect(early.scores).toEqual(late.scores.slice(0, cut));
        expect(early.alarms).toEqual(late.alarms.slice(0, cut));
      }),
      { numRuns: 4, seed: 3 },
    );
  });

  it.each(batchDetectors.map(({ name }) => name))(
    'is causal and finite with %s alone, also on one channel',
    async (only) => {
      for (const width of [1, 4]) {
        const whole = channels(width, 6);
        const late = await detectBatch(whole, TRAIN, { ...options, only });
        const cut = whole.map((channel) => channel.slice(0, 1_000));
        expect((await detectBatch(cut, TRAIN, { ...options, only })).scores).toEqual(late.scores.slice(0, 1_000));
        expect(late.scores.every((score) => Number.isFinite(score) && score >= 0)).toBe(true);
      }
    },
  );

  it.each(batchDetectors.map(({ name }) => name))(
    '%s takes no train rows, one, more than there are, and wild ones',
    async (only) => {
      const wild = [
        new Float64Array(300).fill(Number.NaN),
        Float64Array.from({ length: 300 }, (_, t) => (t % 50 === 0 ? 1e300 : t % 7)),
      ];
      for (const trainRows of [0, 1, 2, 100, 300, 1_000]) {
        const { scores } = await detectBatch(wild, trainRows, { ...options, only });
        expect(scores.every((score) => Number.isFinite(score) && score >= 0)).toBe(true);
      }
    },
  );

  it('gives finite scores for gaps, constants and wild values', async () => {
    const wild = [
      new Float64Array(300).fill(Number.NaN),
      new Float64Array(300).fill(3),
      Float64Array.from({ length: 300 }, (_, t) => (t === 200 ? 1e300 : t % 7)),
    ];
    for (const table of [wild, ...wild.map((one) => [one])]) {
      const { scores, alarms } = await detectBatch(table, 100, options);
      expect(scores.every((score) => Number.isFinite(score) && score >= 0)).toBe(true);
      expect(alarms).toHaveLength(300);
    }
    expect((await detectBatch([], 0, options)).scores).toHaveLength(0);
  });
});

describe('linear algebra', () => {
  it('solves and decomposes what it was given', () => {
    const normal = createNormal(createRandom(8));
    const n = 7;
    const rows = Float64Array.from({ length: 40 * n }, normal);
    const a = gram(rows, n, 0, 40);
    const x = Float64Array.from({ length: n * 2 }, normal);
    const b = new Float64Array(n * 2);
    for (let i = 0; i < n; i++)
      for (let c = 0; c < 2; c++) for (let k = 0; k < n; k++) b[i * 2 + c]! += a[i * n + k]! * x[k * 2 + c]!;
    solveSymmetric(a.slice(), n, b, 2).forEach((value, i) => {
      expect(value).toBeCloseTo(x[i]!, 9);
    });
    const { values, vectors } = eigenSymmetric(a, n);
    vectors.forEach((vector, k) => {
      for (let i = 0; i < n; i++) {
        const product = vector.reduce((sum, value, j) => sum + a[i * n + j]! * value, 0);
        expect(product).toBeCloseTo(values[k]! * vector[i]!, 8);
      }
    });
  });
});
