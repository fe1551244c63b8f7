import { describe, expect, it } from 'vitest';
import { checkModel } from '../check/check-model.ts';
import { exportLstmAutoencoder, lstmModel } from '../export/lstm-autoencoder.ts';
import { initialParameters } from '../graph/layers.ts';
import { lstmShapes } from '../graph/lstm-autoencoder.ts';
import { createNormal, createRandom } from '../random.ts';
import { loadOnnxRuntime, sessionOptions } from '../runtime/onnx-runtime.ts';
import { lstmScore, trainLstmAutoencoder } from './lstm-autoencoder.ts';

const sizes = { steps: 8, channels: 3, hidden: 6 };
const width = sizes.steps * sizes.channels;
const plan = { sizes, seed: 4, maxEpochs: 12, batchRows: 16 };

/** Three channels that follow one wave; `broken` turns the second round. */
function windows(count: number, seed: number, broken = false): Float32Array {
  const random = createRandom(seed);
  const normal = createNormal(random);
  const flat = new Float32Array(count * width);
  for (let w = 0; w < count; w++) {
    const phase = 2 * Math.PI * random();
    for (let t = 0; t < sizes.steps; t++) {
      const wave = Math.sin(phase + t / 2);
      flat.set([wave, broken ? -wave : wave, 0.5 * wave + 0.05 * normal()], w * width + t * sizes.channels);
    }
  }
  return flat;
}
const scores = (flat: Float32Array, parameters: Float32Array) =>
  Array.from({ length: flat.length / width }, (_, w) =>
    lstmScore(sizes, parameters, flat.subarray(w * width, (w + 1) * width)),
  );
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('an LSTM autoencoder', () => {
  it('learns how channels move together, the same for the same seed', async () => {
    const { parameters, validationLoss } = await trainLstmAutoencoder(plan, windows(600, 1));
    const ordinary = mean(scores(windows(40, 2), parameters));
    expect(ordinary).toBeCloseTo(validationLoss, 1);
    expect(mean(scores(windows(40, 2, true), parameters))).toBeGreaterThan(4 * ordinary);
    const again = await trainLstmAutoencoder(plan, windows(600, 1));
    expect(again.parameters).toEqual(parameters);
  });

  it('is the same in ONNX and in plain TypeScript, within 1e-5, for any number of windows', async () => {
    const parameters = initialParameters(lstmShapes(sizes), 9).map((value) => 3 * value + 0.1);
    const ort = await loadOnnxRuntime();
    const session = await ort.InferenceSession.create(lstmModel(sizes, parameters), sessionOptions);
    for (const count of [1, 7]) {
      const x = windows(count, 4);
      const out = await session.run({ window: new ort.Tensor('float32', x, [count, width]) });
      scores(x, parameters).forEach((expected, w) => {
        expect(Math.abs(Number(out.score!.data[w]) - expected)).toBeLessThanOrEqual(1e-5 * Math.max(1, expected));
      });
    }
    await session.release();
  });

  it('is a model that hosts may run, at the size of the edge below 500 KB', () => {
    const edge = { steps: 30, channels: 32, hidden: 16 };
    const parameters = initialParameters(lstmShapes(edge), 1);
    const trained = { parameters, trainLoss: 1, validationLoss: 1, epochs: 3, cancelled: false };
    const { model, manifest } = exportLstmAutoencoder(edge, trained, {
      name: 'lstm-test',
      columns: Array.from({ length: 30 * 32 }, (_, i) => ({ name: `c${i % 32}.t${Math.floor(i / 32)}`, unit: '1' })),
      window: { spanMs: 300_000, everyMs: 10_000 },
      normalization: 'none',
      threshold: 1,
      trainingDataSha256: '0'.repeat(64),
      goldenRows: [new Float32Array(30 * 32).fill(0.5)],
      training: { data: 'none', simulated: true, command: 'test', seed: 1, windows: 1 },
      licence: 'Apache-2.0',
    });
    expect(model.length).toBeLessThan(500 * 1024);
    expect(checkModel(model, manifest).problems).toEqual([]);
  });

  it.each([
    ['no windows', new Float32Array(0)],
    ['too few', windows(20, 1)],
    ['gaps', windows(600, 1).fill(Number.NaN, 100, 110)],
    ['infinities', windows(600, 1).fill(Number.POSITIVE_INFINITY, 0, 1)],
  ])('refuses %s with a reason', async (_, data) => {
    await expect(trainLstmAutoencoder(plan, data)).rejects.toMatchObject({ code: 'FIT_DATA' });
  });

  it('bears what never moves', async () => {
    const { validationLoss } = await trainLstmAutoencoder(
      { ...plan, maxEpochs: 2 },
      new Float32Array(600 * width).fill(1),
    );
    expect(Number.isFinite(validationLoss)).toBe(true);
  });

  it('can be cancelled', async () => {
    const stop = new AbortController();
    const done = await trainLstmAutoencoder(
      { ...plan, signal: stop.signal, onEpoch: () => stop.abort() },
      windows(600, 1),
    );
    expect(done).toMatchObject({ cancelled: true, epochs: 1 });
  });
});
