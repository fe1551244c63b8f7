import { createHash } from 'node:crypto';
import type { BatchToJoin, OpenBatch, SignalName } from '@airis/protocol';
import type {
  IngestCommit,
  LossRecord,
  NoticeRecord,
  RefusalRecord,
  RunRecord,
  WatermarkRecord,
} from '../store/state/ingest.ts';
import type { StreamMessage } from './stream-message.ts';

/** A batch that will be stored, with where it came from. */
export interface StoredBatch extends BatchToJoin {
  readonly message: StreamMessage;
  readonly agentId: string;
}

/** Messages of one stream that were judged together and will be acknowledged together. */
export interface Run {
  readonly stream: string;
  readonly messages: readonly StreamMessage[];
  readonly batches: ReadonlyMap<SignalName, readonly StoredBatch[]>;
  readonly watermarks: readonly WatermarkRecord[];
  readonly losses: readonly LossRecord[];
  readonly refusals: readonly RefusalRecord[];
  readonly notices: readonly NoticeRecord[];
  readonly rows: number;
  readonly values: number;
  readonly bytes: number;
}

/**
 * What must be on disk before the first insert. The token carries a digest of the list, so that it can stand for no
 * other list: a stream made anew counts from 1 again, and new rows under a token used before would vanish without a word.
 */
export function planRun(run: Run): RunRecord | null {
  const inserts = [...run.batches].map(([signal, batches]) => {
    const sequences = batches.map((batch) => batch.message.sequence);
    return {
      signal,
      token: insertToken(run.stream, signal, batches),
      sequences: toRanges(sequences),
    };
  });
  if (inserts.length === 0) return null;
  const all = run.messages.map((message) => message.sequence);
  return { stream: run.stream, first: Math.min(...all), last: Math.max(...all), inserts };
}

/** `<stream>:<signal>:<first>-<last>:<digest of the list>`. */
export function insertToken(stream: string, signal: string, batches: readonly StoredBatch[]): string {
  const digest = createHash('sha256');
  for (const { message } of batches) digest.update(`${message.sequence} ${message.header('Nats-Msg-Id')}\n`);
  const first = batches[0]?.message.sequence ?? 0;
  const last = batches.at(-1)?.message.sequence ?? 0;
  return `${stream}:${signal}:${first}-${last}:${digest.digest('hex').slice(0, 16)}`;
}

/** What is written once everything is stored: all effects of the run, or none. */
export function finishCommit(run: Run, plan: RunRecord | null): IngestCommit {
  const { watermarks, losses, refusals, notices } = run;
  const finish = plan === null ? {} : { finish: { stream: plan.stream, first: plan.first } };
  return { ...finish, watermarks, losses, refusals, notices };
}

/** 1 2 3 7 8 → 1 3 7 8. The numbers ascend. */
export function toRanges(numbers: readonly number[]): readonly number[] {
  const ranges: number[] = [];
  for (const number of numbers) {
    if (ranges.length > 0 && ranges.at(-1) === number - 1) ranges[ranges.length - 1] = number;
    else ranges.push(number, number);
  }
  return ranges;
}

export function* fromRanges(ranges: readonly number[]): Generator<number> {
  for (let i = 0; i + 1 < ranges.length; i += 2) {
    for (let number = ranges[i]!; number <= ranges[i + 1]!; number += 1) yield number;
  }
}

/** Values in a batch: those of its lists where it has some, else its rows. */
export function countValues(batch: OpenBatch): number {
  if (batch.signal.name !== 'block') return batch.rows;
  return batch.column('mean', 'listFloat64').values.length;
}
