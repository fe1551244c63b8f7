import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compressBatch, encodeBatch, joinBatches, openBatch, signals, utf8Column } from '@airis/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { startTelemetryStore, type TelemetryStore } from '../store/telemetry/telemetry-store.ts';
import { readActiveRequests } from './active-requests.ts';
import { readCallGaps } from './call-gaps.ts';
import { readCallSlices } from './call-slices.ts';
import { createQuery } from './query.ts';
import { readServiceRates } from './service-rates.ts';

const now = Math.floor(Date.now() / 10_000) * 10_000;
const [web, was, app] = ['service:shop-web', 'service:shop-was', 'service:shop-app'];
/** WAS to app goes through a proxy that takes 300 ms. */
const PROXY = '127.0.0.1:7001';
const DB = '127.0.0.1:5432';

interface Row {
  readonly t: number;
  readonly ms: number;
  readonly status?: number;
  readonly service: string;
  readonly trace: string;
  readonly span: string;
  readonly parent?: string;
  readonly peer?: string;
  readonly peerMs?: number;
}

let folder: string;
let telemetry: TelemetryStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airis-transactions-'));
  telemetry = await startTelemetryStore({ dataDir: folder, log: createLog('error') });
  await storeSpan();
  const calls = Array.from({ length: 100 }, (_, i) => call(i));
  for (const [i, agent] of [1, 2, 3].entries())
    await store(
      agent,
      calls.map((rows) => rows[i]!),
    );
});
afterAll(async () => {
  await telemetry?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** One request through three tiers, ten a second over the last ten seconds; every tenth fails. */
function call(i: number): readonly Row[] {
  const t = now - 10_000 + i * 100;
  const trace = i.toString(16).padStart(32, '0');
  const status = i % 10 === 0 ? 500 : 200;
  const of = { trace, status };
  return [
    { ...of, t, ms: 400 + i, service: web, span: 'aaaaaaaaaaaaaaaa', peer: '127.0.0.1:8080', peerMs: 390 },
    {
      ...of,
      t: t - 1,
      ms: 380,
      service: was,
      span: 'bbbbbbbbbbbbbbbb',
      parent: 'aaaaaaaaaaaaaaaa',
      peer: PROXY,
      peerMs: 350,
    },
    {
      ...of,
      t: t - 150,
      ms: 50,
      service: app,
      span: 'cccccccccccccccc',
      parent: 'bbbbbbbbbbbbbbbb',
      peer: DB,
      peerMs: 20,
    },
  ];
}

async function store(agent: number, rows: readonly Row[]): Promise<void> {
  const text = (of: (row: Row) => string | undefined) => utf8Column(rows.map((row) => of(row) ?? ''));
  const columns = [
    BigInt64Array.from(rows, ({ t }) => BigInt(t)),
    Float64Array.from(rows, ({ ms }) => ms),
    Uint32Array.from(rows, ({ status }) => status ?? 200),
    Uint8Array.from(rows, ({ status }) => Number((status ?? 200) >= 500)),
    text(({ service }) => service),
    text(() => 'GET /orders/{}'),
    text(({ trace }) => trace),
    text(({ span }) => span),
    text(({ parent }) => parent),
    text(({ peer }) => peer),
    Float64Array.from(rows, ({ peerMs }) => peerMs ?? Number.NaN),
  ];
  const opened = openBatch(
    signals.transaction,
    compressBatch(encodeBatch(signals.transaction, columns, rows.length)),
    now,
  );
  if (!opened.ok) throw new Error(opened.detail);
  const joined = joinBatches(signals.transaction, [{ batch: opened.value, agent, receivedAtMs: now }]);
  await telemetry.insertArrow('transaction', joined, `agent-${agent}`);
}

/** One call, as an agent sends spans. */
async function storeSpan(): Promise<void> {
  const texts = ['slow', app, 'select ?', 'f'.repeat(32), 'a'.repeat(16), 'b'.repeat(16), DB];
  const columns = [
    BigInt64Array.of(BigInt(now - 5_000)),
    Float64Array.of(12.5),
    Uint8Array.of(3),
    Uint8Array.of(1),
    ...texts.map((text) => utf8Column([text])),
  ];
  const opened = openBatch(signals.span, compressBatch(encodeBatch(signals.span, columns, 1)), now);
  if (!opened.ok) throw new Error(opened.detail);
  const joined = joinBatches(signals.span, [{ batch: opened.value, agent: 1, receivedAtMs: now }]);
  await telemetry.insertArrow('span', joined, 'spans');
}

const query = () =>
  createQuery({
    client: telemetry.client,
    losses: { losses: async () => [], lossTotals: async () => [] },
    agents: { agents: async () => [1, 2, 3].map((number) => ({ id: `agent-${number}`, number })) },
    now: () => now,
  });
const window = { fromUnixMs: now - 10_000, toUnixMs: now };

describe('transactions', () => {
  it('come as columns by time', async () => {
    const dots = await query().transactions({ ...window, services: [web, app], maxDots: 1_000 });
    if (dots.kind !== 'dots') throw new Error('no dots');
    expect(dots.services).toEqual([app, web]);
    expect(dots.count).toBe(dots.timesMs.length);
    expect([...dots.timesMs]).toEqual([...dots.timesMs].sort((left, right) => left - right));
    expect([...dots.status].filter((status) => status === 500)).toHaveLength(
      [...dots.flags].filter((f) => f === 1).length,
    );
    const slowest = dots.elapsedMs.indexOf(Math.max(...dots.elapsedMs));
    expect([dots.elapsedMs[slowest], dots.services[dots.service[slowest]!]]).toEqual([499, web]);
  });

  it('come as a grid where they are many, with the same counts', async () => {
    const grid = await query().transactions({ ...window, maxDots: 10 });
    if (grid.kind !== 'grid') throw new Error('no grid');
    expect(grid.count).toBe([...grid.cells.count].reduce((sum, count) => sum + count, 0));
    expect([...grid.cells.failed].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(25);
    for (const [i, bin] of grid.cells.bin.entries()) {
      const least = grid.services[grid.cells.service[i]!] === app ? 50 : 380;
      expect(grid.elapsedEdgesMs[bin]).toBeLessThanOrEqual(least + 120);
      expect(grid.elapsedEdgesMs[bin + 1]).toBeGreaterThan(least);
    }
  });

  it('are listed slowest first, and found again as a trace', async () => {
    const { items, total } = await query().transactionList({ ...window, services: [web], minElapsedMs: 490, limit: 2 });
    expect(total).toBe(10);
    expect(items.map(({ elapsedMs, agent }) => [elapsedMs, agent])).toEqual([
      [499, 'agent-1'],
      [498, 'agent-1'],
    ]);
    const trace = await query().trace({ traceId: items[0]!.traceId, ...window });
    expect(trace.map(({ service }) => service)).toEqual([app, was, web]);
    expect(await query().traceSpans({ traceId: 'f'.repeat(32), ...window })).toEqual([
      {
        endUnixMs: now - 5_000,
        elapsedMs: 12.5,
        kind: 3,
        flags: 1,
        service: app,
        name: 'select ?',
        traceId: 'f'.repeat(32),
        spanId: 'a'.repeat(16),
        parentSpanId: 'b'.repeat(16),
        peer: DB,
        agent: 'agent-1',
      },
    ]);
    expect((await query().transactionList({ ...window, errorsOnly: true, services: [web], limit: 500 })).total).toBe(
      10,
    );
  });

  it('are joined to calls, and to what lay between', async () => {
    const slices = await readCallSlices(telemetry.client, { ...window, sliceMs: 10_000 });
    const edges = slices.map(({ caller, callee, peer, calls }) => [caller, callee, peer, calls]);
    expect(edges).toContainEqual([was, app, PROXY, 99]);
    expect(edges.find(([caller]) => caller === app)).toMatchObject([app, '', DB, expect.any(Number)]);
    expect(slices.find(({ caller }) => caller === was)?.elapsedMsSum).toBe(99 * 350);

    const gaps = await readCallGaps(telemetry.client, { ...window, bucketMs: 2_000 });
    const ofLink = gaps.filter(({ caller }) => caller === was);
    expect(ofLink).toHaveLength(5);
    expect(ofLink[1]).toMatchObject({ callee: app, gapMsMedian: 300, calleeMsMedian: 50, stalled: 0, calls: 20 });
  });

  it('are counted by service', async () => {
    const rates = await readServiceRates(telemetry.client, window);
    expect(rates.find(({ service }) => service === web)).toMatchObject({ calls: 100, failed: 10 });
    expect(await readActiveRequests(telemetry.client, now)).toEqual([]);
  });
});
