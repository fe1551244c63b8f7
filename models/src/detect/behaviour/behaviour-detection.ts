import { type Bilingual, type Evidence, type Finding, formatSeriesId } from '@airis/protocol';
import { detectBatchInTurns } from '../batch/detect-batch.ts';
import { channelDeviations } from '../batch/forecast-residual.ts';
import { scaledTable } from '../batch/table.ts';
import type { SeriesInfo } from '../detector.ts';
import { type Claim, FindingBook } from '../finding-book.ts';
import { behaviourChannels } from './behaviour-channels.ts';
import { BehaviourRows, type BehaviourTable, ROW_MS, type SavedBehaviour } from './behaviour-rows.ts';

export interface BehaviourOptions {
  /** What the findings are about. */
  readonly entity: string;
  readonly newId: () => string;
}

/** Whether everything that is measured here moves together as in the last week, looked at every five minutes. */
export interface BehaviourDetection {
  addSeries(index: number, info: SeriesInfo): void;
  /** One step: value of each series by index, NaN = none. Whether there is something new to judge. */
  observe(tMs: number, values: Float64Array, length: number): boolean;
  /** Judges the newest row, in turns of some ten milliseconds; does nothing while it is still at the one before. */
  judge(): Promise<void>;
  takeFindings(): Finding[];
  save(): SavedBehaviour | null;
  restore(saved: SavedBehaviour): void;
}

const NAME = 'behaviour';
const VERSION = '1';
/** A day must be known: its night, its morning, its noon. */
const ROWS_NEEDED = 288;
/** The newest rows are judged and teach nothing: two hours. */
const JUDGED_ROWS = 24;
/** A finding opens on what began within so many rows. */
const NEWS_ROWS = 2;
/** With fewer there is nothing to move together. */
const CHANNELS_NEEDED = 3;
const NAMED_CHANNELS = 4;
/** A channel nearer to its forecast explains nothing. */
const NAMED_FROM = 2;
const SERIES_OF_ONE = 3;

/**
 * The detector of whole tables that `eval -- detect` measures, at work on one host: rows of five minutes, a week of them,
 * the newest two hours judged by all before. Its findings inform and open no incident. Memory: 8 kB a channel, and some
 * tens of MB for a moment while it judges.
 */
export function createBehaviourDetection({ entity, newId }: BehaviourOptions): BehaviourDetection {
  const rows = new BehaviourRows();
  const book = new FindingBook(newId);
  let isJudging = false;

  return {
    addSeries: (index, info) => rows.addSeries(index, info),
    observe: (tMs, values, length) => rows.observe(tMs, values, length),
    takeFindings: () => book.take(),
    save: () => rows.save(),
    restore: (saved) => rows.restore(saved),

    async judge() {
      const table = rows.table();
      if (isJudging || rows.rows < ROWS_NEEDED || table.names.length < CHANNELS_NEEDED) return;
      isJudging = true;
      try {
        book.report(NAME, await claimOf(table), table.endUnixMs);
      } finally {
        isJudging = false;
      }
    },
  };

  async function claimOf(table: BehaviourTable): Promise<Claim | null> {
    const { columns, endUnixMs } = table;
    const count = columns[0]!.length;
    const trainRows = count - JUDGED_ROWS;
    const { scores, alarms, strange } = await detectBatchInTurns(columns, trainRows, {
      stepSeconds: ROW_MS / 1_000,
      seed: 1,
    });
    const isNews = alarms.subarray(count - NEWS_ROWS).includes(1);
    if (strange[count - 1] !== 1 || !(isNews || book.isOpen(NAME))) return null;
    const fromRow = Math.max(trainRows, strange.lastIndexOf(0) - 1);
    const deviations = channelDeviations(scaledTable(columns, trainRows), trainRows, fromRow, count);
    const sinceMs = endUnixMs - (count - fromRow) * ROW_MS;
    return claim(scores[count - 1]!, farthest(table, deviations), sinceMs, endUnixMs);
  }

  function farthest({ names }: BehaviourTable, deviations: Float64Array): Moved[] {
    const moved = names.map((name, i) => ({ name, deviation: deviations[i]! }));
    moved.sort((a, b) => Math.abs(b.deviation) - Math.abs(a.deviation));
    const named = moved.filter(({ deviation }) => Math.abs(deviation) >= NAMED_FROM).slice(0, NAMED_CHANNELS);
    // Small deviations of many: the largest of them are named all the same.
    return (named.length > 0 ? named : moved.slice(0, 2)).map(({ name, deviation }) => ({
      words: behaviourChannels.find((channel) => channel.name === name)!.words,
      isHigher: deviation > 0,
      series: rows.seriesOf(name).slice(0, SERIES_OF_ONE),
    }));
  }

  function claim(score: number, moved: readonly Moved[], sinceMs: number, tMs: number): Claim {
    const list = {
      ko: moved.map(({ words, isHigher }) => `${words.ko}(${isHigher ? '높음' : '낮음'})`).join(', '),
      en: moved.map(({ words, isHigher }) => `${words.en} (${isHigher ? 'higher' : 'lower'})`).join(', '),
    };
    return {
      kind: 'multivariate',
      severity: 'info',
      // The rule asks for half more than what one row in a hundred of the past reaches.
      confidence: 0.99,
      score,
      sinceMs,
      value: score,
      closeAfterMs: 2 * ROW_MS,
      entity,
      nature: 'pressure',
      trouble: NAME,
      peer: null,
      detector: { name: NAME, version: VERSION },
      title: { ko: '평소와 다른 움직임', en: 'Behaves unlike the last week' },
      summary: {
        ko: `지난 한 주의 흐름으로 예상되는 것과 지표들이 다르게 움직이고 있습니다. 예상에서 가장 벗어난 지표: ${list.ko}.`,
        en: `The metrics move unlike what the last week lets expect. Farthest from that: ${list.en}.`,
      },
      evidence: moved.flatMap(({ series }) => series.map((info) => evidenceOf(info, sinceMs, tMs))).slice(0, 12),
      recovery: () => ({ ko: '지표들이 예상대로 움직입니다.', en: 'The metrics move as expected again.' }),
    };
  }
}

interface Moved {
  readonly words: Bilingual;
  readonly isHigher: boolean;
  readonly series: readonly SeriesInfo[];
}

const evidenceOf = (info: SeriesInfo, fromMs: number, toMs: number): Evidence => ({
  kind: 'series',
  ref: formatSeriesId(info.id),
  metric: info.metric,
  attributes: { ...info.attributes },
  unit: info.unit,
  fromUnixMs: Math.round(fromMs),
  toUnixMs: Math.round(toMs),
});
