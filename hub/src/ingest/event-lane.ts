import { EVENT_KINDS, type EventKind, parseEvent, type Result, refused } from '@airis/protocol';
import type { NatsConnection } from '@nats-io/transport-node';
import { errorCode, errorText } from '../errors.ts';
import type { Log } from '../log.ts';
import type { IngestStore, LossRecord, NoticeRecord, RefusalRecord } from '../store/state/ingest.ts';
import { cloneNotice } from './admit-data.ts';
import type { AgentNumbers } from './agent-numbers.ts';
import { type Envelope, readEnvelope } from './envelope.ts';
import type { AgentEvent, EventSink } from './event-sink.ts';
import type { IngestStats } from './ingest-stats.ts';
import type { Puller, TakeLimits } from './puller.ts';
import type { Quarantine } from './quarantine.ts';
import type { Receipts } from './receipts.ts';
import { payloadDigest } from './recent-digests.ts';
import { untilItWorks } from './retry.ts';
import { readSubject, type StreamMessage } from './stream-message.ts';
import type { WatermarkBook } from './watermark-book.ts';

export interface EventLaneContext {
  readonly nats: NatsConnection;
  readonly puller: Puller;
  readonly agents: AgentNumbers;
  /** Of class `event` only. */
  readonly book: WatermarkBook;
  readonly quarantine: Quarantine;
  readonly store: IngestStore;
  readonly receipts: Receipts;
  readonly events: EventSink;
  readonly stats: IngestStats;
  readonly log: Log;
  readonly stopping: AbortSignal;
  readonly onNotices: (notices: readonly NoticeRecord[]) => void;
  /** True while events are being worked on: data waits. */
  readonly onBusy: (isBusy: boolean) => void;
}

const takeLimits: TakeLimits = { messages: 64, bytes: 4 * 1024 * 1024, lingerMs: 5 };

/** Tries of an event whose handler throws for no reason of the store's. */
const HANDLER_TRIES = 5;

interface Outcome {
  readonly losses: LossRecord[];
  readonly refusals: RefusalRecord[];
  readonly notices: NoticeRecord[];
}

/**
 * EVENT, one by one into the sink, which is idempotent; then one commit, the acknowledgements, the receipts. Returns
 * when the puller closes; rejects on a bug.
 */
export async function runEventLane(context: EventLaneContext): Promise<void> {
  for (;;) {
    const messages = await context.puller.take(takeLimits);
    if (messages.length === 0) return;
    context.onBusy(true);
    await settle(context, messages);
    context.onBusy(false);
  }
}

async function settle(context: EventLaneContext, messages: readonly StreamMessage[]): Promise<void> {
  await context.agents.learn(messages.map((message) => readSubject(message.subject)?.agent ?? ''));
  const outcome: Outcome = { losses: [], refusals: [], notices: [] };
  for (const message of messages) await admit(context, outcome, message);
  const watermarks = context.book.snapshot();
  await untilItWorks(
    () => context.store.commit({ watermarks, ...outcome }),
    (thrown) => context.log.error('ingest.commit-retry', errorText(thrown)),
    context.stopping,
  );
  context.book.stored(watermarks);
  for (const { ackSubject } of messages) if (ackSubject !== null) context.nats.publish(ackSubject);
  for (const { agent, epoch, class: deliveryClass, upTo } of watermarks) {
    const id = context.agents.idOf(agent);
    if (id !== null) context.receipts.add(id, { epoch, class: deliveryClass, upTo });
  }
  if (outcome.notices.length > 0) context.onNotices(outcome.notices);
}

async function admit(context: EventLaneContext, outcome: Outcome, message: StreamMessage): Promise<void> {
  const { book, stats } = context;
  const envelope = readEnvelope(message, 'event', context.agents);
  if (!envelope.ok) return refuse(context, outcome, message, null, envelope.reason, envelope.detail);
  const { agent, agentNumber, kind, id } = envelope.value;
  if (book.isTakingTurns(agentNumber, id, message.receivedAtMs)) {
    outcome.notices.push(cloneNotice(agent, `epochs take turns, one is ${id.epoch.slice(0, 8)}…`, message));
  }
  const parsed = parseEvent(kind, message.data);
  if (kind === 'tombstone' && parsed.ok && 'from' in parsed.value && parsed.value.to === id.seq) {
    const { from, rows, reason, fromUnixMs, toUnixMs } = parsed.value;
    const missing = book.skip(agentNumber, id, from, message.receivedAtMs);
    if (missing !== null && missing > 0) {
      outcome.losses.push({ agent: agentNumber, reason, rows, fromUnixMs, toUnixMs });
      stats.rowsLost += rows;
    }
    return;
  }
  const arrival = book.arrive(agentNumber, id, payloadDigest(message.data), message.receivedAtMs);
  if (arrival === 'duplicate') stats.duplicatesDropped += 1;
  if (arrival === 'too-scattered') stats.refused(arrival);
  if (arrival === 'conflict') {
    outcome.notices.push(cloneNotice(agent, `number used twice in epoch ${id.epoch.slice(0, 8)}…`, message));
    return refuse(context, outcome, message, envelope.value, 'identity-cloned', `${id.class} ${id.seq}`);
  }
  if (arrival !== 'new') return;
  if (!isEventKind(kind) || !parsed.ok) {
    const reason = parsed.ok ? 'tombstone-range' : parsed.reason;
    return refuse(context, outcome, message, envelope.value, reason, parsed.ok ? '' : parsed.detail);
  }
  const handled = await handle(context, {
    agent,
    agentNumber,
    kind,
    payload: parsed.value,
    receivedAtMs: message.receivedAtMs,
  });
  if (handled.ok) stats.eventsHandled += 1;
  else await refuse(context, outcome, message, envelope.value, handled.reason, handled.detail);
}

/**
 * Hands an event over until it is durable. While the state store is away it waits; an event that the handler itself
 * cannot bear is given up after a few tries, since it would hold up everybody else's for ever.
 */
async function handle(context: EventLaneContext, event: AgentEvent): Promise<Result<void, string>> {
  const { stats, log, stopping } = context;
  let failures = 0;
  const handled = await untilItWorks(
    async () => {
      try {
        return await context.events.handle(event);
      } catch (thrown) {
        failures += 1;
        if (isStoreAway(thrown) || failures < HANDLER_TRIES) throw thrown;
        return refused('handler-failed', errorText(thrown));
      }
    },
    (thrown) => {
      stats.trouble = `events: ${errorText(thrown)}`;
      log.error('ingest.event-retry', errorText(thrown), { agent: event.agent, kind: event.kind });
    },
    stopping,
  );
  if (failures > 0) stats.trouble = null;
  return handled;
}

/** Full, locked, unreadable: the disk's or another process's affair, which passes. */
const isStoreAway = (thrown: unknown): boolean =>
  /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOMEM|PROTOCOL)/.test(errorCode(thrown) ?? '');

async function refuse(
  context: EventLaneContext,
  outcome: Outcome,
  message: StreamMessage,
  envelope: Envelope | null,
  reason: string,
  detail: string,
): Promise<void> {
  const agent = envelope?.agent ?? readSubject(message.subject)?.agent ?? '';
  context.stats.refused(reason);
  outcome.refusals.push({ agent: agent.slice(0, 64), reason, batches: 1, rows: 1 });
  await context.quarantine.put(message, agent, reason, detail);
}

const isEventKind = (kind: string): kind is EventKind => EVENT_KINDS.some((known) => known === kind);
