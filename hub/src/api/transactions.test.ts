import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransactionRow } from './ports.ts';
import { startTestHub, type TestHub } from './test-hub.ts';

const now = Date.now();
const [was, app] = ['service:shop-was', 'service:shop-app'];
const row = (fields: Partial<TransactionRow>): TransactionRow => ({
  endUnixMs: now,
  elapsedMs: 100,
  status: 200,
  flags: 0,
  service: was,
  route: 'GET /orders/{}',
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentSpanId: '',
  peer: '127.0.0.1:7001',
  peerElapsedMs: 60,
  agent: 'shop-was',
  ...fields,
});

let hub: TestHub;
beforeAll(async () => {
  const edge = { caller: was, callee: app, via: '127.0.0.1:7001', confidence: 0.9 };
  const rate = { callsPerSecond: 2, meanElapsedMs: 60, errorRatio: 0 };
  hub = await startTestHub({
    query: {
      transactions: async () => ({
        kind: 'dots',
        services: [was],
        count: 2,
        timesMs: Float32Array.of(0, 1500),
        elapsedMs: Float32Array.of(12.5, 900),
        status: Uint16Array.of(200, 503),
        flags: Uint8Array.of(0, 1),
        service: Uint8Array.of(0, 0),
      }),
      transactionList: async () => ({ items: [row({ flags: 1, status: 503 })], total: 7 }),
      trace: async () => [
        row({}),
        row({ service: app, agent: 'shop-app', spanId: 'c'.repeat(16), parentSpanId: 'b'.repeat(16), elapsedMs: 40 }),
      ],
      traceSpans: async () => [
        {
          endUnixMs: now,
          elapsedMs: 30,
          kind: 3,
          flags: 0,
          service: was,
          name: 'select ?',
          traceId: 'a'.repeat(32),
          spanId: 'd'.repeat(16),
          parentSpanId: 'b'.repeat(16),
          peer: '127.0.0.1:7001',
          agent: 'shop-was',
        },
      ],
      activeRequests: async () => [{ agent: 'shop-was', lt3s: 4, from3to8s: 1, ge8s: 0, atUnixMs: now }],
    },
    topology: {
      entityAt: () => app,
      map: () => ({
        entities: [app, was, 'address:10.0.0.9:6379'],
        edges: [{ ...edge, evidence: [{ kind: 'transaction', text: 'seen', count: 2, lastSeenAtUnixMs: now }] }],
        rates: new Map([[`${was} ${app}`, { now: rate, usual: null }]]),
        services: new Map([[app, { service: app, calls: 120, failed: 12, p95ElapsedMs: 80 }]]),
        serviceWindowMs: 60_000,
      }),
    },
  });
});
afterAll(() => hub[Symbol.asyncDispose]());

const ask = (method: string, path: string, body?: unknown) =>
  hub.call(method, `/api/v1${path}`, { token: hub.tokens.viewer, ...(body === undefined ? {} : { body }) });

describe('transactions', () => {
  it('come in packed columns, for times as text or number', async () => {
    const answer = await ask('POST', '/query/transactions', { from: now - 2_000, to: 'now' });
    expect(answer).toMatchObject({
      status: 200,
      body: { kind: 'dots', fromUnixMs: now - 2_000, services: [was], count: 2 },
    });
    const bytes = Buffer.from((answer.body as { elapsedMs: string }).elapsedMs, 'base64');
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([12.5, 900]);
    expect((await ask('POST', '/query/transactions', { from: 'now', to: '-1m' })).status).toBe(400);
    expect((await ask('POST', '/query/transactions', { from: '-90d', to: 'now' })).status).toBe(400);
  });

  it('are listed with who answered behind the address', async () => {
    const { body } = await ask('POST', '/query/transactions/list', { from: '-1m', to: 'now' });
    expect(body).toMatchObject({ total: 7, items: [{ failed: true, callee: app, host: 'host:shop-was' }] });
  });

  it('are walked as a trace', async () => {
    const { body } = await ask('POST', '/query/traces', { traceId: 'a'.repeat(32), around: now });
    expect(body).toMatchObject({
      spans: [
        { service: was, depth: 0, selfMs: 60 },
        { service: app, depth: 1, selfMs: 40 },
        { service: was, depth: 1, selfMs: 30 },
      ],
    });
    expect((await ask('POST', '/query/traces', { traceId: 'nope' })).status).toBe(400);
  });

  it('are one walk with the spans that are stored, and with what hosts answer', async () => {
    const query = { traceId: 'a'.repeat(32), around: now };
    expect((await ask('POST', '/query/held-trace', query)).status).toBe(403);
    const path = '/api/v1/query/held-trace';
    const { body, status } = await hub.call('POST', path, { token: hub.tokens.operator, body: query });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      cut: 0,
      spans: [
        { service: was, kind: 'server', depth: 0, calls: 2, selfMs: 60, isHeld: false },
        { service: app, depth: 1 },
        { service: was, route: 'select ?', kind: 'client', depth: 1, callee: app, isHeld: false },
      ],
      // Nobody has enrolled here: what the rows say is not believed.
      hosts: [
        { host: 'host:shop-was', state: 'revoked', spans: 0 },
        { host: 'host:shop-app', state: 'revoked' },
      ],
    });
    const { items } = (await hub.call('GET', '/api/v1/audit', { token: hub.tokens.admin })).body as {
      items: readonly { action: string }[];
    };
    expect(items.map(({ action }) => action)).toContain('host.trace-asked');
  });

  it('in flight are counted by service', async () => {
    const { body } = await ask('GET', '/transactions/active');
    expect(body).toMatchObject({ items: [{ host: 'host:shop-was', lt3s: 4, from3to8s: 1, ge8s: 0 }] });
  });
});

it('draws the service map', async () => {
  const { status, body } = await ask('GET', '/topology');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    nodes: [
      { entity: app, state: 'ok', callsPerSecond: 2, p95ElapsedMs: 80, errorRatio: 0.1 },
      { entity: was, callsPerSecond: null },
      { entity: 'address:10.0.0.9:6379', tier: 'external' },
    ],
    edges: [{ caller: was, callee: app, via: '127.0.0.1:7001', callsPerSecond: 2, usual: null }],
  });
});
