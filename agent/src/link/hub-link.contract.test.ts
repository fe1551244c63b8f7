import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  agentPermissions,
  createUserKey,
  DATA_STREAM,
  type DeliveryClass,
  type Desired,
  EVENT_STREAM,
  type Nudge,
  parseBatchId,
  type Receipt,
  subjects,
  tombstone,
} from '@airis/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { headers as natsHeaders } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Identity } from '../identity.ts';
import { silentLog } from '../log.ts';
import { Spool } from '../store/spool.ts';
import { type Priority, priorities } from '../store/spool-item.ts';
import { HubLink, type LinkTiming } from './hub-link.ts';
import { startTestNats, type TestNats } from './nats-under-test.ts';

const agent = 'web-1';
const key = createUserKey();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-link-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const settingsWith = (agentUser: string) =>
  `authorization { users: [ { user: hub, password: hub }${agentUser === '' ? '' : `, ${agentUser}`} ] }`;
const { publish, subscribe } = agentPermissions(agent);
const withAgent = settingsWith(
  `{ nkey: ${key.publicKey}, permissions: { publish: ${JSON.stringify(publish)}, subscribe: ${JSON.stringify(subscribe)} } }`,
);

const identity = (url: string): Identity => ({
  agent,
  jwt: 'none',
  seed: key.seed,
  natsUrls: [url],
  caPem: null,
  certificatePem: null,
  roots: [],
  hubUrl: 'http://127.0.0.1',
  enrolledAtUnixMs: 0,
});

function openSpool(limitBytes = 8e6): Spool {
  return new Spool({
    path: join(folder, 'spool.sqlite'),
    limitBytes,
    syncEveryMs: 20,
    nowMs: Date.now,
    log: silentLog,
  });
}

function append(spool: Spool, priority: Priority, text: string, sizeBytes = 0): void {
  const isEvent = priority >= priorities.change;
  spool.append({
    class: isEvent ? 'event' : 'data',
    kind: isEvent ? 'finding' : 'block',
    schema: isEvent ? 'finding/1' : 'block/1',
    priority,
    rows: 1,
    fromUnixMs: 1,
    toUnixMs: 2,
    payload: Buffer.concat([Buffer.from(text), Buffer.alloc(sizeBytes)]),
  });
}

interface Linked extends AsyncDisposable {
  readonly link: HubLink;
  readonly desired: Desired[];
  readonly nudges: Nudge[];
}

function startLink(nats: TestNats, spool: Spool, timing: Partial<LinkTiming> = {}): Linked {
  const desired: Desired[] = [];
  const nudges: Nudge[] = [];
  const link = new HubLink({
    identity: identity(nats.url),
    spool,
    nowMs: Date.now,
    random: Math.random,
    log: silentLog,
    onDesired: (wanted) => desired.push(wanted),
    onNudge: (nudge) => nudges.push(nudge),
    onAsk: ({ verb, payload, answer }) => answer('request-1', Buffer.from(`${verb}:${Buffer.from(payload)}`)),
    actual: () => ({
      schema: 1,
      agentVersion: '0',
      protocolVersion: 1,
      revisionApplied: 0,
      refused: [],
      inventoryDigest: '',
      emits: {},
    }),
    timing: { publishTimeoutMs: 1_000, askWatermarkTimeoutMs: 1_000, ...timing },
  });
  link.start();
  return { link, desired, nudges, [Symbol.asyncDispose]: () => link[Symbol.asyncDispose]() };
}

/** The hub's side of watermarks and receipts: nothing but memory. */
function answerWatermarks(nats: TestNats, receipts: () => Receipt[]) {
  let asked = 0;
  const subscription = nats.hub.subscribe(subjects.watermark(agent), {
    callback: (_, message) => {
      asked++;
      message.respond(JSON.stringify({ receipts: receipts() }));
    },
  });
  return { asked: () => asked, stop: () => subscription.unsubscribe() };
}

async function stored(nats: TestNats, stream: string): Promise<{ id: string; text: string; subject: string }[]> {
  const consumer = await jetstream(nats.hub).consumers.get(stream);
  const { num_pending: pending } = await consumer.info();
  const found: { id: string; text: string; subject: string }[] = [];
  if (pending === 0) return found;
  for await (const message of await consumer.fetch({ max_messages: pending, expires: 5_000 })) {
    found.push({ id: message.headers?.get('Nats-Msg-Id') ?? '', text: message.string(), subject: message.subject });
  }
  return found;
}

const count = async (nats: TestNats, stream: string) =>
  (await (await jetstreamManager(nats.hub)).streams.info(stream)).state.messages;

function sendReceipt(nats: TestNats, spool: Spool, name: DeliveryClass, upTo: number) {
  nats.hub.publish(subjects.receipt(agent), JSON.stringify({ epoch: spool.epoch, class: name, upTo }));
}

describe('hub link', () => {
  it('waits for the hub, then sends events and data under their ids, and forgets what has a receipt', async () => {
    await using nats = await startTestNats({ settings: withAgent });
    using spool = openSpool();
    for (let i = 1; i <= 100; i++) append(spool, priorities.summary, `data ${i}`);
    for (let i = 1; i <= 20; i++) append(spool, priorities.finding, `finding ${i}`);
    await using linked = startLink(nats, spool);
    await expect.poll(() => linked.link.status().state).toBe('waiting-for-hub');
    await expect.poll(() => linked.link.status().failures.watermark).toBeGreaterThan(0);
    expect(await count(nats, DATA_STREAM)).toBe(0);

    answerWatermarks(nats, () => []);
    await expect.poll(() => count(nats, DATA_STREAM), { timeout: 10_000 }).toBe(100);
    expect(await count(nats, EVENT_STREAM)).toBe(20);
    const data = await stored(nats, DATA_STREAM);
    expect(data.map(({ text }) => text)).toEqual(Array.from({ length: 100 }, (_, i) => `data ${i + 1}`));
    expect(data.map(({ id }) => parseBatchId(id))).toEqual(
      data.map((_, i) => ({ agent, epoch: spool.epoch, class: 'data', seq: i + 1 })),
    );
    expect(data[0]!.subject).toBe('airis.data.web-1.block');
    expect(spool.health().batches).toBe(120);

    sendReceipt(nats, spool, 'data', 60);
    sendReceipt(nats, spool, 'event', 20);
    await expect.poll(() => spool.health().batches).toBe(40);
    append(spool, priorities.finding, 'one more');
    await expect.poll(() => count(nats, EVENT_STREAM)).toBe(21);
  });

  it('loses nothing and stores nothing twice when the server is killed under load', async () => {
    await using nats = await startTestNats({ settings: withAgent });
    using spool = openSpool();
    answerWatermarks(nats, () => []);
    await using linked = startLink(nats, spool);
    let sent = 0;
    const load = setInterval(() => {
      for (let i = 0; i < 20; i++) append(spool, priorities.summary, `data ${++sent}`);
    }, 20);
    for (let round = 0; round < 2; round++) {
      await expect.poll(() => linked.link.status().state, { timeout: 20_000 }).toBe('connected');
      const before = await count(nats, DATA_STREAM).catch(() => 0);
      await expect.poll(() => count(nats, DATA_STREAM), { timeout: 20_000 }).toBeGreaterThan(before + 50);
      await nats.kill();
      await expect.poll(() => linked.link.status().state).toBe('disconnected');
      await nats.restart();
    }
    clearInterval(load);
    spool.flush();
    await expect.poll(() => count(nats, DATA_STREAM), { timeout: 30_000 }).toBe(sent);
    const texts = (await stored(nats, DATA_STREAM)).map(({ text }) => text);
    expect(new Set(texts).size).toBe(sent);
  });

  it('goes on sending when the connection drops again while the hub is being asked', async () => {
    await using nats = await startTestNats({ settings: withAgent });
    using spool = openSpool();
    const hub = answerWatermarks(nats, () => []);
    await using linked = startLink(nats, spool, { askWatermarkTimeoutMs: 200 });
    append(spool, priorities.summary, 'before');
    await expect.poll(() => count(nats, DATA_STREAM), { timeout: 10_000 }).toBe(1);
    hub.stop();
    for (let round = 0; round < 3; round++) {
      const unanswered = linked.link.status().failures.watermark ?? 0;
      await nats.kill();
      await expect.poll(() => linked.link.status().state, { timeout: 10_000 }).toBe('disconnected');
      await nats.restart();
      await expect
        .poll(() => linked.link.status().failures.watermark ?? 0, { timeout: 15_000 })
        .toBeGreaterThan(unanswered);
    }
    answerWatermarks(nats, () => []);
    append(spool, priorities.summary, 'after');
    await expect.poll(() => count(nats, DATA_STREAM), { timeout: 20_000 }).toBe(2);
  });

  it('backs off while the stream is full, and goes on when there is room', async () => {
    await using nats = await startTestNats({ settings: withAgent, maxBytes: 40_000 });
    using spool = openSpool();
    answerWatermarks(nats, () => []);
    await using linked = startLink(nats, spool);
    for (let i = 1; i <= 30; i++) append(spool, priorities.summary, `data ${i}`, 3_000);
    append(spool, priorities.finding, 'finding');
    await expect.poll(() => linked.link.status().failures['stream-full'], { timeout: 10_000 }).toBeGreaterThan(0);
    expect(await count(nats, EVENT_STREAM)).toBe(1);
    expect(spool.health().batches).toBe(31);
    const manager = await jetstreamManager(nats.hub);
    const info = await manager.streams.info(DATA_STREAM);
    await manager.streams.update(DATA_STREAM, { ...info.config, max_bytes: 1_000_000 });
    await expect.poll(() => count(nats, DATA_STREAM), { timeout: 30_000 }).toBe(30);
  });

  it('sends again what the stream lost before the hub had it', async () => {
    await using nats = await startTestNats({ settings: withAgent });
    using spool = openSpool();
    const hub = answerWatermarks(nats, () => []);
    await using _ = startLink(nats, spool, { receiptOverdueMs: 200, resendAfterMs: 500 });
    append(spool, priorities.summary, 'data');
    await expect.poll(() => count(nats, DATA_STREAM)).toBe(1);
    const manager = await jetstreamManager(nats.hub);
    const { config } = await manager.streams.info(DATA_STREAM);
    await manager.streams.delete(DATA_STREAM);
    await manager.streams.add(config);
    await expect.poll(() => count(nats, DATA_STREAM), { timeout: 10_000 }).toBe(1);
    expect(hub.asked()).toBeGreaterThan(1);
  });

  it('takes a new epoch when the hub remembers more than the spool', async () => {
    await using nats = await startTestNats({ settings: withAgent });
    using spool = openSpool();
    const { epoch } = spool;
    append(spool, priorities.summary, 'data');
    answerWatermarks(nats, () => [{ epoch, class: 'data', upTo: 50 }]);
    await using _ = startLink(nats, spool);
    await expect.poll(() => count(nats, DATA_STREAM)).toBe(1);
    const [first] = await stored(nats, DATA_STREAM);
    expect(first!.id).toBe(`${agent}.${spool.epoch}.data.1`);
    expect(spool.epoch).not.toBe(epoch);
  });

  it('takes a new epoch when its first try is called a repetition', async () => {
    await using nats = await startTestNats({ settings: withAgent });
    using spool = openSpool();
    const { epoch } = spool;
    const head = natsHeaders();
    head.set('Nats-Msg-Id', `${agent}.${epoch}.data.1`);
    await nats.hub.request('airis.data.web-1.block', 'from a copy', { headers: head, timeout: 1_000 });
    answerWatermarks(nats, () => []);
    await using _ = startLink(nats, spool);
    append(spool, priorities.summary, 'own');
    await expect
      .poll(async () => (await stored(nats, DATA_STREAM)).map(({ text }) => text))
      .toEqual(['from a copy', 'own']);
    expect(spool.epoch).not.toBe(epoch);
  });

  it('says what a full spool evicted', async () => {
    await using nats = await startTestNats({ settings: withAgent });
    using spool = openSpool(4_000);
    for (let i = 1; i <= 40; i++) append(spool, priorities.fullResolution, `data ${i}`, 500);
    spool.flush();
    answerWatermarks(nats, () => []);
    await using _ = startLink(nats, spool);
    const last = async () => (await stored(nats, DATA_STREAM)).at(-1);
    await expect.poll(async () => parseBatchId((await last())?.id ?? '')?.seq).toBe(40);
    const [first] = await stored(nats, DATA_STREAM);
    expect(first!.subject).toBe('airis.data.web-1.tombstone');
    const told = tombstone.parse(JSON.parse(first!.text));
    expect(told).toMatchObject({ from: 1, reason: 'spool-full' });
    expect(parseBatchId(first!.id)!.seq).toBe(told.to);
    expect(told.rows).toBe(told.to);
  });

  it('shows that it was revoked, goes on spooling, and comes back when it is let in again', async () => {
    await using nats = await startTestNats({ settings: withAgent });
    using spool = openSpool();
    answerWatermarks(nats, () => []);
    await using linked = startLink(nats, spool, { revokedRetryMs: 500 });
    append(spool, priorities.summary, 'before');
    await expect.poll(() => count(nats, DATA_STREAM)).toBe(1);
    nats.reload(settingsWith(''));
    await expect.poll(() => linked.link.status().state, { timeout: 20_000 }).toBe('revoked');
    append(spool, priorities.summary, 'meanwhile');
    spool.flush();
    expect(spool.health().batches).toBe(2);
    nats.reload(withAgent);
    await expect.poll(() => linked.link.status().state, { timeout: 20_000 }).toBe('connected');
    await expect.poll(() => count(nats, DATA_STREAM), { timeout: 10_000 }).toBe(2);
  });

  it('counts what the server does not allow', async () => {
    const poor = settingsWith(
      `{ nkey: ${key.publicKey}, permissions: { publish: ["airis.watermark.${agent}", "airis.event.${agent}.*"], subscribe: ["_INBOX.${agent}.>"] } }`,
    );
    await using nats = await startTestNats({ settings: poor });
    using spool = openSpool();
    answerWatermarks(nats, () => []);
    await using linked = startLink(nats, spool);
    append(spool, priorities.summary, 'data');
    append(spool, priorities.finding, 'finding');
    await expect.poll(() => linked.link.status().failures['not-allowed']).toBeGreaterThan(0);
    await expect.poll(() => linked.link.status().failures.permission).toBeGreaterThan(0);
    await expect.poll(() => count(nats, EVENT_STREAM)).toBe(1);
    expect(spool.health().batches).toBe(2);
  });

  it('starts without NATS, reads what is wanted, hears nudges and questions, and says what runs', async () => {
    await using nats = await startTestNats({ settings: withAgent });
    await nats.kill();
    using spool = openSpool();
    append(spool, priorities.summary, 'data');
    await using linked = startLink(nats, spool);
    await nats.restart();
    answerWatermarks(nats, () => []);
    await expect.poll(() => count(nats, DATA_STREAM).catch(() => 0), { timeout: 20_000 }).toBe(1);
    const buckets = new Kvm(nats.hub);
    const desired = await buckets.open('desired');
    const actual = await buckets.open('actual');
    await expect.poll(async () => (await actual.get(agent))?.json<{ schema: number }>().schema).toBe(1);
    await desired.put(agent, JSON.stringify({ schema: 1, revision: 7, metrics: 'full' }));
    nats.hub.publish(subjects.nudge(agent), JSON.stringify({ revision: 7, liveUntilUnixMs: 5 }));
    await expect
      .poll(() => linked.desired.map(({ revision, metrics }) => ({ revision, metrics })))
      .toEqual([{ revision: 7, metrics: 'full' }]);
    expect(linked.nudges).toEqual([{ revision: 7, liveUntilUnixMs: 5 }]);
    const answers: string[] = [];
    nats.hub.subscribe(subjects.answer(agent, 'request-1'), {
      callback: (_, message) => void answers.push(message.string()),
    });
    nats.hub.publish(subjects.ask(agent, 'window'), 'question');
    await expect.poll(() => answers).toEqual(['window:question']);
  });
});
