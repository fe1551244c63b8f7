import type { SignalName } from '@airis/protocol';
import type { NatsConnection } from '@nats-io/transport-node';
import { errorText } from '../errors.ts';
import type { IngestCommit, IngestStore, NoticeRecord } from '../store/state/ingest.ts';
import { type AdmitContext, admitData } from './admit-data.ts';
import type { FaultHook } from './fault.ts';
import { type InsertContext, insertBatches } from './insert-run.ts';
import type { Puller, TakeLimits } from './puller.ts';
import type { Receipts } from './receipts.ts';
import { untilItWorks } from './retry.ts';
import { finishCommit, planRun, type Run } from './run.ts';
import { readSubject, type StreamMessage } from './stream-message.ts';

export interface DataLaneContext extends AdmitContext, InsertContext {
  readonly nats: NatsConnection;
  readonly stream: string;
  readonly puller: Puller;
  readonly store: IngestStore;
  readonly receipts: Receipts;
  readonly now: () => number;
  readonly fault: FaultHook;
  readonly onNotices: (notices: readonly NoticeRecord[]) => void;
  /** Resolves once no event is waiting: events go first. */
  readonly eventsFirst: () => Promise<void>;
}

/** Runs between "taken" and "acknowledged": one is read while another is inserted. */
const RUNS_IN_FLIGHT = 2;
const takeLimits: TakeLimits = { messages: 1_024, bytes: 16 * 1024 * 1024, lingerMs: 40 };

/**
 * DATA, from the stream to the tables. Runs overlap, but finish in the order in which they were taken: what a receipt
 * covers has always been stored. Returns when the puller closes; rejects on a bug.
 */
export async function runDataLane(context: DataLaneContext): Promise<void> {
  const inFlight: Promise<void>[] = [];
  let left: readonly StreamMessage[] = [];
  let number = 0;
  let previous: Promise<void> = Promise.resolve();
  for (;;) {
    while (inFlight.length >= RUNS_IN_FLIGHT) await inFlight.shift();
    if (left.length === 0) left = await context.puller.take(takeLimits);
    if (left.length === 0) break;
    await context.eventsFirst();
    await context.agents.learn(left.map((message) => readSubject(message.subject)?.agent ?? ''));
    const { run, quarantined } = admitData(context, context.stream, left);
    left = left.slice(run.messages.length);
    number += 1;
    context.stats.taken(number, run.messages[0]!.receivedAtMs);
    const current = number;
    previous = settle(context, run, quarantined, previous).finally(() => context.stats.finished(current));
    inFlight.push(previous);
    // Awaited above or below; until then a rejection is nobody's surprise.
    previous.catch(() => undefined);
  }
  await Promise.all(inFlight);
}

/** Plan on disk, inserts, then everything else in one commit, then the acknowledgement, then the receipts. */
async function settle(context: DataLaneContext, run: Run, quarantined: Promise<unknown>, previous: Promise<void>) {
  const { fault, stats } = context;
  const plan = planRun(run);
  if (plan !== null) {
    await fault('before-plan');
    await commit(context, { begin: plan });
    await fault('after-plan');
    await Promise.all(
      plan.inserts.map((insert) => {
        const signal = insert.signal as SignalName;
        return insertBatches(context, signal, run.stream, run.batches.get(signal)!, insert.token);
      }),
    );
    await fault('after-insert');
  }
  await quarantined;
  await previous;
  await commit(context, finishCommit(run, plan));
  context.book.stored(run.watermarks);
  await fault('after-finish');
  stats.stored(run.rows, run.values, countBatches(run), context.now());
  for (const { ackSubject } of run.messages) if (ackSubject !== null) context.nats.publish(ackSubject);
  await fault('after-ack');
  for (const { agent, epoch, class: deliveryClass, upTo } of run.watermarks) {
    const id = context.agents.idOf(agent);
    if (id !== null) context.receipts.add(id, { epoch, class: deliveryClass, upTo });
  }
  if (run.notices.length > 0) context.onNotices(run.notices);
}

/** The state store may be full or busy for a while; nothing is acknowledged until it is not. */
function commit(context: DataLaneContext, what: IngestCommit): Promise<void> {
  const onFailure = (thrown: unknown): void => {
    context.stats.trouble = `state: ${errorText(thrown)}`;
    context.log.error('ingest.commit-retry', errorText(thrown));
  };
  return untilItWorks(() => context.store.commit(what), onFailure, context.stopping);
}

const countBatches = (run: Run): number => [...run.batches.values()].reduce((sum, list) => sum + list.length, 0);
