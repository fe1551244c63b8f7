/**
 * Trains the host autoencoder that ships: `node --conditions=airis-source models/zoo/train-host.ts [outDir]`.
 * Same seed, same model bytes on the same processor. About half a minute on one core. Format the manifest afterwards (`biome format --write`).
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportAutoencoder } from '../src/export/autoencoder.ts';
import { HOST_WINDOW, HostWindows, hostWindowColumns, hostWindowNormalization } from '../src/features/host-window.ts';
import { denseShapes } from '../src/graph/layers.ts';
import { createRandom } from '../src/random.ts';
import { autoencoderLoss, autoencoderScore } from '../src/train/autoencoder.ts';
import { train } from '../src/train/train.ts';
import { createHostBehaviour } from './host-behaviour.ts';

process.env.ORT_DISABLE_TELEMETRY = '1';

const SEED = 20_261_122;
const HOSTS = 160;
const SECONDS_PER_HOST = 2_400;
const WIDTH = hostWindowColumns.length;

const log = (text: string) => process.stderr.write(`${text}\n`);

/** Windows of one simulated host, in time order. */
function windowsOf(seed: number): Float32Array[] {
  const host = createHostBehaviour(seed);
  const builder = new HostWindows();
  // Some hosts lack some series (no PSI, no block device): a third of the simulated ones lack some, too.
  const uniform = createRandom(seed ^ 0xab5e);
  const lacking = uniform() < 1 / 3 ? 0.25 : 0;
  for (const [i, info] of host.series.entries()) if (i === 0 || uniform() >= lacking) builder.addSeries(i, info);
  const windows: Float32Array[] = [];
  for (let second = 0; second < SECONDS_PER_HOST; second++) {
    const values = host.step();
    const window = builder.observe(second * 1_000, values, values.length);
    if (window !== null) windows.push(window.values);
  }
  return windows;
}

function joined(windows: readonly Float32Array[]): Float32Array {
  const flat = new Float32Array(windows.length * WIDTH);
  windows.forEach((window, i) => {
    flat.set(window, i * WIDTH);
  });
  return flat;
}

const perHost = Array.from({ length: HOSTS }, (_, i) => windowsOf(SEED + i));
// Every fifth host validates: hosts never seen in training, not only other minutes of the same ones.
const training = joined(perHost.filter((_, i) => i % 5 !== 0).flat());
const validationWindows = perHost.filter((_, i) => i % 5 === 0).flat();
log(`${training.length / WIDTH} windows to train on, ${validationWindows.length} to validate`);

const shapes = denseShapes([WIDTH, 32, 12, 32, WIDTH]);
const trained = await train(
  {
    shapes,
    lossOf: autoencoderLoss,
    width: WIDTH,
    seed: SEED,
    batchRows: 64,
    rate: 1e-3,
    maxEpochs: 40,
    patience: 5,
    onEpoch: (epoch, loss, validation) =>
      log(`epoch ${epoch}: loss ${loss.toFixed(5)}, validation ${validation.toFixed(5)}`),
  },
  training,
  joined(validationWindows),
);

const scores = validationWindows
  .map((row) => autoencoderScore(shapes, trained.parameters, row))
  .toSorted((a, b) => a - b);
const threshold = scores[Math.floor(0.999 * scores.length)]!;
log(`score: median ${scores[Math.floor(scores.length / 2)]!.toFixed(4)}, 99.9 % ${threshold.toFixed(4)}`);

const { model, manifest } = exportAutoencoder(shapes, trained, {
  name: 'host-autoencoder',
  columns: [...hostWindowColumns],
  window: HOST_WINDOW,
  normalization: hostWindowNormalization,
  threshold,
  licence: 'the licence of AIRIS-MON',
  trainingDataSha256: createHash('sha256').update(new Uint8Array(training.buffer)).digest('hex'),
  goldenRows: [0, 1, 2, 3].map((i) => validationWindows[Math.floor((i * validationWindows.length) / 4)]!),
  training: {
    data: `simulated: ${HOSTS} hosts of ${SECONDS_PER_HOST} s from zoo/host-behaviour.ts; no measurements of real hosts`,
    simulated: true,
    command: 'node --conditions=airis-source models/zoo/train-host.ts',
    seed: SEED,
    windows: training.length / WIDTH,
  },
});

const directory = process.argv[2] ?? join(import.meta.dirname, 'host-autoencoder');
await mkdir(directory, { recursive: true });
await writeFile(join(directory, 'model.onnx'), model);
await writeFile(join(directory, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
log(`${manifest.name} ${manifest.version}: ${model.length} bytes in ${directory}`);
