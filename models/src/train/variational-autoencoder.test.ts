import { describe, expect, it } from 'vitest';
import { checkModel } from '../check/check-model.ts';
import { exportVariational, variationalModel } from '../export/variational-autoencoder.ts';
import { initialParameters } from '../graph/layers.ts';
import { variationalShapes } from '../graph/variational.ts';
import { createNormal, createRandom } from '../random.ts';
import { loadOnnxRuntime, sessionOptions } from '../runtime/onnx-runtime.ts';
import { trainVariational, variationalScore } from './variational-autoencoder.ts';

const sizes = { width: 12, between: 16, code: 2 };
const plan = { sizes, seed: 3, maxEpochs: 60, batchRows: 32 };

/** Rows on a surface of two dimensions; `broken` ones left it. */
function rows(count: number, seed: number, broken = false): Float32Array {
  const normal = createNormal(createRandom(seed));
  const flat = new Float32Array(count * sizes.width);
  for (let i = 0; i < count; i++) {
    const [a, b] = [normal(), normal()];
    for (let k = 0; k < sizes.width; k++) {
      const sign = broken && k % 2 === 0 ? -1 : 1;
      flat[i * sizes.width + k] = sign * (Math.sin(k) * a + Math.cos(2 * k) * b) + 0.05 * normal();
    }
  }
  return flat;
}
const meanScore = (flat: Float32Array, parameters: Float32Array): number => {
  const count = flat.length / sizes.width;
  const of = (i: number) => variationalScore(sizes, parameters, flat.subarray(i * sizes.width, (i + 1) * sizes.width));
  return Array.from({ length: count }, (_, i) => of(i)).reduce((sum, score) => sum + score, 0) / count;
};

describe('a variational autoencoder', () => {
  it('learns where rows lie, the same for the same seed, and what has left there scores higher', async () => {
    const { parameters } = await trainVariational(plan, rows(1_000, 1));
    expect(meanScore(rows(100, 2, true), parameters)).toBeGreaterThan(3 * meanScore(rows(100, 2), parameters));
    expect((await trainVariational(plan, rows(1_000, 1))).parameters).toEqual(parameters);
  });

  it('is the same in ONNX and in plain TypeScript within 1e-5, and a model that hosts may run', async () => {
    const parameters = initialParameters(variationalShapes(sizes), 9);
    const ort = await loadOnnxRuntime();
    const session = await ort.InferenceSession.create(variationalModel(sizes, parameters), sessionOptions);
    const x = rows(9, 4);
    const { score } = await session.run({ window: new ort.Tensor('float32', x, [9, sizes.width]) });
    for (let i = 0; i < 9; i++) {
      const expected = variationalScore(sizes, parameters, x.subarray(i * sizes.width, (i + 1) * sizes.width));
      expect(Math.abs(Number(score!.data[i]) - expected)).toBeLessThanOrEqual(1e-5 * Math.max(1, expected));
    }
    await session.release();
    const trained = { parameters, trainLoss: 1, validationLoss: 1, epochs: 3, cancelled: false };
    const { model, manifest } = exportVariational(sizes, trained, {
      name: 'variational-test',
      columns: Array.from({ length: sizes.width }, (_, i) => ({ name: `c${i}`, unit: '1' })),
      window: { spanMs: 60_000, everyMs: 10_000 },
      normalization: 'none',
      threshold: 1,
      trainingDataSha256: '0'.repeat(64),
      goldenRows: [x.slice(0, sizes.width)],
      training: { data: 'none', simulated: true, command: 'test', seed: 1, windows: 1 },
      licence: 'Apache-2.0',
    });
    expect(checkModel(model, manifest).problems).toEqual([]);
  });

  it.each([
    ['no rows', new Float32Array(0)],
    ['gaps', rows(1_000, 1).fill(Number.NaN, 5, 6)],
  ])('refuses %s with a reason', async (_, data) => {
    await expect(trainVariational(plan, data)).rejects.toMatchObject({ code: 'FIT_DATA' });
  });
});
