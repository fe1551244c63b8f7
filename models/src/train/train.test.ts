import { describe, expect, it } from 'vitest';
import { autoencoderModel } from '../export/autoencoder.ts';
import { denseShapes, initialParameters } from '../graph/layers.ts';
import { createNormal, createRandom } from '../random.ts';
import { loadOnnxRuntime, sessionOptions } from '../runtime/onnx-runtime.ts';
import { autoencoderLoss, autoencoderScore } from './autoencoder.ts';
import { type TrainingPlan, train } from './train.ts';

const WIDTH = 8;
const shapes = denseShapes([WIDTH, 6, 2, 6, WIDTH]);

/** Rows on a curved surface of two dimensions, with a little noise. */
function rows(count: number, seed: number): Float32Array {
  const normal = createNormal(createRandom(seed));
  const flat = new Float32Array(count * WIDTH);
  for (let i = 0; i < count; i++) {
    const [a, b] = [normal(), normal()];
    for (let k = 0; k < WIDTH; k++) flat[i * WIDTH + k] = Math.sin(k) * a + Math.cos(2 * k) * b + 0.05 * normal();
  }
  return flat;
}

const plan: TrainingPlan = {
  shapes,
  lossOf: autoencoderLoss,
  width: WIDTH,
  seed: 5,
  batchRows: 32,
  rate: 0.01,
  maxEpochs: 12,
  patience: 3,
};

describe('training', () => {
  it('lowers the loss, and gives the same parameters for the same seed', async () => {
    const losses: number[] = [];
    const once = await train({ ...plan, onEpoch: (_epoch, loss) => losses.push(loss) }, rows(640, 1), rows(128, 2));
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 3);
    const again = await train(plan, rows(640, 1), rows(128, 2));
    expect(again.parameters).toEqual(once.parameters);
    expect(again.validationLoss).toBe(once.validationLoss);
  });

  it('stops early when validation no longer improves, and keeps the best epoch', async () => {
    const seen: number[] = [];
    const done = await train(
      { ...plan, rate: 0.2, maxEpochs: 60, patience: 2, onEpoch: (_epoch, _loss, validation) => seen.push(validation) },
      rows(64, 1),
      rows(64, 2),
    );
    expect(seen.length).toBeLessThan(60);
    expect(done.validationLoss).toBe(Math.min(...seen));
    expect(done.epochs).toBe(seen.indexOf(done.validationLoss) + 1);
  });

  it('can be cancelled and then returns the best so far', async () => {
    const stop = new AbortController();
    const done = await train(
      { ...plan, signal: stop.signal, onEpoch: (epoch) => epoch === 2 && stop.abort() },
      rows(640, 1),
      rows(128, 2),
    );
    expect(done).toMatchObject({ cancelled: true });
    expect(done.epochs).toBeLessThanOrEqual(2);
  });

  it('exports what it trained: ONNX and plain TypeScript agree within 1e-5', async () => {
    const parameters = initialParameters(shapes, 9);
    const ort = await loadOnnxRuntime();
    const session = await ort.InferenceSession.create(autoencoderModel(shapes, parameters, WIDTH), sessionOptions);
    const x = rows(16, 4);
    const out = await session.run({ window: new ort.Tensor('float32', x, [16, WIDTH]) });
    for (let i = 0; i < 16; i++) {
      const expected = autoencoderScore(shapes, parameters, x.subarray(i * WIDTH, (i + 1) * WIDTH));
      expect(Math.abs(Number(out.score!.data[i]) - expected)).toBeLessThanOrEqual(1e-5 * Math.max(1, expected));
    }
    await session.release();
  });
});
