import { autoencoderModel } from '../../models/src/export/autoencoder.ts';
import { lstmModel } from '../../models/src/export/lstm-autoencoder.ts';
import { denseShapes } from '../../models/src/graph/layers.ts';
import { createNormal, createRandom } from '../../models/src/random.ts';
import { loadOnnxRuntime, sessionOptions } from '../../models/src/runtime/onnx-runtime.ts';
import { autoencoderLoss } from '../../models/src/train/autoencoder.ts';
import { trainLstmAutoencoder } from '../../models/src/train/lstm-autoencoder.ts';
import { train } from '../../models/src/train/train.ts';
import { printFigure } from './figure.ts';

/** A host's day as it is sent: rows of ten seconds, thirty-two quantities, windows of five minutes, one every ten seconds. */
const ROWS = 8_640;
const CHANNELS = 32;
const STEPS = 30;
const STRIDE = 1;
const WIDTH = STEPS * CHANNELS;
const HIDDEN = 32;
const EPOCHS = 20;
const CALLS = 2_000;

const sizes = { steps: STEPS, channels: CHANNELS, hidden: HIDDEN };
const dense = denseShapes([WIDTH, 64, 16, 64, WIDTH]);

/** Quantities that follow the load of the day, each in its own way, scaled to about unit deviation. */
function dayOfWindows(): Float32Array {
  const normal = createNormal(createRandom(1));
  const day = new Float32Array(ROWS * CHANNELS);
  for (let t = 0; t < ROWS; t++) {
    const load = Math.sin((2 * Math.PI * t) / ROWS) + 0.4 * Math.sin(t / 50);
    for (let c = 0; c < CHANNELS; c++)
      day[t * CHANNELS + c] = load * Math.cos(c) + Math.sin(t / (9 + c)) + 0.2 * normal();
  }
  const count = Math.floor((ROWS - STEPS) / STRIDE) + 1;
  const windows = new Float32Array(count * WIDTH);
  for (let w = 0; w < count; w++) {
    windows.set(day.subarray(w * STRIDE * CHANNELS, w * STRIDE * CHANNELS + WIDTH), w * WIDTH);
  }
  return windows;
}

async function cpuSecondsOf(run: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Microseconds of one call for one window: median and 99th percentile. */
async function callsOf(model: Uint8Array, window: Float32Array): Promise<{ p50: number; p99: number; kb: number }> {
  const ort = await loadOnnxRuntime();
  const session = await ort.InferenceSession.create(model, sessionOptions);
  const took: number[] = [];
  for (let i = 0; i < CALLS; i++) {
    const input = { window: new ort.Tensor('float32', window, [1, WIDTH]) };
    const start = performance.now();
    await session.run(input);
    if (i >= CALLS / 10) took.push(1_000 * (performance.now() - start));
  }
  await session.release();
  took.sort((a, b) => a - b);
  const at = (share: number): number => took[Math.floor(share * took.length)]!;
  return { p50: at(0.5), p99: at(0.99), kb: model.length / 1_000 };
}

/** An LSTM autoencoder learnt from a day of one host, and one call of it, beside a dense autoencoder of the same windows. */
export async function runBench(): Promise<void> {
  const windows = dayOfWindows();
  const count = windows.length / WIDTH;
  let lstmParameters = new Float32Array(0);
  let denseParameters = new Float32Array(0);
  const held = Math.floor(0.85 * count) * WIDTH;
  const denseSeconds = await cpuSecondsOf(async () => {
    const plan = { shapes: dense, lossOf: autoencoderLoss, width: WIDTH, seed: 1, batchRows: 64, rate: 0.003 };
    const done = await train(
      { ...plan, maxEpochs: EPOCHS, patience: EPOCHS },
      windows.subarray(0, held),
      windows.subarray(held),
    );
    denseParameters = new Float32Array(done.parameters);
  });
  const lstmSeconds = await cpuSecondsOf(async () => {
    const done = await trainLstmAutoencoder({ sizes, seed: 1, maxEpochs: EPOCHS, patience: EPOCHS }, windows);
    lstmParameters = new Float32Array(done.parameters);
  });
  printFigure({
    figure: `train.cpu_seconds.lstm_day.${count}_windows`,
    value: lstmSeconds,
    unit: 's',
    reference: 'dense autoencoder',
    referenceValue: denseSeconds,
  });
  const window = windows.slice(0, WIDTH);
  const lstm = await callsOf(lstmModel(sizes, lstmParameters), window);
  const plain = await callsOf(autoencoderModel(dense, denseParameters, WIDTH), window);
  for (const what of ['p50', 'p99'] as const) {
    printFigure({
      figure: `train.call_us_${what}.lstm_30x32`,
      value: lstm[what],
      unit: 'us',
      reference: 'dense autoencoder',
      referenceValue: plain[what],
    });
  }
  printFigure({
    figure: 'train.model_kb.lstm_30x32',
    value: lstm.kb,
    unit: 'kB',
    reference: 'dense autoencoder',
    referenceValue: plain.kb,
  });
}
