import { alarmsOf } from './batch-alarm.ts';
import { componentResidual } from './component-residual.ts';
import { crossResidual } from './cross-residual.ts';
import { forecastResidual } from './forecast-residual.ts';
import { surprises } from './surprise.ts';
import { scaledTable } from './table.ts';
import { clusterDistance } from './window-clusters.ts';

/** Rows after which the memory of a surprise has halved: short events count, and lasting ones count more. */
const MEMORY_ROWS = [2, 8, 30] as const;
/** The models learn from the first part of the training rows, the rarity of their scores from the rest. */
const FIT_SHARE = 0.7;

/**
 * Several channels at once: four detectors that see different things (what is foretold badly, what is far from every typical
 * window, what leaves the principal subspace, what no longer follows from the other channels), each as surprise by its
 * own tail, averaged, with memory. Causal: row t uses the training rows and rows <= t.
 */
export function detectManyChannels(channels: readonly Float64Array[], trainRows: number, seed: number) {
  const fitRows = Math.floor(FIT_SHARE * trainRows);
  const table = scaledTable(channels, trainRows);
  const parts = [
    forecastResidual(table, fitRows),
    clusterDistance(table, fitRows, seed),
    componentResidual(table, fitRows),
    crossResidual(table, fitRows),
  ].map((scores) => surprises(scores, scores.slice(fitRows, trainRows)));
  const mean = parts[0]!.map((_, t) => parts.reduce((sum, part) => sum + part[t]!, 0) / parts.length);
  const scores = remembered(mean);
  return { scores, alarms: alarmsOf(scores, fitRows, trainRows - fitRows) };
}

/** Mean of exponential averages of several lengths. */
function remembered(values: Float64Array): Float64Array {
  const result = new Float64Array(values.length);
  for (const halfLife of MEMORY_ROWS) {
    const weight = 1 - 0.5 ** (1 / halfLife);
    let average = values[0] ?? 0;
    for (let t = 0; t < values.length; t++) {
      average += weight * (values[t]! - average);
      result[t]! += average / MEMORY_ROWS.length;
    }
  }
  return result;
}
