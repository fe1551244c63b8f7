import { join } from 'node:path';
import {
  createEdgeDetection,
  createModelPort,
  detectBatch,
  detectors,
  readModelFolder,
  type Watch,
} from '@airis/models';
import { printFigure } from './figure.ts';

const POINTS = 200_000;
const REPEATS = 5;

/** Settings under which each detector does its full work on a series between 0 and 1. */
const settings: Readonly<Record<string, unknown>> = {
  'level-shift': { minShift: 0.2 },
  spike: { minValue: 10 },
  saturation: { high: 0.95, release: 0.9 },
  'fill-forecast': { limit: 1, minGrowth: 0.1, scales: [{ blockMs: 5_500, blocks: 4, horizonMs: 3_600_000 }] },
  silence: { missingMs: 30_000, stuckMs: 120_000 },
  outage: { upForMs: 60_000, confirmMs: 5_000, severity: 'minor' },
  threshold: { high: 0.9, persistMs: 5_000 },
};

const values = Float64Array.from(
  { length: POINTS },
  (_, t) => 0.3 + 0.1 * Math.sin(t / 50) + 0.05 * Math.sin(t * 12.9898),
);
const around = { companion: () => Number.NaN, steadyCores: () => null };

/** Processor time of all threads, which neighbours on a busy machine disturb less than the clock on the wall. */
function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** CPU microseconds a point: the median of several runs after one to warm up. */
function microsecondsPerPoint(points: number, run: () => void): number {
  run();
  const took = Array.from({ length: REPEATS }, () => {
    const start = cpuMicroseconds();
    run();
    return (cpuMicroseconds() - start) / points;
  });
  return took.toSorted((a, b) => a - b)[Math.floor(REPEATS / 2)]!;
}

let sink = 0;

function ewmaReference(): void {
  let mean = 0;
  let variance = 1;
  for (const value of values) {
    const difference = value - mean;
    sink += Math.abs(difference) / Math.sqrt(variance);
    mean += 0.05 * difference;
    variance += 0.05 * (difference * difference - variance);
  }
}

function throughWatch(watch: Watch): void {
  for (let t = 0; t < POINTS; t++) {
    watch.observe(t * 1_000, values[t]!);
    if (watch.judge(t * 1_000, around) !== null) sink += 1;
  }
}

/** A host's 40 judged series, one step a second: what the agent pays. */
function throughEdge(steps: number, series: number): void {
  const detection = createEdgeDetection({ hostEntity: 'host:bench', model: null, newId: () => 'f-00000000' });
  for (let i = 0; i < series; i++) {
    const attributes = { 'system.filesystem.mountpoint': `/m${i}`, 'system.filesystem.state': 'used' };
    detection.addSeries(i, { id: BigInt(i), metric: 'system.filesystem.usage', attributes, unit: 'By', kind: 'gauge' });
  }
  const row = new Float64Array(series);
  for (let t = 0; t < steps; t++) {
    row.fill(values[t]!);
    detection.observe(t * 1_000, row, series);
  }
  sink += detection.takeFindings().length;
}

/** Round trip of one window to the worker and back, over the numbers of the window. */
async function modelMicroseconds(): Promise<number> {
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const shipped = await readModelFolder(join(import.meta.dirname, '../../models/zoo/host-autoencoder'));
  await using port = createModelPort(shipped);
  await port.settled();
  const width = shipped.manifest.input.columns.length;
  const windows = 2_000;
  const trip = async (count: number) => {
    for (let done = 0; done < count; done++) {
      port.submit(new Float32Array(width).fill(0.1), done);
      while (port.takeScores().length === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await trip(200);
  const start = cpuMicroseconds();
  await trip(windows);
  return (cpuMicroseconds() - start) / (windows * width);
}

async function batchPoints(channels: readonly Float64Array[], trainRows: number): Promise<number> {
  const points = channels.length * channels[0]!.length;
  const took: number[] = [];
  for (let i = 0; i <= REPEATS; i++) {
    const start = cpuMicroseconds();
    const { scores } = await detectBatch(channels, trainRows, { stepSeconds: 60, seed: 1 });
    sink += scores[0]!;
    // The first is to warm up.
    if (i > 0) took.push((cpuMicroseconds() - start) / points);
  }
  return took.toSorted((a, b) => a - b)[Math.floor(REPEATS / 2)]!;
}

/** What a value costs each detector, the whole host and the model; beside a plain EWMA z-score in the same run. */
export async function runBench(): Promise<void> {
  const referenceValue = microsecondsPerPoint(POINTS, ewmaReference);
  const print = (detector: string, value: number): void =>
    printFigure({
      figure: `detect.us_per_point.${detector}`,
      value,
      unit: 'us',
      reference: 'ewma z-score',
      referenceValue,
    });
  for (const detector of detectors) {
    const make = detector.configure(settings[detector.name]);
    print(
      detector.name,
      microsecondsPerPoint(POINTS, () => throughWatch(make())),
    );
  }
  print(
    'edge',
    microsecondsPerPoint(40 * 2_000, () => throughEdge(2_000, 40)),
  );
  print('batch-one-channel', await batchPoints([values.subarray(0, 4_000)], 600));
  const many = Array.from({ length: 19 }, (_, c) => values.slice(c * 97, c * 97 + 6_000));
  print('batch-19-channels', await batchPoints(many, 4_000));
  print('host-autoencoder', await modelMicroseconds());
  if (!Number.isFinite(sink)) throw new Error('a detector gave something that is not finite');
}
