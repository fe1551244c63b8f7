import { openings } from './batch-alarm.ts';
import { componentResidual } from './component-residual.ts';
import { crossResidual } from './cross-residual.ts';
import type { BatchOptions } from './detect-batch.ts';
import { forecastResidual } from './forecast-residual.ts';
import { remembered } from './memory.ts';
import { scaledTable } from './table.ts';
import { clusterDistance } from './window-clusters.ts';

/** Of the detectors that see what a forecast does not; beside it they rank badly alone, and help where it is blind. */
const OTHERS_WEIGHT = 0.2;
const QUIET_SECONDS = 3_600;

/**
 * Several channels at once: what is foretold badly, and with less weight what is far from every typical window, leaves the
 * principal subspace, or no longer follows from the other channels. Each as squared deviation under memories of several
 * lengths, held against the training rows. Causal: row t uses the training rows and rows <= t.
 */
export function detectManyChannels(
  channels: readonly Float64Array[],
  trainRows: number,
  { stepSeconds, seed }: BatchOptions,
) {
  const table = scaledTable(channels, trainRows);
  const ordinary = { from: 0, to: trainRows };
  const scores = remembered(squared(forecastResidual(table, trainRows)), ordinary);
  const others = [
    clusterDistance(table, trainRows, seed),
    componentResidual(table, trainRows),
    crossResidual(table, trainRows),
  ];
  for (const other of others) {
    const part = remembered(squared(other), ordinary);
    for (let t = 0; t < scores.length; t++) scores[t]! += (OTHERS_WEIGHT / others.length) * part[t]!;
  }
  // Ordinary rows lie round 0; a score is never negative, and keeps its order.
  const positive = scores.map((score) => (score > 0 ? 1 + score : 1 / (1 - score)));
  const rule = { quantile: 0.99, beyond: 1.5, quietRows: Math.round(QUIET_SECONDS / stepSeconds) };
  // The first half of the training rows is left to the memories to fill.
  const firstRow = Math.floor(trainRows / 2);
  return { scores: positive, alarms: openings(positive, firstRow, trainRows - firstRow, rule) };
}

const squared = (values: Float64Array): Float64Array => values.map((value) => value * value);
