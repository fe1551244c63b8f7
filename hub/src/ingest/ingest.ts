import { DATA_STREAM, EVENT_STREAM } from '@airis/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { nudgeAgent } from '../broker/nudge-agent.ts';
import { errorText } from '../errors.ts';
import type { Log } from '../log.ts';
import type { IngestStore, NoticeRecord } from '../store/state/ingest.ts';
import type { TelemetryStore } from '../store/telemetry/telemetry-store.ts';
import { type AgentDirectory, createAgentNumbers } from './agent-numbers.ts';
import { CONSUMER, freshConsumer } from './consumers.ts';
import { runDataLane } from './data-lane.ts';
import { runEventLane } from './event-lane.ts';
import type { EventSink } from './event-sink.ts';
import { type FaultHook, noFault } from './fault.ts';
import { IngestStats, type IngestStatus } from './ingest-stats.ts';
import type { InsertContext } from './insert-run.ts';
import { createPuller } from './puller.ts';
import { createQuarantine } from './quarantine.ts';
import { createReceipts } from './receipts.ts';
import { replayOpenRuns } from './replay.ts';
import { SeriesRegistry } from './series-registry.ts';
import { WatermarkBook } from './watermark-book.ts';
import { answerWatermarks } from './watermark-responder.ts';

export interface IngestOptions {
  readonly nats: NatsConnection;
  readonly telemetry: Pick<TelemetryStore, 'client' | 'insertArrow'>;
  readonly state: IngestStore;
  readonly agents: AgentDirectory;
  readonly events: EventSink;
  /** Folder for refused payloads; made with mode 0700. */
  readonly quarantineFolder: string;
  readonly log: Log;
  /** Unix ms; for figures only. What is stored depends on the stream's own times. */
  readonly now?: () => number;
  /** Told about each notice after it is on disk, such as `identity-cloned`. */
  readonly onNotice?: (notice: NoticeRecord) => void;
  readonly fault?: FaultHook;
  readonly seriesPerAgent?: number;
}

export interface Ingest extends AsyncDisposable {
  status(): IngestStatus;
  /** Rejects when a lane ends by a bug: the process should then end, and be started again. */
  readonly failed: Promise<never>;
}

/** An agent is asked to announce its series at most this often. */
const ANNOUNCE_EVERY_MS = 60_000;

/** From the streams to the tables, exactly once. Resolves when what a crash had left open is done and both lanes run. */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const { nats, telemetry, state, log } = options;
  const now = options.now ?? Date.now;
  const stop = new AbortController();
  const manager = await jetstreamManager(nats);
  const stats = new IngestStats();
  const agents = createAgentNumbers(options.agents, now);
  const records = await state.watermarks();
  const dataBook = new WatermarkBook(records.filter((record) => record.class === 'data'));
  const eventBook = new WatermarkBook(records.filter((record) => record.class === 'event'));
  for (const refusal of await state.refusals()) stats.refused(refusal.reason, Math.max(refusal.batches, 1));
  for (const loss of await state.lossTotals()) stats.rowsLost += loss.rows;
  const registry = new SeriesRegistry(options.seriesPerAgent);
  await registry.load(telemetry.client);
  const quarantine = createQuarantine(options.quarantineFolder, state, (thrown) =>
    log.error('ingest.quarantine', errorText(thrown)),
  );

  const insert: InsertContext = {
    insertArrow: telemetry.insertArrow,
    stats,
    log,
    stopping: stop.signal,
    async onPoison({ message, agent, agentId, batch }, detail) {
      stats.refused('store-refused');
      stats.rowsLost += batch.rows;
      await quarantine.put(message, agentId, 'store-refused', detail);
      const at = message.receivedAtMs;
      await state.commit({
        refusals: [{ agent: agentId, reason: 'store-refused', batches: 1, rows: batch.rows }],
        losses: [{ agent, reason: 'refused: store-refused', rows: batch.rows, fromUnixMs: at, toUnixMs: at }],
      });
    },
  };
  await replayOpenRuns({ ...insert, manager, store: state, agents, book: dataBook, registry });
  await freshConsumer(manager, EVENT_STREAM);
  await freshConsumer(manager, DATA_STREAM);

  const receipts = createReceipts(nats);
  const askToAnnounce = atMostEvery(ANNOUNCE_EVERY_MS, now, (agent) => nudgeAgent(nats, agent, { announce: true }));
  const onNotices = (notices: readonly NoticeRecord[]): void => {
    for (const notice of notices) {
      log.warn(`ingest.${notice.kind}`, notice.detail, { agent: notice.agent });
      options.onNotice?.(notice);
    }
  };
  const keepNotices = (notices: readonly NoticeRecord[]): void => {
    state.commit({ notices }).then(
      () => onNotices(notices),
      (thrown: unknown) => log.error('ingest.notice', errorText(thrown)),
    );
  };
  let eventsBusy = false;
  const eventsFirst = async (): Promise<void> => {
    // Bounded, so that a sink that is away does not hold up the rest.
    for (let turn = 0; eventsBusy && turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  const responder = answerWatermarks({
    nats,
    agents,
    books: [dataBook, eventBook],
    stats,
    now,
    onNotices: keepNotices,
    log,
  });
  const events = createPuller(nats, EVENT_STREAM, CONSUMER, { messages: 256, bytes: 8 * 1024 * 1024 });
  const data = createPuller(nats, DATA_STREAM, CONSUMER, { messages: 1_024, bytes: 24 * 1024 * 1024 });
  const shared = { nats, agents, quarantine, store: state, receipts, stats, log, stopping: stop.signal, onNotices };
  const eventLane = runEventLane({
    ...shared,
    puller: events,
    book: eventBook,
    events: options.events,
    onBusy: (isBusy) => {
      eventsBusy = isBusy;
    },
  });
  const dataLane = runDataLane({
    ...shared,
    ...insert,
    puller: data,
    stream: DATA_STREAM,
    book: dataBook,
    registry,
    askToAnnounce,
    now,
    fault: options.fault ?? noFault,
    eventsFirst,
  });
  const lanes = Promise.all([eventLane, dataLane]);
  const failed = new Promise<never>((_resolve, reject) => {
    lanes.catch((thrown: unknown) => {
      if (stop.signal.aborted) return;
      stats.trouble = errorText(thrown);
      log.error('ingest.failed', errorText(thrown));
      reject(thrown);
    });
  });
  failed.catch(() => undefined);

  return {
    status: () => stats.status(now()),
    failed,
    async [Symbol.asyncDispose]() {
      responder.unsubscribe();
      events.close();
      data.close();
      // What is in flight may end; what still waits for an engine is cut off and repeated at the next start.
      const timer = setTimeout(() => stop.abort(), STOP_MS);
      await lanes.catch(() => undefined);
      clearTimeout(timer);
      stop.abort();
      receipts.close();
      if (!nats.isClosed()) await nats.flush();
    },
  };
}

const STOP_MS = 3_000;

function atMostEvery(everyMs: number, now: () => number, run: (key: string) => void): (key: string) => void {
  const last = new Map<string, number>();
  return (key) => {
    if (now() - (last.get(key) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    last.set(key, now());
    run(key);
  };
}
