import { type BatchId, headers, parseBatchId, type SignalName, signals } from '@airis/protocol';
import { JetStreamApiError, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream';
import type { Log } from '../log.ts';
import type { IngestStore, RunInsert, RunRecord } from '../store/state/ingest.ts';
import { open } from './admit-data.ts';
import type { AgentNumbers } from './agent-numbers.ts';
import { type InsertContext, insertBatches } from './insert-run.ts';
import { payloadDigest } from './recent-digests.ts';
import { fromRanges, type StoredBatch } from './run.ts';
import type { SeriesRegistry } from './series-registry.ts';
import { readSubject, type StreamMessage } from './stream-message.ts';
import type { WatermarkBook } from './watermark-book.ts';

export interface ReplayContext extends InsertContext {
  readonly manager: JetStreamManager;
  readonly store: IngestStore;
  readonly agents: AgentNumbers;
  readonly book: WatermarkBook;
  readonly registry: SeriesRegistry;
  readonly log: Log;
}

/** Messages asked for at the same time. */
const PARALLEL = 16;

/**
 * Repeats the inserts that were decided on before a crash: the same batches, in the same order, under the same tokens,
 * whether or not they had been stored. The messages themselves come again and are then known.
 */
export async function replayOpenRuns(context: ReplayContext): Promise<number> {
  const runs = await context.store.openRuns();
  for (const run of runs) {
    for (const insert of run.inserts) await replayInsert(context, run, insert);
    const watermarks = context.book.snapshot();
    await context.store.commit({ finish: { stream: run.stream, first: run.first }, watermarks });
    context.book.stored(watermarks);
    context.log.info('ingest.replayed', `run ${run.stream} ${run.first}-${run.last} was repeated after a crash`);
  }
  return runs.length;
}

async function replayInsert(context: ReplayContext, run: RunRecord, insert: RunInsert): Promise<void> {
  const signal = Object.values(signals).find((known) => known.name === insert.signal);
  if (signal === undefined) throw new Error(`a run of ${insert.signal}, which this version does not know`);
  const messages = await fetchAll(context, run.stream, [...fromRanges(insert.sequences)]);
  await context.agents.learn(messages.map((message) => readSubject(message.subject)?.agent ?? ''));
  const batches: StoredBatch[] = [];
  for (const message of messages) {
    const agentId = readSubject(message.subject)?.agent ?? '';
    const agent = context.agents.numberOf(agentId);
    const id = parseBatchId(message.header(headers.msgId));
    const opened = open(message, signal.name);
    // It was good before: an identity is never forgotten and the checks read no clock.
    if (agent === null || id === null || !opened.ok) throw new Error(`message ${message.sequence} is good no more`);
    const batch =
      signal === signals.series ? announced(context, { batch: opened.value, agent, message }) : opened.value;
    if (batch !== null) batches.push({ batch, agent, agentId, receivedAtMs: message.receivedAtMs, message });
    arrive(context.book, agent, id, message);
  }
  if (batches.length > 0) {
    await insertBatches(context, signal.name as SignalName, run.stream, batches, insert.token);
  }
}

function announced(context: ReplayContext, item: Pick<StoredBatch, 'batch' | 'agent' | 'message'>) {
  return context.registry.announce({ ...item, receivedAtMs: item.message.receivedAtMs }).batch;
}

function arrive(book: WatermarkBook, agent: number, id: BatchId, message: StreamMessage): void {
  book.arrive(agent, id, payloadDigest(message.data), message.receivedAtMs);
}

async function fetchAll(
  context: ReplayContext,
  stream: string,
  sequences: readonly number[],
): Promise<StreamMessage[]> {
  const messages: StreamMessage[] = [];
  for (let at = 0; at < sequences.length; at += PARALLEL) {
    const part = await Promise.all(sequences.slice(at, at + PARALLEL).map((seq) => fetchOne(context, stream, seq)));
    messages.push(...part.filter((message) => message !== null));
  }
  return messages;
}

async function fetchOne(context: ReplayContext, stream: string, seq: number): Promise<StreamMessage | null> {
  try {
    const stored = await context.manager.streams.getMessage(stream, { seq });
    if (stored !== null) return fromStored(stream, stored);
  } catch (thrown) {
    if (!(thrown instanceof JetStreamApiError)) throw thrown;
  }
  // It cannot have been acknowledged, so somebody has removed it from outside.
  context.log.error('ingest.message-missing', `message ${seq} of ${stream} is gone from the stream`);
  return null;
}

function fromStored(stream: string, stored: StoredMsg): StreamMessage {
  return {
    stream,
    sequence: stored.seq,
    receivedAtMs: stored.time.getTime(),
    subject: stored.subject,
    data: stored.data,
    header: (name) => stored.header?.get(name) ?? '',
    ackSubject: null,
  };
}
