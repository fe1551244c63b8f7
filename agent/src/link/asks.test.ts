import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { answerChunk, openBatch, recordedPart, recordedVisit, type SignalName, signals, textAt } from '@airis/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Gate } from '../gate/gate.ts';
import { openFloor } from '../gate/log-rules.ts';
import { silentLog } from '../log.ts';
import { Refusals } from '../refusals.ts';
import type { RecordingRow } from '../rum/recordings.ts';
import { KeptRows } from '../store/kept-rows.ts';
import { type LogRow, logRow } from '../store/log-row.ts';
import { SegmentStore } from '../store/segment-store.ts';
import { rowOf, type SpanRow } from '../traces/trace-span.ts';
import { TransactionColumns } from '../transactions/transaction-columns.ts';
import { Asks } from './asks.ts';

const t0 = 1_800_000_000_000;
const traceId = '0af7651916cd43dd8448eb211c80319c';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-asks-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function rig() {
  let nowMs = t0 + 60_000;
  const refusals = new Refusals();
  const segments = new SegmentStore({
    folder,
    retentionMs: 3_600_000,
    limitBytes: () => 1e9,
    nowMs: () => nowMs,
    log: silentLog,
    onRefused: (reason) => refusals.count(reason),
  });
  const gate = new Gate({ floor: openFloor, pseudonymKey: new Uint8Array(32), refusals });
  gate.setGeneralLogSources(['/general']);
  const lines = new KeptRows<LogRow>(segments, 'log', silentLog);
  const recordings = new KeptRows<RecordingRow>(segments, 'replay', silentLog);
  const spans = new KeptRows<SpanRow>(segments, 'span', silentLog);
  const none = { window: () => [].values(), recent: () => [].values() };
  const nobody = { localStore: none, metricPath: none };
  const asks = new Asks({
    held: {
      ...nobody,
      threads: { machines: () => [], dump: async () => '' },
      segments,
      lines,
      spans,
      recordings,
      gate,
      nowMs: () => nowMs,
    },
    mayAsk: () => true,
    refusals,
    log: silentLog,
  });
  return {
    segments,
    gate,
    lines,
    spans,
    recordings,
    refusals,
    setNow: (ms: number) => {
      nowMs = ms;
    },
    note(source: string, second: number, text: string) {
      lines.add(logRow(gate.readLog({ source, timeUnixMs: t0 + second * 1_000, severity: 17, text })));
    },
    async ask(question: object, verb = 'window') {
      const common = { request: 'request-1', deadlineUnixMs: t0 + 90_000, maxBytes: 8 << 20 };
      const times = { fromUnixMs: t0 + 10_000, toUnixMs: t0 + 19_000 };
      const chunks: ReturnType<(typeof answerChunk)['parse']>[] = [];
      await asks.take({
        verb,
        payload: Buffer.from(JSON.stringify({ ...common, ...times, ...question })),
        answer: (_, chunk) => chunks.push(answerChunk.parse(JSON.parse(Buffer.from(chunk).toString()))) > 0,
      });
      expect(chunks.map(({ chunk }) => chunk)).toEqual(chunks.map((_, i) => i));
      expect(chunks.map(({ last }) => last)).toEqual(chunks.map((_, i) => i === chunks.length - 1));
      return chunks;
    },
  };
}

/** One text column of every batch of an answer. */
function column(name: SignalName, wanted: string, chunks: readonly { readonly body: string }[]): string[] {
  return chunks.flatMap(({ body }) => {
    if (body === '') return [];
    const opened = openBatch(signals[name], Buffer.from(body, 'base64'), t0 + 60_000);
    if (!opened.ok) throw new Error(opened.detail);
    const values = opened.value.column(wanted, 'utf8');
    return Array.from({ length: opened.value.rows }, (_, row) => textAt(values, row));
  });
}

describe('a question for lines', () => {
  it('is answered with masked lines of general sources, and says how many stay', async () => {
    const held = rig();
    for (let second = 0; second < 30; second++) {
      held.note('/general', second, `order of hong@example.kr failed, try ${second}`);
      held.note('/private', second, `secret thing ${second}`);
    }
    const chunks = await held.ask({ kind: 'log' });
    expect(column('log', 'body', chunks)).toEqual(
      Array.from({ length: 10 }, (_, i) => `order of <email> failed, try ${10 + i}`),
    );
    expect(chunks.at(-1)?.withheldRows).toBe(10);
    // The class of a source is the one it has when it is asked for.
    held.gate.setGeneralLogSources([]);
    expect(column('log', 'body', await held.ask({ kind: 'log' }))).toEqual([]);
  });

  it('ends where the bytes or the time do', async () => {
    const held = rig();
    for (let i = 0; i < 20_000; i++) held.note('/general', 15, `line ${i.toString(36)} ${Math.sin(i)}`);
    expect((await held.ask({ kind: 'log' })).length).toBeGreaterThan(2);
    expect((await held.ask({ kind: 'log', maxBytes: 50_000 })).at(-1)?.error?.code).toBe('too-large');
    held.setNow(t0 + 91_000);
    expect(await held.ask({ kind: 'log' })).toMatchObject([{ error: { code: 'deadline' } }]);
  });
});

it('a question for a trace is answered with its spans alone, from wherever they lie', async () => {
  const held = rig();
  const span = { elapsedMs: 5, kind: 2, isError: true, service: 'service:shop', parentSpanId: '', peer: '' };
  for (let i = 0; i < 30; i++) {
    const id = i % 3 === 0 ? traceId : traceId.replace('0', '1');
    held.spans.add(
      rowOf({ ...span, endUnixMs: t0 + 1_000 * i, name: `n${i}`, traceId: id, spanId: traceId.slice(16) }),
    );
    if (i === 15) held.spans.flush();
  }
  const names = async (verb: string, question: object) => column('span', 'name', await held.ask(question, verb));
  expect(await names('trace', { traceId, fromUnixMs: t0, toUnixMs: t0 + 60_000 })).toHaveLength(10);
  expect(await names('trace', { traceId })).toEqual(['n12', 'n15', 'n18']);
  expect(await names('window', { kind: 'span' })).toHaveLength(10);
  expect(await held.ask({ traceId: 'x' }, 'trace')).toMatchObject([{ error: { code: 'malformed' } }]);
});

it('a question for a trace is answered with requests of access logs too, but not with those that spans told', async () => {
  const held = rig();
  const [own, other] = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'];
  const span = { elapsedMs: 5, isError: false, service: 'service:shop', parentSpanId: '', peer: '', name: 'told' };
  held.spans.add(rowOf({ ...span, kind: 3, endUnixMs: t0 + 12_000, traceId, spanId: other }));
  const columns = new TransactionColumns();
  const add = (second: number, of: string, spanId: string, status: number, peer: string, peerMs: number) =>
    columns.add(t0 + second * 1_000, 50, status, '', 'GET /x', of, spanId, own, peer, peerMs);
  add(11, traceId, '', 502, '10.0.0.7:8080', 40);
  add(11, traceId, '', 200, '', -1);
  add(12, traceId, other, 200, '10.0.0.7:8080', 5);
  add(13, traceId.replace('0', '1'), '', 200, '', -1);
  add(40, traceId, '', 200, '', -1);
  const { payload, fromUnixMs, toUnixMs } = columns.take('service:web')!;
  held.segments.append('transaction', { payload, fromUnixMs, toUnixMs });
  held.segments.append('transaction', { payload: Buffer.from('torn'), fromUnixMs, toUnixMs });

  const chunks = await held.ask({ traceId }, 'trace');
  expect(column('span', 'name', chunks)).toEqual(['told', 'GET /x', 'GET /x', 'GET /x']);
  expect(column('span', 'peer', chunks)).toEqual(['', '', '10.0.0.7:8080', '']);
  const ids = column('span', 'spanId', chunks);
  expect(new Set(ids).size).toBe(4);
  expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
  expect(column('span', 'parentSpanId', chunks)).toEqual(['', own, ids[1], own]);
  expect(column('span', 'service', chunks).slice(1)).toEqual(Array(3).fill('service:web'));
  // The same request has the same id whenever it is asked for.
  expect(column('span', 'spanId', await held.ask({ traceId }, 'trace'))).toEqual(ids);
});

it('a question for dots is answered with the batches as they were sent', async () => {
  const held = rig();
  const columns = new TransactionColumns();
  for (const second of [5, 15, 25]) {
    columns.add(t0 + second * 1_000, 5, 200, 'service:shop', `GET /${second}`, traceId, '', '', '', -1);
    const { payload, fromUnixMs, toUnixMs } = columns.take('service:x')!;
    held.segments.append('transaction', { payload, fromUnixMs, toUnixMs });
  }
  expect(column('transaction', 'route', await held.ask({ kind: 'transaction' }))).toEqual(['GET /15']);
});

it('no more than four are answered at one time, and each is told so', async () => {
  const held = rig();
  for (let i = 0; i < 5; i++) {
    held.note('/general', 15, `x ${i}`);
    held.lines.flush();
  }
  const answers = await Promise.all(Array.from({ length: 6 }, () => held.ask({ kind: 'log' })));
  expect(answers.filter((chunks) => chunks[0]?.error?.code === 'busy')).toHaveLength(2);
  expect(held.refusals.snapshot()).toEqual({ 'ask-busy': 2 });
});

it('recordings of visits are listed, and one visit is answered part by part', async () => {
  const held = rig();
  const [one, other, home, cart] = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(16)) as [
    string,
    string,
    string,
    string,
  ];
  held.recordings.add([t0 + 11_000, one, 'shop', '/', home, 0, '[{"type":1}]']);
  held.recordings.add([t0 + 12_000, other, 'shop', '/', home, 0, '[]']);
  held.recordings.flush();
  held.recordings.add([t0 + 13_000, one, 'shop', '/cart', cart, 0, '[{"type":4}]']);
  held.recordings.add([t0 + 14_000, one, 'shop', '/cart', cart, 1, '[{"type":3}]']);
  const read = async (question: object) =>
    (await held.ask(question, 'replay')).flatMap(({ body }) =>
      body === '' ? [] : JSON.parse(zstdDecompressSync(Buffer.from(body, 'base64')).toString()),
    );
  const listed = (await read({})).map((visit: unknown) => recordedVisit.parse(visit));
  expect(listed).toEqual([
    { visit: other, site: 'shop', routes: ['/'], fromUnixMs: t0 + 12_000, toUnixMs: t0 + 12_000, bytes: 2 },
    { visit: one, site: 'shop', routes: ['/', '/cart'], fromUnixMs: t0 + 11_000, toUnixMs: t0 + 14_000, bytes: 36 },
  ]);
  expect((await read({ visit: one })).map((part: unknown) => recordedPart.parse(part))).toEqual([
    { page: home, part: 0, route: '/', events: [{ type: 1 }] },
    { page: cart, part: 0, route: '/cart', events: [{ type: 4 }] },
    { page: cart, part: 1, route: '/cart', events: [{ type: 3 }] },
  ]);
  expect(await held.ask({ visit: one, maxBytes: 10 }, 'replay')).toMatchObject([{ error: { code: 'too-large' } }]);
  expect(await held.ask({ visit: '../x' }, 'replay')).toMatchObject([{ error: { code: 'malformed' } }]);
});
