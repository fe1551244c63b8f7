import {
  headers,
  type OpenBatch,
  openBatch,
  parseEvent,
  type Result,
  refused,
  type Signal,
  type SignalName,
  signals,
} from '@airis/protocol';
import type { LossRecord, NoticeRecord, RefusalRecord } from '../store/state/ingest.ts';
import type { AgentNumbers } from './agent-numbers.ts';
import { type Envelope, readEnvelope } from './envelope.ts';
import type { IngestStats } from './ingest-stats.ts';
import type { Quarantine } from './quarantine.ts';
import { payloadDigest } from './recent-digests.ts';
import { countValues, type Run, type StoredBatch } from './run.ts';
import type { SeriesRegistry } from './series-registry.ts';
import type { StreamMessage } from './stream-message.ts';
import type { WatermarkBook } from './watermark-book.ts';

export interface AdmitContext {
  readonly agents: AgentNumbers;
  readonly book: WatermarkBook;
  readonly registry: SeriesRegistry;
  readonly quarantine: Quarantine;
  readonly stats: IngestStats;
  /** Asks an agent to announce its series again. */
  readonly askToAnnounce: (agent: string) => void;
}

/** A run's batches may take this much once decompressed; what does not fit goes into the next run. */
const RUN_RAW_BYTES = 48 * 1024 * 1024;

/** What is gathered while a run's messages are judged one after the other. */
interface Draft {
  readonly batches: Map<SignalName, StoredBatch[]>;
  readonly losses: LossRecord[];
  readonly refusals: RefusalRecord[];
  readonly notices: NoticeRecord[];
  /** Payloads on their way into quarantine: there before the run is committed. */
  readonly quarantined: Promise<void>[];
  rows: number;
  values: number;
  bytes: number;
}

/**
 * Judges messages of the DATA stream in order. Each ends in one of: stored, known already, a noted loss, or quarantine.
 * Nothing here reads a clock: the judgement is the same after a crash.
 *
 * @returns the run, how many messages it took (at least one), and what must be waited for before its commit
 */
export function admitData(
  context: AdmitContext,
  stream: string,
  messages: readonly StreamMessage[],
): { run: Run; quarantined: Promise<unknown> } {
  const draft: Draft = {
    batches: new Map(),
    losses: [],
    refusals: [],
    notices: [],
    quarantined: [],
    rows: 0,
    values: 0,
    bytes: 0,
  };
  let count = 0;
  for (const message of messages) {
    if (draft.bytes >= RUN_RAW_BYTES) break;
    admitMessage(context, draft, message);
    count += 1;
  }
  const { batches, losses, refusals, notices, rows, values, bytes } = draft;
  const run: Run = {
    stream,
    messages: count === messages.length ? messages : messages.slice(0, count),
    batches,
    watermarks: context.book.snapshot(),
    losses,
    refusals,
    notices,
    rows,
    values,
    bytes,
  };
  askForUnknownSeries(context, batches);
  return { run, quarantined: Promise.all(draft.quarantined) };
}

function admitMessage(context: AdmitContext, draft: Draft, message: StreamMessage): void {
  const envelope = readEnvelope(message, 'data', context.agents);
  if (!envelope.ok) {
    refuse(context, draft, message, null, envelope.reason, envelope.detail);
    return;
  }
  const { agent, agentNumber, kind, id } = envelope.value;
  if (context.book.isTakingTurns(agentNumber, id, message.receivedAtMs)) {
    draft.notices.push(cloneNotice(agent, `epochs take turns, one is ${id.epoch.slice(0, 8)}…`, message));
  }
  if (kind === 'tombstone') {
    admitTombstone(context, draft, message, envelope.value);
    return;
  }
  switch (context.book.arrive(agentNumber, id, payloadDigest(message.data), message.receivedAtMs)) {
    case 'duplicate':
      context.stats.duplicatesDropped += 1;
      return;
    case 'conflict':
      draft.notices.push(cloneNotice(agent, `number used twice in epoch ${id.epoch.slice(0, 8)}…`, message));
      refuse(context, draft, message, envelope.value, 'identity-cloned', `${id.class} ${id.seq} with another payload`);
      return;
    case 'too-scattered':
      context.stats.refused('too-scattered');
      return;
    case 'new':
      admitBatch(context, draft, message, envelope.value);
  }
}

function admitBatch(context: AdmitContext, draft: Draft, message: StreamMessage, envelope: Envelope): void {
  const opened = open(message, envelope.kind);
  if (!opened.ok) {
    refuse(context, draft, message, envelope, opened.reason, opened.detail);
    return;
  }
  const { agent, agentNumber } = envelope;
  let batch = opened.value;
  if (batch.signal === signals.series) {
    const announced = context.registry.announce({ batch, agent: agentNumber, receivedAtMs: message.receivedAtMs });
    for (const [reason, rows] of announced.refusedRows) {
      draft.refusals.push({ agent, reason, batches: 0, rows });
      context.stats.refused(reason, rows);
    }
    if (announced.batch === null) return;
    batch = announced.batch;
  }
  const list = draft.batches.get(batch.signal.name) ?? [];
  draft.batches.set(batch.signal.name, list);
  list.push({ batch, agent: agentNumber, agentId: agent, receivedAtMs: message.receivedAtMs, message });
  draft.rows += batch.rows;
  draft.values += countValues(batch);
  draft.bytes += batch.body.length;
}

/** A batch of the signal its subject names, in the version its header names. */
export function open(message: StreamMessage, kind: string): Result<OpenBatch, string> {
  const signal = readableSignal(kind, message.header(headers.schema));
  if (signal === null) {
    return refused('unknown-schema', `${kind.slice(0, 40)} as ${message.header(headers.schema).slice(0, 40)}`);
  }
  return openBatch(signal, message.data, message.receivedAtMs);
}

/** The current version of each signal. The one before joins here once there is one. */
function readableSignal(kind: string, schema: string): Signal | null {
  const signal = Object.values(signals).find((known) => known.name === kind);
  return signal !== undefined && schema === `${signal.name}/${signal.version}` ? signal : null;
}

function admitTombstone(context: AdmitContext, draft: Draft, message: StreamMessage, envelope: Envelope): void {
  const { agent, agentNumber, id } = envelope;
  const parsed = parseEvent('tombstone', message.data);
  if (!parsed.ok || parsed.value.to !== id.seq) {
    const detail = parsed.ok ? `ends at ${parsed.value.to}, its id says ${id.seq}` : parsed.detail;
    refuse(context, draft, message, null, parsed.ok ? 'tombstone-range' : parsed.reason, detail, agent);
    return;
  }
  const { from, rows, reason, fromUnixMs, toUnixMs } = parsed.value;
  const missing = context.book.skip(agentNumber, id, from, message.receivedAtMs);
  if (missing === null) context.stats.refused('too-scattered');
  else if (missing === 0) context.stats.duplicatesDropped += 1;
  else {
    draft.losses.push({ agent: agentNumber, reason, rows, fromUnixMs, toUnixMs });
    context.stats.rowsLost += rows;
  }
}

/** Into quarantine. Where the sender is certain, its rows count as lost, so that the chart shows where they would be. */
function refuse(
  context: AdmitContext,
  draft: Draft,
  message: StreamMessage,
  envelope: Envelope | null,
  reason: string,
  detail: string,
  agent = envelope?.agent ?? message.subject.split('.').at(-2) ?? '',
): void {
  const rows = envelope?.claimedRows ?? 0;
  context.stats.refused(reason);
  draft.quarantined.push(context.quarantine.put(message, agent, reason, detail));
  draft.refusals.push({ agent: agent.slice(0, 64), reason, batches: 1, rows });
  if (envelope === null || reason === 'identity-cloned') return;
  const { receivedAtMs } = message;
  context.stats.rowsLost += rows;
  draft.losses.push({
    agent: envelope.agentNumber,
    reason: `refused: ${reason}`,
    rows,
    fromUnixMs: receivedAtMs,
    toUnixMs: receivedAtMs,
  });
}

export function cloneNotice(agent: string, detail: string, message: StreamMessage): NoticeRecord {
  return { kind: 'identity-cloned', agent, detail, atUnixMs: message.receivedAtMs };
}

/** After the whole run, since an announcement may come behind the first rows. */
function askForUnknownSeries(context: AdmitContext, batches: Draft['batches']): void {
  for (const list of batches.values()) {
    for (const { batch, agent, agentId } of list) {
      if (context.registry.hasUnknown(agent, batch) && !context.registry.isFull(agent)) context.askToAnnounce(agentId);
    }
  }
}
