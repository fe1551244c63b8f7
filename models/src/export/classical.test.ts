import { describe, expect, it } from 'vitest';
import { clusterDistance, fitClusters } from '../classical/clusters.ts';
import { componentDistance, fitComponents } from '../classical/components.ts';
import { fitIsolationForest, isolationScore } from '../classical/isolation-forest.ts';
import { fitOneClassSvm, svmScore } from '../classical/one-class-svm.ts';
import { medianOf } from '../quantile.ts';
import { createNormal, createRandom } from '../random.ts';
import { createModelPort } from '../runtime/model-port.ts';
import { openModelSession } from '../runtime/model-session.ts';
import { exportClusters } from './clusters.ts';
import { exportComponents } from './components.ts';
import { exportIsolationForest } from './isolation-forest.ts';
import { MODEL_BYTES_MAX } from './manifest.ts';
import { exportOneClassSvm } from './one-class-svm.ts';
import type { ExportedModel, ModelDescription } from './pack-model.ts';

const WIDTH = 12;
const ROWS = 2_000;

/** Columns that follow two hidden ones. */
function rowsOf(seed: number, spread: number): Float32Array {
  const normal = createNormal(createRandom(seed));
  const values = new Float32Array(ROWS * WIDTH);
  for (let t = 0; t < ROWS; t++) {
    const hidden = [normal(), normal()];
    for (let c = 0; c < WIDTH; c++) values[t * WIDTH + c] = spread * (hidden[c % 2]! + 0.3 * normal());
  }
  return values;
}

const fitted = rowsOf(1, 1);
/** Rows like those of the fit, and wider ones. */
const asked = Float32Array.from([...rowsOf(2, 1).subarray(0, 500 * WIDTH), ...rowsOf(3, 4).subarray(0, 500 * WIDTH)]);
const doubles = Float64Array.from(fitted);

const about: ModelDescription = {
  name: 'small',
  columns: Array.from({ length: WIDTH }, (_, i) => ({ name: `c${i}`, unit: '1' })),
  window: { spanMs: 60_000, everyMs: 10_000 },
  normalization: 'none',
  threshold: 0.6,
  licence: 'test',
  trainingDataSha256: '0'.repeat(64),
  goldenRows: [0, 1, 999].map((t) => asked.slice(t * WIDTH, (t + 1) * WIDTH)),
  training: { data: 'numbers', simulated: true, command: 'none', seed: 1, windows: ROWS },
};

const windows = Array.from({ length: ROWS }, (_, t) => doubles.subarray(t * WIDTH, (t + 1) * WIDTH));
const rows = { values: fitted, width: WIDTH };
const forest = fitIsolationForest(rows, { seed: 1 });
const svm = fitOneClassSvm(rows, { seed: 1 });

const components = fitComponents(doubles, WIDTH, ROWS);
const clusters = fitClusters(windows, 20, 1);

const cases: readonly { name: string; make: () => ExportedModel; score: (row: Float32Array) => number }[] = [
  {
    name: 'an isolation forest',
    make: () => exportIsolationForest(forest, about),
    score: (row) => isolationScore(forest, row),
  },
  { name: 'a one-class SVM', make: () => exportOneClassSvm(svm, about), score: (row) => svmScore(svm, row) },
  {
    name: 'principal components',
    make: () => exportComponents(components, about),
    score: (row) => componentDistance(components, Float64Array.from(row)),
  },
  {
    name: 'clusters',
    make: () => exportClusters(clusters, about),
    score: (row) => clusterDistance(clusters, Float64Array.from(row)),
  },
];

describe.each(cases)('$name as an ONNX file', ({ make, score }) => {
  it('gives the score of the code that fitted it within 1e-5, in one call for many rows and one by one', async () => {
    const { model, manifest } = make();
    await using session = await openModelSession(model, manifest);
    const scores = await session.score(asked);
    let farthest = 0;
    scores.forEach((one, t) => {
      farthest = Math.max(farthest, Math.abs(one - score(asked.subarray(t * WIDTH, (t + 1) * WIDTH))));
    });
    expect(scores).toHaveLength(1_000);
    expect(farthest).toBeLessThan(1e-5);
    for (const t of [0, 700]) {
      expect((await session.score(asked.slice(t * WIDTH, (t + 1) * WIDTH)))[0]).toBeCloseTo(scores[t]!, 6);
    }
  });

  it('runs in the worker of an agent', async () => {
    const made = make();
    await using port = createModelPort(made);
    await port.settled();
    expect(port.status().error).toBeNull();
    port.submit(asked.slice(0, WIDTH), 7);
    const scores: { tMs: number; score: number }[] = [];
    await expect.poll(() => scores.push(...port.takeScores()), { timeout: 15_000 }).toBe(1);
    expect(scores[0]!.tMs).toBe(7);
    expect(scores[0]!.score).toBeCloseTo(score(asked.subarray(0, WIDTH)), 5);
  });

  it('is the same bytes every time and small enough for every host', () => {
    const once = make();
    expect(make()).toEqual(once);
    expect(once.model.length).toBeLessThan(MODEL_BYTES_MAX);
    expect(once.manifest.version).toContain(once.manifest.sha256.model.slice(0, 8));
  });

  it('ranks strange rows above ordinary ones', () => {
    const at = (t: number) => score(asked.subarray(t * WIDTH, (t + 1) * WIDTH));
    const median = (from: number) => medianOf(Array.from({ length: 500 }, (_, i) => at(from + i)));
    expect(median(500)).toBeGreaterThan(1.1 * median(0));
  });
});

describe('a file for every host', () => {
  const aboutWidth = (width: number): ModelDescription => ({
    ...about,
    columns: Array.from({ length: width }, (_, i) => ({ name: `c${i}`, unit: '1' })),
    goldenRows: [new Float32Array(width)],
  });
  const flags = (width: number) => {
    const uniform = createRandom(5);
    return { values: Float32Array.from({ length: 1_500 * width }, () => Math.round(uniform())), width };
  };

  it.each([8, 100, 600])('has at most 500 KB, also for %i flags in which every row is unlike the others', (width) => {
    const fit = flags(width);
    const trees = exportIsolationForest(fitIsolationForest(fit, { seed: 1 }), aboutWidth(width));
    const support = exportOneClassSvm(fitOneClassSvm(fit, { seed: 1 }), aboutWidth(width));
    for (const { model } of [trees, support]) expect(model.length).toBeLessThan(MODEL_BYTES_MAX);
  });

  it('may have a single column', async () => {
    const single = Float64Array.from({ length: 50 }, (_, t) => t % 7);
    const fit = { values: Float32Array.from(single), width: 1 };
    const columns = Array.from(single, (value) => Float64Array.of(value));
    for (const { model, manifest } of [
      exportIsolationForest(fitIsolationForest(fit, { seed: 1 }), aboutWidth(1)),
      exportOneClassSvm(fitOneClassSvm(fit, { seed: 1 }), aboutWidth(1)),
      exportComponents(fitComponents(single, 1, 50), aboutWidth(1)),
      exportClusters(fitClusters(columns, 3, 1), aboutWidth(1)),
    ]) {
      await using session = await openModelSession(model, manifest);
      expect(await session.score(Float32Array.of(1, 2, 30))).toHaveLength(3);
    }
  });

  it('is refused when it would be larger', () => {
    const width = 400;
    const wide = Float64Array.from(flags(width).values);
    const clusters = { width, centers: Array.from({ length: 400 }, (_, k) => wide.slice(k * width, (k + 1) * width)) };
    const exporting = () => exportClusters(clusters, aboutWidth(width));
    expect(exporting).toThrow(expect.objectContaining({ code: 'MODEL_TOO_LARGE' }));
  });
});
