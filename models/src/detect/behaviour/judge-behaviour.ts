import { detectBatch } from '../batch/detect-batch.ts';
import { channelDeviations } from '../batch/forecast-residual.ts';
import { scaledTable } from '../batch/table.ts';
import type { BehaviourChannel } from './behaviour-channels.ts';
import { type BehaviourRows, ROW_MS } from './behaviour-rows.ts';

/** How a host's newest rows stand to what its week lets expect. */
export interface BehaviourVerdict {
  /** What opens a finding holds in the newest rows. */
  readonly isStrange: boolean;
  /** It began just now. */
  readonly isNews: boolean;
  /** Larger is stranger; comparable within one host. */
  readonly score: number;
  readonly sinceUnixMs: number;
  /** What is farthest from its forecast, farthest first; empty where nothing is strange. */
  readonly moved: readonly MovedChannel[];
}

export interface MovedChannel {
  readonly channel: BehaviourChannel;
  /** In residuals usual for it, on average since it began; below 0: lower than expected. */
  readonly deviation: number;
}

/** A day must be known: its night, its morning, its noon. */
const ROWS_NEEDED = 288;
/** The newest rows are judged and teach nothing: two hours. */
const JUDGED_ROWS = 24;
const NEWS_ROWS = 2;
/** With fewer there is nothing to move together. */
const CHANNELS_NEEDED = 3;
const NAMED_CHANNELS = 4;
/** A channel nearer to its forecast explains nothing. */
const NAMED_FROM = 2;

/**
 * Judges the newest rows of a host by the week before them, with the detector of whole tables that `eval -- detect`
 * measures. In turns of at most 100 ms or so for a week of thirty channels.
 *
 * @returns null while less than a day or fewer than three channels are known
 */
export async function judgeBehaviour(rows: BehaviourRows): Promise<BehaviourVerdict | null> {
  const { channels, columns, endUnixMs } = rows.table();
  if (rows.rows < ROWS_NEEDED || channels.length < CHANNELS_NEEDED) return null;
  const count = rows.rows;
  const trainRows = count - JUDGED_ROWS;
  const { scores, alarms, strange } = await detectBatch(columns, trainRows, {
    stepSeconds: ROW_MS / 1_000,
    seed: 1,
  });
  const isStrange = strange.subarray(count - NEWS_ROWS).includes(1);
  const verdict = { isStrange, isNews: alarms.subarray(count - NEWS_ROWS).includes(1), score: scores[count - 1]! };
  if (!isStrange) return { ...verdict, sinceUnixMs: endUnixMs, moved: [] };
  const last = strange.lastIndexOf(1);
  // Two rows in a row are needed: it began with the one before.
  const fromRow = Math.max(trainRows, strange.subarray(0, last).lastIndexOf(0));
  const deviations = channelDeviations(scaledTable(columns, trainRows), trainRows, fromRow, last + 1);
  const moved = channels.map((channel, i) => ({ channel, deviation: deviations[i]! }));
  moved.sort((a, b) => Math.abs(b.deviation) - Math.abs(a.deviation));
  const far = moved.filter(({ deviation }) => Math.abs(deviation) >= NAMED_FROM).slice(0, NAMED_CHANNELS);
  return {
    ...verdict,
    sinceUnixMs: endUnixMs - (count - fromRow) * ROW_MS,
    // Small deviations of many: the largest of them are named all the same.
    moved: far.length > 0 ? far : moved.slice(0, 2),
  };
}
