import { setImmediate } from 'node:timers/promises';
import { openings } from './batch-alarm.ts';
import { componentResidual } from './component-residual.ts';
import { crossResidual } from './cross-residual.ts';
import type { BatchDetection, BatchOptions } from './detect-batch.ts';
import { forecastResidual } from './forecast-residual.ts';
import { isolationDepth } from './isolation.ts';
import { remembered } from './memory.ts';
import { supportDistance } from './support-distance.ts';
import { scaledTable, type Table } from './table.ts';
import { windowClusters } from './window-clusters.ts';
import { lstmReconstruction, variationalReconstruction } from './window-reconstruction.ts';

interface BatchDetector {
  readonly name: string;
  /** In the sum of all; 0 where it is only run when it is asked for by name. */
  readonly weight: number;
  /** How far each row is from what is usual, in any unit. */
  distances(table: Table, trainRows: number, seed: number): Float64Array | Promise<Float64Array>;
}

/** What a forecast does not see; beside it they rank badly alone, and help where it is blind. */
const OTHERS_WEIGHT = 0.2 / 3;

/** Every detector of tables with several channels; a new one is a file beside this and a line here. */
export const batchDetectors: readonly BatchDetector[] = [
  { name: 'forecast-residual', weight: 1, distances: forecastResidual },
  { name: 'window-clusters', weight: OTHERS_WEIGHT, distances: windowClusters },
  { name: 'component-residual', weight: OTHERS_WEIGHT, distances: componentResidual },
  { name: 'cross-residual', weight: OTHERS_WEIGHT, distances: crossResidual },
  // Beside the others these find nothing more that could be measured (docs/measurements.md), and cost time.
  { name: 'isolation-forest', weight: 0, distances: isolationDepth },
  { name: 'one-class-svm', weight: 0, distances: supportDistance },
  { name: 'lstm-reconstruction', weight: 0, distances: lstmReconstruction },
  { name: 'variational-reconstruction', weight: 0, distances: variationalReconstruction },
];

const QUIET_SECONDS = 3_600;

/**
 * Several channels at once: what is foretold badly, and with less weight what is far from every typical window, leaves the
 * principal subspace, or no longer follows from the other channels. Each as squared deviation under memories of several
 * lengths, held against the training rows. Causal: row t uses the training rows and rows <= t.
 */
export async function detectManyChannels(
  channels: readonly Float64Array[],
  trainRows: number,
  { stepSeconds, seed, without = [], only }: BatchOptions,
): Promise<BatchDetection> {
  const table = scaledTable(channels, trainRows);
  const scores = new Float64Array(channels[0]!.length);
  const judging = batchDetectors.filter(({ name, weight }) =>
    only === undefined ? weight > 0 && !without.includes(name) : name === only,
  );
  for (const { weight, distances } of judging) {
    const far = await distances(table, trainRows, seed);
    const part = remembered(squared(far), { from: 0, to: Math.max(1, trainRows) });
    for (let t = 0; t < scores.length; t++) scores[t]! += (only === undefined ? weight : 1) * part[t]!;
    await setImmediate();
  }
  // Ordinary rows lie round 0; a score is never negative, and keeps its order.
  const positive = scores.map((score) => (score > 0 ? 1 + score : 1 / (1 - score)));
  const rule = { quantile: 0.99, beyond: 1.5, quietRows: Math.round(QUIET_SECONDS / stepSeconds) };
  // The first half of the training rows is left to the memories to fill.
  const firstRow = Math.floor(trainRows / 2);
  return { scores: positive, ...openings(positive, firstRow, trainRows - firstRow, rule) };
}

const squared = (values: Float64Array): Float64Array => values.map((value) => value * value);
