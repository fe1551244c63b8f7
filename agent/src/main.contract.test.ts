import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import {
  ACTUAL_BUCKET,
  answerChunk,
  createUserKey,
  DATA_STREAM,
  EVENT_STREAM,
  headers,
  openBatch,
  parseBatchId,
  parseEvent,
  schemaName,
  signals,
  subjects,
  textAt,
} from '@airis/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStatus } from './commands/status.ts';
import { freePort } from './free-port-under-test.ts';
import { writeIdentity } from './identity.ts';
import { startTestNats, type TestNats } from './link/nats-under-test.ts';

const agent = 'whole-1';
const cli = join(import.meta.dirname, 'cli.ts');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-agent-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function enrolAt(nats: TestNats): void {
  const { seed } = createUserKey();
  const shared = { jwt: '', caPem: null, certificatePem: null, roots: [], hubUrl: 'http://127.0.0.1' };
  writeIdentity(folder, { agent, seed, natsUrls: [nats.url], enrolledAtUnixMs: Date.now(), ...shared });
  nats.hub.subscribe(subjects.watermark(agent), {
    callback: (_, message) => {
      message.respond(JSON.stringify({ receipts: [] }));
    },
  });
}

/** What the agent answers, unpacked, chunk by chunk. */
async function askFor(nats: TestNats, verb: string, question: object): Promise<string[]> {
  const request = `request-${verb}-${Math.round(performance.now())}`;
  const chunks: string[] = [];
  let isWhole = false;
  nats.hub.subscribe(subjects.answer(agent, request), {
    callback: (_, message) => {
      const { body, last, error } = answerChunk.parse(message.json());
      chunks.push(error?.code ?? (body === '' ? '' : zstdDecompressSync(Buffer.from(body, 'base64')).toString('utf8')));
      isWhole = last;
    },
  });
  const times = { deadlineUnixMs: Date.now() + 10_000, fromUnixMs: Date.now() - 60_000, toUnixMs: Date.now() };
  const asked = { request, maxBytes: 1 << 20, ...times, ...question };
  nats.hub.publish(subjects.ask(agent, verb), JSON.stringify(asked));
  await expect.poll(() => isWhole, slow).toBe(true);
  return chunks;
}

interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
  stderr(): string;
  ended(): Promise<number | null>;
}

function startProgram(...settings: string[]): Program {
  const set = settings.flatMap((setting) => ['--set', setting]);
  const words = ['--conditions=airis-source', cli, 'run', '--dir', folder, ...set];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr?.on('data', (part: Buffer) => {
    text += part.toString();
  });
  const exit = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  return {
    child,
    stderr: () => text,
    ended: () => exit,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

interface Stored {
  readonly seq: number;
  readonly kind: string;
  readonly schema: string;
  readonly previous: string;
  readonly data: Uint8Array;
}

async function stored(nats: TestNats, stream: string): Promise<Stored[]> {
  const consumer = await jetstream(nats.hub).consumers.get(stream);
  const { num_pending: pending } = await consumer.info();
  const found: Stored[] = [];
  if (pending === 0) return found;
  for await (const message of await consumer.fetch({ max_messages: pending, expires: 5_000 })) {
    const head = (name: string) => message.headers?.get(name) ?? '';
    found.push({
      seq: parseBatchId(head(headers.msgId))?.seq ?? -1,
      kind: message.subject.slice(message.subject.lastIndexOf('.') + 1),
      schema: head(headers.schema),
      previous: head(headers.previousSpooledAt),
      data: message.data,
    });
  }
  return found;
}

const slow = { timeout: 40_000, interval: 300 };

describe('the whole agent', () => {
  it('collects, announces, summarises, tells its health, and stops in order', async () => {
    await using nats = await startTestNats();
    enrolAt(nats);
    await using program = startProgram();
    const kinds = async (stream: string) => (await stored(nats, stream)).map(({ kind }) => kind);
    await expect.poll(() => kinds(EVENT_STREAM), slow).toContain('health');
    await expect.poll(() => kinds(DATA_STREAM), slow).toEqual(expect.arrayContaining(['series', 'block']));

    for (const { schema, data } of await stored(nats, DATA_STREAM)) {
      const signal = Object.values(signals).find((one) => schemaName(one) === schema);
      expect(signal).toBeDefined();
      expect(openBatch(signal!, data, Date.now())).toMatchObject({ ok: true });
    }
    for (const { kind, data } of await stored(nats, EVENT_STREAM))
      expect(parseEvent(kind, data)).toMatchObject({ ok: true });

    const before = (await stored(nats, DATA_STREAM)).length;
    nats.hub.publish(subjects.nudge(agent), JSON.stringify({ liveUntilUnixMs: Date.now() + 30_000 }));
    const liveBlocks = async () =>
      (await stored(nats, DATA_STREAM)).slice(before).filter(({ kind, data }) => {
        const opened = kind === 'block' ? openBatch(signals.block, data, Date.now()) : null;
        return opened?.ok === true && opened.value.column('stepMs', 'uint32')[0] === 1_000;
      }).length;
    await expect.poll(liveBlocks, slow).toBeGreaterThanOrEqual(2);

    const second = startProgram();
    expect(await second.ended()).toBe(1);
    expect(second.stderr()).toMatch(/ALREADY_RUNNING/);

    program.child.kill('SIGTERM');
    expect(await program.ended()).toBe(0);
    const events = await stored(nats, EVENT_STREAM);
    const changes = events
      .filter(({ kind }) => kind === 'change')
      .map(({ data }) => JSON.parse(Buffer.from(data).toString()).kind);
    expect([changes[0], changes.at(-1)]).toEqual(['agent-start', 'agent-stop']);
    expect(readStatus(folder)).toMatchObject({ link: { state: 'connected' }, health: { detection: { error: null } } });
  });

  it('goes on without a gap after kill -9, and says when it last spooled', async () => {
    await using nats = await startTestNats();
    enrolAt(nats);
    {
      await using first = startProgram();
      await expect.poll(async () => (await stored(nats, DATA_STREAM)).length, slow).toBeGreaterThanOrEqual(2);
      first.child.kill('SIGKILL');
      await first.ended();
    }
    const before = (await stored(nats, DATA_STREAM)).length;
    expect(existsSync(join(folder, 'spool.sqlite'))).toBe(true);
    await using _ = startProgram();
    await expect.poll(async () => (await stored(nats, DATA_STREAM)).length, slow).toBeGreaterThanOrEqual(before + 2);
    const data = await stored(nats, DATA_STREAM);
    expect(data.map(({ seq }) => seq)).toEqual(data.map((_, i) => i + 1));
    const marked = data.filter(({ previous }) => previous !== '');
    expect(marked).toHaveLength(1);
    expect(marked[0]!.seq).toBeGreaterThan(1);
    expect(Math.abs(Number(marked[0]!.previous) - Date.now())).toBeLessThan(120_000);
    expect(readFileSync(join(folder, 'agent.pid'), 'utf8')).toMatch(/^\d+\n$/);
  });

  it('sends on what programs push, and tells the hub what their metrics are', async () => {
    await using nats = await startTestNats();
    enrolAt(nats);
    const [statsd, otlp] = [await freePort(), await freePort()];
    await using program = startProgram(
      `collectors.statsd.listen="127.0.0.1:${statsd}"`,
      `collectors.otlp.listen="127.0.0.1:${otlp}"`,
    );
    const post = async (path: string, body: object) => {
      const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
      return (await fetch(`http://127.0.0.1:${otlp}/v1/${path}`, sent).catch(() => null))?.status;
    };
    const logRecords = [{ severityNumber: 17, body: { stringValue: 'payment failed' } }];
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
    const logs = { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] };
    await expect.poll(() => post('logs', logs), slow).toBe(200);
    const nanos = (beforeMs: number) => `${Date.now() - beforeMs}000000`;
    const span = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      kind: 2,
      startTimeUnixNano: nanos(300),
      endTimeUnixNano: nanos(100),
    };
    expect(await post('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] })).toBe(200);
    const socket = createSocket('udp4');
    await new Promise<void>((done) => socket.send('shop.orders:3|c', statsd, '127.0.0.1', () => done()));
    await new Promise<void>((done) => socket.close(done));

    const texts = async (kind: keyof typeof signals, column: string): Promise<string[]> =>
      (await stored(nats, DATA_STREAM))
        .filter((batch) => batch.kind === kind)
        .flatMap(({ data }) => {
          const opened = openBatch(signals[kind], data, Date.now());
          if (!opened.ok) throw new Error(opened.reason);
          const values = opened.value.column(column, 'utf8');
          return Array.from({ length: opened.value.rows }, (_, row) => textAt(values, row));
        });
    await expect.poll(() => texts('transaction', 'service'), slow).toContain('service:shop');
    await expect.poll(() => texts('series', 'metric'), slow).toContain('shop.orders');
    expect(await askFor(nats, 'trace', { traceId: span.traceId })).toEqual([expect.stringContaining('service:shop')]);
    expect(await askFor(nats, 'window', { kind: 'transaction' })).toEqual([
      expect.stringContaining('service:shop'),
      '',
    ]);
    expect(await askFor(nats, 'window', { kind: 'log' })).toEqual(['']);
    await expect.poll(() => readStatus(folder)?.held?.spanBytes, slow).toBeGreaterThan(100);
    const actual = async () => {
      const message = await (await jetstreamManager(nats.hub)).streams.getMessage(`KV_${ACTUAL_BUCKET}`, {
        last_by_subj: `$KV.${ACTUAL_BUCKET}.${agent}`,
      });
      return message?.json<{ emits: Record<string, unknown> }>().emits['shop.orders'];
    };
    await expect.poll(actual, slow).toEqual({ unit: '{event}', kind: 'counter', about: 'StatsD counter' });
    program.child.kill('SIGTERM');
    expect(await program.ended()).toBe(0);
    expect(await texts('template', 'source')).toContain('otlp:shop');
  });
});
