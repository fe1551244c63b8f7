import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { batchDetectors, detectBatch } from '@airis/models';
import { readAnomalyManifest, readChannels } from './anomaly-manifest.ts';
import { defineEval, readFlags, UsageError } from './eval.ts';

/** Scores of every file of an anomaly manifest, as `score,alarm` a row: what agents and hub would have said, row by row. */
export const detectEval = defineEval({
  name: 'detect',
  usage: 'detect --manifest M --out DIR [--family F] [--without DETECTOR,… | --only DETECTOR]',
  async run(args, print) {
    const flags = readFlags(args, ['manifest', 'out'], ['family', 'without', 'only']);
    const { manifest, out, family } = flags;
    const without = readDetectors(flags.without);
    const [only, ...others] = readDetectors(flags.only);
    if (others.length > 0 || (only !== undefined && without.length > 0)) {
      throw new UsageError('--only names one detector, and stands without --without');
    }
    const all = await readAnomalyManifest(manifest);
    const files = all.filter((file) => family === undefined || file.family === family);
    if (files.length === 0) {
      throw new UsageError(
        `no file of family ${family}: known are ${[...new Set(all.map((file) => file.family))].join(', ')}`,
      );
    }
    for (const file of files) {
      const channels = await readChannels(manifest, file);
      const startMs = performance.now();
      const { scores, alarms } = await detectBatch(channels, file.trainRows, {
        stepSeconds: file.stepSeconds,
        seed: 1,
        without,
        ...(only === undefined ? {} : { only }),
      });
      const microseconds = (1_000 * (performance.now() - startMs)) / Math.max(1, scores.length);
      const path = join(out, `${file.id}.csv`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, csvOf(scores, alarms));
      print(`${file.id}: ${scores.length} rows, ${microseconds.toFixed(1)} us a row`);
    }
  },
});

/** Of tables with several channels; one channel is judged by one detector, unless one of these is to judge alone. */
function readDetectors(list: string | undefined): string[] {
  const names = list?.split(',') ?? [];
  const known = batchDetectors.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`no detector ${unknown}: known are ${known.join(', ')}`);
  return names;
}

function csvOf(scores: Float64Array, alarms: Uint8Array): string {
  const lines = ['score,alarm'];
  scores.forEach((score, t) => {
    lines.push(`${Number(score.toPrecision(9))},${alarms[t]}`);
  });
  return `${lines.join('\n')}\n`;
}
