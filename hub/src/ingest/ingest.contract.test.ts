import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zstdCompressSync } from 'node:zlib';
import { formatBatchId, headers, ok, type Receipt, refused, type SeriesIdentity, subjects } from '@airis/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { openDatabase, type SqliteDatabase } from '../store/state/database.ts';
import { createIngestStore, ingestMigrations, type NoticeRecord } from '../store/state/ingest.ts';
import { startTelemetryStore, type TelemetryStore } from '../store/telemetry/telemetry-store.ts';
import type { AgentEvent } from './event-sink.ts';
import { type FaultStep, faultSteps } from './fault.ts';
import { type Ingest, startIngest } from './ingest.ts';
import { AgentForTests, healthEvent, logBatch, spanBatch } from './testing/agent-for-tests.ts';
import type { IngestProcessOrder } from './testing/ingest-process.ts';
import { type NatsForTests, startNatsForTests } from './testing/nats-for-tests.ts';

const log = createLog('error');
const directory = {
  agent: async (id: string) => {
    const number = Number(/^agent-([1-9][0-9]*)$/.exec(id)?.[1]);
    return Number.isNaN(number) ? null : { number };
  },
};
const identity = (metric: string, i: number): SeriesIdentity => ({
  metric,
  kind: 'gauge',
  unit: '1',
  resource: {},
  attributes: { i: String(i) },
});

let folder: string;
let server: NatsForTests;
let telemetry: TelemetryStore;
let nats: NatsConnection;
let agents = 0;
const newAgent = () => {
  agents += 1;
  return { agent: new AgentForTests(nats, `agent-${agents}`), number: agents };
};
const count = async (query: string): Promise<number> => {
  const answer = await telemetry.client.query({ query: `SELECT toFloat64(${query}) AS n`, format: 'JSONEachRow' });
  return (await answer.json<{ n: number }>())[0]!.n;
};
const stored = (number: number) => count(`(SELECT count() FROM block WHERE agent = ${number})`);
const rolledUp = (table: string, number: number) => count(`(SELECT sum(count) FROM ${table} WHERE agent = ${number})`);
const now = Date.now();
const poll = { timeout: 20_000, interval: 50 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airis-ingest-'));
  server = await startNatsForTests();
  telemetry = await startTelemetryStore({ dataDir: folder, log });
  nats = await server.connect();
});
afterAll(async () => {
  await nats?.close();
  await telemetry?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('ingest', () => {
  let ingest: Ingest;
  let database: SqliteDatabase;
  const events: AgentEvent[] = [];
  const notices: NoticeRecord[] = [];
  /** Whose events the handler cannot bear. */
  const unbearable = { agent: '' };
  const state = () => createIngestStore(database);
  const quarantined = (reason: string) =>
    ingest.status().quarantined.find((entry) => entry.reason === reason)?.count ?? 0;

  beforeAll(async () => {
    database = openDatabase(join(folder, 'state.sqlite'), ingestMigrations);
    ingest = await startIngest({
      nats,
      telemetry,
      state: state(),
      agents: directory,
      events: {
        async handle(event) {
          if (event.kind === 'change') return refused('unwanted', 'for the test');
          if (event.agent === unbearable.agent) throw new TypeError('a bug in the handler');
          events.push(event);
          return ok(undefined);
        },
      },
      quarantineFolder: join(folder, 'quarantine'),
      log,
      onNotice: (notice) => notices.push(notice),
      seriesPerAgent: 50,
    });
  });
  afterAll(async () => {
    await ingest?.[Symbol.asyncDispose]();
    database?.close();
  });

  it('stores what agents publish, rollups too, and sends receipts', async () => {
    const { agent, number } = newAgent();
    const receipts: Receipt[] = [];
    nats.subscribe(subjects.receipt(agent.id), {
      callback: (_e, message) => void receipts.push(message.json<Receipt>()),
    });
    for (let i = 0; i < 20; i += 1) await agent.send('block', agent.block(now + i * 10_000, 30));
    await agent.send('log', logBatch(now, ['one', 'two']));
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await agent.send('span', spanBatch(now, traceId, ['GET /orders', 'SELECT']), 2);
    await expect.poll(() => receipts.at(-1), poll).toEqual({ epoch: agent.epoch, class: 'data', upTo: 22 });
    expect(await stored(number)).toBe(600);
    expect(await rolledUp('block_1m', number)).toBe(600);
    expect(await rolledUp('block_1h', number)).toBe(600);
    expect(await count(`(SELECT count() FROM log WHERE agent = ${number})`)).toBe(2);
    expect(await count(`(SELECT count() FROM span WHERE traceId = '${traceId}' AND why = 'error')`)).toBe(2);
    await expect.poll(async () => (await (await jetstreamManager(nats)).streams.info('DATA')).state.messages).toBe(0);
  });

  it('gives up an event that its handler cannot bear, and goes on with the next', async () => {
    const { agent: bad } = newAgent();
    const { agent: good } = newAgent();
    unbearable.agent = bad.id;
    await bad.event('health', healthEvent(now));
    await good.event('health', healthEvent(now));
    await expect.poll(() => events.filter((event) => event.agent === good.id).length, poll).toBe(1);
    expect(quarantined('handler-failed')).toBe(1);
    expect(events.filter((event) => event.agent === bad.id)).toEqual([]);
  });

  it('hands events to the sink once, and says what became of them', async () => {
    const { agent, number } = newAgent();
    await agent.event('health', healthEvent(now));
    await agent.event('change', {
      id: 'c-00000000',
      kind: 'restart',
      entity: 'host:a',
      atUnixMs: now,
      summary: { ko: '', en: '' },
    });
    await agent.event('finding', { nonsense: true });
    await expect
      .poll(() => events.filter((event) => event.agentNumber === number), poll)
      .toMatchObject([{ agent: agent.id, kind: 'health', payload: { atUnixMs: now } }]);
    await expect.poll(() => [quarantined('unwanted'), quarantined('wrong-shape')], poll).toEqual([1, 1]);
  });

  it('drops what comes back after every window has closed', async () => {
    const { agent, number } = newAgent();
    const payload = agent.block(now, 5);
    const id = agent.takeId('data');
    const values = { [headers.msgId]: id, [headers.schema]: 'block/1' };
    await agent.publish(subjects.data(agent.id, 'block'), payload, values);
    await expect.poll(() => stored(number), poll).toBe(5);
    const before = ingest.status().duplicatesDropped;
    const manager = await jetstreamManager(nats);
    // The broker forgets ids only with time; a stream of another name without a window stands for a closed one.
    const { config } = await manager.streams.info('DATA');
    await manager.streams.update('DATA', { ...config, duplicate_window: 100_000_000 });
    await expect
      .poll(async () => (await agent.publish(subjects.data(agent.id, 'block'), payload, values)).duplicate, poll)
      .toBe(false);
    await manager.streams.update('DATA', config);
    await expect.poll(() => ingest.status().duplicatesDropped, poll).toBe(before + 1);
    expect(await stored(number)).toBe(5);
    await expect.poll(() => rolledUp('block_1m', number), poll).toBe(5);
  });

  it.each<[string, (agent: AgentForTests) => Promise<unknown>]>([
    ['wrong-schema', (agent) => agent.send('point', agent.block(now, 1))],
    [
      'unknown-schema',
      (agent) =>
        agent.publish(subjects.data(agent.id, 'block'), agent.block(now, 1), {
          [headers.msgId]: agent.takeId('data'),
          [headers.schema]: 'block/9',
        }),
    ],
    ['not-zstd', (agent) => agent.send('block', Buffer.from('not a batch'))],
    ['bomb', (agent) => agent.send('block', zstdCompressSync(new Uint8Array(40_000_000)))],
    ['clock', (agent) => agent.send('block', agent.block(now + 365 * 86_400_000, 1))],
    ['clock', (agent) => agent.send('block', agent.block(now - 365 * 86_400_000, 1))],
    ['non-finite', (agent) => agent.send('block', agent.block(now, 1, Number.POSITIVE_INFINITY))],
    [
      'missing-id',
      (agent) => agent.publish(subjects.data(agent.id, 'block'), agent.block(now, 1), { [headers.schema]: 'block/1' }),
    ],
    [
      'foreign-id',
      (agent) =>
        agent.publish(subjects.data(agent.id, 'block'), agent.block(now, 1), {
          [headers.schema]: 'block/1',
          [headers.msgId]: formatBatchId({ agent: 'agent-1', epoch: agent.epoch, class: 'data', seq: 1 }),
        }),
    ],
    [
      'wrong-class',
      (agent) =>
        agent.publish(subjects.data(agent.id, 'block'), agent.block(now, 1), {
          [headers.schema]: 'block/1',
          [headers.msgId]: agent.takeId('event'),
        }),
    ],
    [
      'unknown-agent',
      (agent) =>
        agent.publish(subjects.data('stranger', 'block'), agent.block(now, 1), {
          [headers.schema]: 'block/1',
          [headers.msgId]: formatBatchId({ agent: 'stranger', epoch: agent.epoch, class: 'data', seq: 1 }),
        }),
    ],
  ])('quarantines %s and goes on', async (reason, send) => {
    const before = quarantined(reason);
    const { agent, number } = newAgent();
    await send(agent);
    await agent.send('block', agent.block(now, 3));
    await expect.poll(() => stored(number), poll).toBe(3);
    await expect.poll(() => quarantined(reason), poll).toBe(before + 1);
    expect((await state().quarantined(1))[0]).toMatchObject({ reason });
  });

  it('keeps refused payloads where only the hub may look', () => {
    const path = join(folder, 'quarantine');
    expect(statSync(path).mode & 0o077).toBe(0);
    for (const name of readdirSync(path)) expect(statSync(join(path, name)).mode & 0o077).toBe(0);
  });

  it('takes a tombstone for its range and shows the loss', async () => {
    const { agent, number } = newAgent();
    await agent.send('block', agent.block(now, 1));
    agent.next.data = 9;
    const tombstone = { from: 2, to: 9, rows: 4_321, reason: 'spool-full', fromUnixMs: now - 5_000, toUnixMs: now };
    await agent.publish(subjects.data(agent.id, 'tombstone'), Buffer.from(JSON.stringify(tombstone)), {
      [headers.msgId]: agent.takeId('data'),
    });
    await agent.send('block', agent.block(now + 10_000, 1));
    const wanted = [{ agent: number, reason: 'spool-full', rows: 4_321, fromUnixMs: now - 5_000, toUnixMs: now }];
    await expect
      .poll(() => state().losses({ fromUnixMs: now - 6_000, toUnixMs: now, agents: [number] }), poll)
      .toEqual(wanted);
    await expect.poll(() => askWatermark(agent), poll).toEqual([{ epoch: agent.epoch, class: 'data', upTo: 10 }]);
  });

  const askWatermark = async (agent: AgentForTests, next = agent.next) => {
    const request = { epoch: agent.epoch, next };
    const reply = `${subjects.inboxPrefix(agent.id)}.w`;
    const answer = new Promise<unknown>((resolve) => {
      nats.subscribe(reply, {
        max: 1,
        callback: (_error, message) => resolve(message.json<{ receipts: unknown }>().receipts),
      });
    });
    nats.publish(subjects.watermark(agent.id), JSON.stringify(request), { reply });
    return answer;
  };

  it('notices an agent that was set back, and none that was only away', async () => {
    const { agent } = newAgent();
    for (let count = 0; count < 3; count += 1) await agent.send('block', agent.block(now, 1));
    await expect.poll(() => askWatermark(agent, { event: 0, data: 3 }), poll).toMatchObject([{ upTo: 3 }]);
    const ofAgent = () => notices.filter((notice) => notice.agent === agent.id);
    expect(ofAgent()).toEqual([]);
    await askWatermark(agent, { event: 0, data: 2 });
    expect(ofAgent()).toMatchObject([{ kind: 'identity-cloned' }]);
  });

  it('answers nobody but the asking agent', async () => {
    const before = quarantined('foreign-reply');
    nats.publish(subjects.watermark('agent-1'), '{}', { reply: 'airis.order.agent-2' });
    await expect.poll(() => quarantined('foreign-reply'), poll).toBe(before + 1);
  });

  it('notices a cloned identity and keeps both apart', async () => {
    const { agent, number } = newAgent();
    const copy = new AgentForTests(nats, agent.id);
    for (const sender of [agent, copy, agent]) {
      await sender.send('block', sender.block(now, 2));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await expect.poll(() => stored(number), poll).toBe(6);
    await expect
      .poll(() => notices.filter((notice) => notice.agent === agent.id), poll)
      .toMatchObject([{ kind: 'identity-cloned' }]);
  });

  it('checks announced series and bounds their number', async () => {
    const { agent, number } = newAgent();
    const nudges: unknown[] = [];
    nats.subscribe(subjects.nudge(agent.id), { callback: (_error, message) => void nudges.push(message.json()) });
    await agent.announce(Array.from({ length: 60 }, (_, i) => identity('system.cpu.utilization', i)));
    const series = () => count(`(SELECT count() FROM series FINAL WHERE agent = ${number})`);
    await expect.poll(series, poll).toBe(50);
    await expect.poll(() => quarantined('series-limit'), poll).toBe(10);
    const { agent: other } = newAgent();
    const asked: unknown[] = [];
    nats.subscribe(subjects.nudge(other.id), { callback: (_error, message) => void asked.push(message.json()) });
    await other.send('block', other.block(now, 3));
    await expect.poll(() => asked, poll).toEqual([{ announce: true }]);
    expect(nudges).toEqual([]);
  });

  it('goes on where it was when the store is killed and comes back', async () => {
    const { agent, number } = newAgent();
    process.kill(telemetry.pid!, 'SIGKILL');
    for (let i = 0; i < 10; i += 1) await agent.send('block', agent.block(now + i * 10_000, 10));
    await expect.poll(() => stored(number).catch(() => -1), poll).toBe(100);
    await expect.poll(() => rolledUp('block_1m', number), poll).toBe(100);
  });
});

describe('a hub that is killed', () => {
  let process_: ChildProcess | null = null;
  afterAll(() => process_?.kill('SIGKILL'));

  const start = (order: IngestProcessOrder): Promise<void> => {
    const entry = fileURLToPath(new URL('./testing/ingest-process.ts', import.meta.url));
    const child = spawn(process.execPath, ['--conditions=airis-source', entry, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process_ = child;
    return new Promise((resolve, reject) => {
      child.stdout?.on('data', (text: Buffer) => text.includes('ready') && resolve());
      child.once('exit', (code, signal) =>
        signal === 'SIGKILL' ? resolve() : reject(new Error(`ended with ${code}`)),
      );
    });
  };
  const hasEnded = () => process_ === null || process_.exitCode !== null || process_.signalCode !== null;
  const ended = () =>
    new Promise<void>((resolve) => {
      if (hasEnded()) resolve();
      else process_?.once('exit', () => resolve());
    });

  it.each<FaultStep>(faultSteps)('loses and repeats nothing when it dies at %s', async (step) => {
    const place = join(folder, `kill-${step}`);
    mkdirSync(place);
    const url = new URL(telemetry.url);
    url.username = telemetry.username;
    url.password = telemetry.password;
    const order = {
      natsPort: server.port,
      telemetryUrl: url.href,
      incoming: telemetry.incoming,
      folder: place,
      killAt: null,
    };
    const senders = [newAgent(), newAgent(), newAgent()];
    let sent = 0;
    const sendRound = async () => {
      for (const { agent } of senders) await agent.send('block', agent.block(now + sent * 100, 20));
      sent += 1;
    };
    for (const time of [1, 2]) {
      await start({ ...order, killAt: { step, time } });
      while (!hasEnded()) await sendRound();
    }
    await start(order);
    for (let round = 0; round < 5; round += 1) await sendRound();
    for (const { number } of senders) {
      await expect.poll(() => stored(number), poll).toBe(sent * 20);
      await expect.poll(() => rolledUp('block_1m', number), poll).toBe(sent * 20);
      await expect.poll(() => rolledUp('block_1h', number), poll).toBe(sent * 20);
    }
    process_?.kill('SIGTERM');
    await ended();
    // Everything was acknowledged: the work queue is empty.
    const manager = await jetstreamManager(nats);
    await expect.poll(async () => (await manager.streams.info('DATA')).state.messages, poll).toBe(0);
  });
});
