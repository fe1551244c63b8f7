import { batchDetectors, createEdgeDetection, detectBatch } from '@airis/models';
import { createNormal, createRandom } from '../../models/src/random.ts';
import { printFigure } from './figure.ts';

const LIMIT_SECONDS = 10;
const CHANNELS = 32;
const DAY_SECONDS = 86_400;
/** A day as the hub keeps it, in summaries of ten seconds, and as the host does, every second. */
const steps = [10, 1];
const SERIES = 600;
const HOUR_SECONDS = 3_600;

const normal = createNormal(createRandom(1));

/** A day of channels that follow one load, each in its own way. */
function channelsOf(rows: number): Float64Array[] {
  return Array.from({ length: CHANNELS }, (_, c) =>
    Float64Array.from({ length: rows }, (_, t) => {
      const load = Math.sin((2 * Math.PI * t) / rows) + 0.3 * Math.sin(t / (40 + c));
      return (1 + c) * load + 0.2 * normal();
    }),
  );
}

async function secondsOf(run: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

function print(what: string, value: number): void {
  printFigure({
    figure: `fit.cpu_seconds.${what}`,
    value,
    unit: 's',
    reference: 'limit',
    referenceValue: LIMIT_SECONDS,
  });
}

/** An hour of a host's series through the detectors that learn as they watch: after it all of them judge. */
function watchAnHour(): void {
  const detection = createEdgeDetection({ hostEntity: 'host:bench', model: null, newId: () => 'f-00000000' });
  for (let i = 0; i < SERIES; i++) {
    const attributes = { 'system.filesystem.mountpoint': `/m${i}`, 'system.filesystem.state': 'used' };
    detection.addSeries(i, { id: BigInt(i), metric: 'system.filesystem.usage', attributes, unit: 'By', kind: 'gauge' });
  }
  const row = new Float64Array(SERIES);
  for (let t = 0; t < HOUR_SECONDS; t++) {
    for (let i = 0; i < SERIES; i++) row[i] = 1e9 * (1 + 0.1 * Math.sin(t / 50 + i)) + 1e6 * ((t * 7 + i * 13) % 17);
    detection.observe(t * 1_000, row, SERIES);
  }
}

/** What it takes until everything judges a new host: each detector fitted on a day of 32 channels, and an hour of 600 series watched. */
export async function runBench(): Promise<void> {
  const watching = await secondsOf(watchAnHour);
  print('edge.600_series_an_hour', watching);
  for (const stepSeconds of steps) {
    const rows = DAY_SECONDS / stepSeconds;
    const channels = channelsOf(rows);
    let all = watching;
    for (const { name } of batchDetectors) {
      const took = await secondsOf(() => detectBatch(channels, rows, { stepSeconds, seed: 1, only: name }));
      all += took;
      print(`${name}.${rows}_rows`, took);
    }
    print(`all.${rows}_rows`, all);
  }
}
