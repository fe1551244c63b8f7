import { batchDetectors } from '@airis/models';
import { remembered } from '../../models/src/detect/batch/memory.ts';
import { scaledTable } from '../../models/src/detect/batch/table.ts';
import { createNormal, createRandom } from '../../models/src/random.ts';
import { readAnomalyManifest, readChannels } from './anomaly-manifest.ts';
import { defineEval, readFlags, UsageError } from './eval.ts';

const FIT_SHARE = 0.7;
const INJECTIONS = 24;
const LONGEST = 60;
const SEED = 1;

/** What a detector should weigh, without labels: each is tried on disturbances put into training rows that it was not fitted on. */
export const injectedEval = defineEval({
  name: 'injected',
  usage: 'injected --manifest M [--family F]',
  async run(args, print) {
    const { manifest, family } = readFlags(args, ['manifest'], ['family']);
    const files = (await readAnomalyManifest(manifest)).filter(
      (file) => file.channels.length > 1 && (family === undefined || file.family === family),
    );
    if (files.length === 0) throw new UsageError('no file with several channels');
    const sums = new Map<string, number>();
    for (const [at, file] of files.entries()) {
      const channels = (await readChannels(manifest, file)).map((channel) => channel.slice(0, file.trainRows));
      for (const [name, precision] of await precisions(channels, SEED + at)) {
        sums.set(name, (sums.get(name) ?? 0) + precision / files.length);
      }
    }
    for (const [name, mean] of sums) print(`${mean.toFixed(4)}  ${name}`);
  },
});

/** Average precision of each detector alone, of all as they are weighed, and of all with one left out or taken in. */
async function precisions(channels: readonly Float64Array[], seed: number): Promise<[string, number][]> {
  const fitRows = Math.floor(FIT_SHARE * channels[0]!.length);
  const isDisturbed = inject(channels, fitRows, seed);
  const table = scaledTable(channels, fitRows);
  const parts: Float64Array[] = [];
  for (const { distances } of batchDetectors) {
    const energies = (await distances(table, fitRows, seed)).map((distance) => distance * distance);
    parts.push(remembered(energies, { from: 0, to: fitRows }));
  }
  const usual = batchDetectors.map(({ weight }) => weight);
  const least = Math.min(...usual.filter((weight) => weight > 0));
  const precision = (weights: readonly number[]) => {
    const scores = new Float64Array(isDisturbed.length);
    parts.forEach((part, i) => {
      for (let t = 0; t < scores.length; t++) scores[t]! += weights[i]! * part[t]!;
    });
    return averagePrecision(scores.subarray(fitRows), isDisturbed.subarray(fitRows));
  };
  const changed = (at: number, weight: number) => usual.map((one, i) => (i === at ? weight : one));
  return [
    ['all', precision(usual)],
    ...batchDetectors.flatMap(({ name, weight }, at): [string, number][] => [
      [`${name} alone`, precision(usual.map((_, i) => (i === at ? 1 : 0)))],
      weight > 0
        ? [`all without ${name}`, precision(changed(at, 0))]
        : [`all with ${name} as the lightest`, precision(changed(at, least))],
    ]),
  ];
}

/** Puts disturbances of six kinds into the rows after `fitRows`, evenly spaced, each into up to a quarter of the channels; returns where. */
function inject(channels: readonly Float64Array[], fitRows: number, seed: number): Uint8Array {
  const uniform = createRandom(seed);
  const normal = createNormal(uniform);
  const isDisturbed = new Uint8Array(channels[0]!.length);
  const spacing = Math.floor((isDisturbed.length - fitRows) / INJECTIONS);
  for (let i = 0; i < INJECTIONS; i++) {
    const disturb = disturbances[i % disturbances.length]!;
    const from = fitRows + i * spacing + Math.floor((uniform() * spacing) / 2);
    const rows = 3 + Math.floor(uniform() * Math.min(LONGEST, spacing / 3));
    isDisturbed.fill(1, from, from + rows);
    const touched = 1 + Math.floor((uniform() * channels.length) / 4);
    for (let k = 0; k < touched; k++) {
      const channel = channels[Math.floor(uniform() * channels.length)]!;
      const elsewhere = channel.slice(Math.floor(uniform() * (fitRows - rows)));
      const spread = deviationOf(channel.subarray(0, fitRows));
      const values = channel.subarray(from, from + rows);
      const start = values[0]!;
      values.forEach((value, t) => {
        values[t] = disturb({ value, start, spread, share: (t + 1) / rows, noise: normal(), elsewhere: elsewhere[t]! });
      });
    }
  }
  return isDisturbed;
}

interface Disturbed {
  readonly value: number;
  /** The value at the first row that is disturbed. */
  readonly start: number;
  /** The channel's standard deviation. */
  readonly spread: number;
  /** 0..1: how far through. */
  readonly share: number;
  readonly noise: number;
  /** An ordinary value of another time. */
  readonly elsewhere: number;
}

const disturbances: readonly ((at: Disturbed) => number)[] = [
  ({ value, spread, share }) => (share < 0.2 ? value + 5 * spread : value),
  ({ value, spread }) => value + 2 * spread,
  ({ value, spread, share }) => value - 3 * spread * share,
  ({ value, spread, noise }) => value + 2 * spread * noise,
  ({ start }) => start,
  ({ elsewhere }) => elsewhere,
];

function deviationOf(values: Float64Array): number {
  const known = values.filter(Number.isFinite);
  const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
  return Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, known.length)) || 1;
}

/** Mean over the disturbed rows of the share of disturbed ones among all rows that are ranked as high. */
function averagePrecision(scores: Float64Array, isDisturbed: Uint8Array): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  let hits = 0;
  let sum = 0;
  order.forEach((t, rank) => {
    if (isDisturbed[t] !== 1) return;
    hits += 1;
    sum += hits / (rank + 1);
  });
  return sum / Math.max(1, hits);
}
