import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  compressBatch,
  encodeBatch,
  joinBatches,
  listColumn,
  openBatch,
  type SeriesIdentity,
  type SignalName,
  seriesBatch,
  seriesId,
  signals,
} from '@airis/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCapacity } from '../capacity/read-capacity.ts';
import { logBatch } from '../ingest/testing/agent-for-tests.ts';
import { createLog } from '../log.ts';
import { startTelemetryStore, type TelemetryStore } from '../store/telemetry/telemetry-store.ts';
import { readBehaviourSeries } from './behaviour-series.ts';
import { createQuery } from './query.ts';

const minute = 60_000;
const HOUR = 60 * minute;
const now = Math.floor(Date.now() / minute) * minute + 30_000;
const cpu: SeriesIdentity = {
  metric: 'system.cpu.utilization',
  kind: 'gauge',
  unit: '1',
  resource: {},
  attributes: {},
};
const disk: SeriesIdentity = {
  ...cpu,
  metric: 'system.filesystem.utilization',
  attributes: { 'system.filesystem.mountpoint': '/var' },
};
const user: SeriesIdentity = { ...cpu, attributes: { 'cpu.mode': 'user' } };

let folder: string;
let telemetry: TelemetryStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airis-query-'));
  telemetry = await startTelemetryStore({ dataDir: folder, log: createLog('error') });
  await store('series', compressBatch(seriesBatch([cpu, user])), 1);
  await store('series', compressBatch(seriesBatch([cpu])), 2);
  // Ten minutes of agent 1: ten seconds a row, the value is the minute's number; agent 2 has its last minute.
  for (let row = 0; row < 60; row += 1) {
    const at = now - 30_000 - 10 * minute + row * 10_000;
    await store('block', block([cpu, user], at, [Math.floor(row / 6)], 10_000), 1);
  }
  await store('block', block([cpu], now - 20_000, [0.1, 0.2, Number.NaN, 0.4], 1_000), 2);
  // A month of hours in which a disk of agent 3 fills by a point a day.
  await store('series', compressBatch(seriesBatch([disk])), 3);
  for (let day = 30; day >= 1; day -= 1) {
    const from = Math.floor(now / HOUR) * HOUR - day * 24 * HOUR;
    for (let hour = 0; hour < 24; hour += 1) {
      const at = from + hour * HOUR;
      await store('block', block([disk], at, [0.5 + (30 - day + hour / 24) / 100], HOUR), 3, at);
    }
  }
  await store('log', logBatch(now - 5_000, ['disk failure on sda', 'all is well', 'Disk again']), 1);
});
afterAll(async () => {
  await telemetry?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

let tokens = 0;
async function store(signal: SignalName, compressed: Uint8Array, agent: number, atMs = now): Promise<void> {
  const opened = openBatch(signals[signal], compressed, atMs);
  if (!opened.ok) throw new Error(opened.detail);
  tokens += 1;
  const joined = joinBatches(signals[signal], [{ batch: opened.value, agent, receivedAtMs: now }]);
  await telemetry.insertArrow(signal, joined, `t${tokens}`);
}

function block(of: readonly SeriesIdentity[], atMs: number, values: readonly number[], stepMs: number): Uint8Array {
  const lists = listColumn(of.map(() => values));
  const none = listColumn(of.map(() => []));
  const time = new BigInt64Array(of.length).fill(BigInt(atMs));
  const columns = [BigUint64Array.from(of, seriesId), time, new Uint32Array(of.length).fill(stepMs), lists, none, none];
  return compressBatch(encodeBatch(signals.block, columns, of.length));
}

const query = () =>
  createQuery({
    client: telemetry.client,
    losses: {
      losses: async () => [{ agent: 1, reason: 'spool-full', rows: 5, fromUnixMs: now - 1, toUnixMs: now }],
      lossTotals: async () => [{ agent: 1, reason: 'spool-full', rows: 5 }],
    },
    agents: {
      agents: async () => [
        { id: 'web-1', number: 1 },
        { id: 'web-2', number: 2 },
        { id: 'db-1', number: 3 },
      ],
    },
    now: () => now,
  });
const window = { fromUnixMs: now - 30_000 - 10 * minute, toUnixMs: now - 30_000 };

describe('query', () => {
  it('tells when a disk is full, from the hours of a month', async () => {
    const [found, ...others] = await readCapacity(query(), 'db-1', now);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ kind: 'file-system', name: '/var', daysOfPast: expect.closeTo(30, 0) });
    expect(found?.usedRatio).toBeCloseTo(0.8, 1);
    const days = (found?.forecast?.inMs ?? 0) / (24 * HOUR);
    expect(days).toBeGreaterThan(18);
    expect(days).toBeLessThan(23);
  });

  it('reads what the behaviour of a host is made of, in means of five minutes', async () => {
    const stepMs = 5 * minute;
    const fromUnixMs = Math.floor(window.fromUnixMs / stepMs) * stepMs;
    const request = { agent: 1, fromUnixMs, toUnixMs: fromUnixMs + 3 * stepMs, stepMs };
    const { times, series } = await readBehaviourSeries(telemetry.client, request);
    expect(times).toHaveLength(3);
    // The share in user mode is none of it.
    expect(series).toMatchObject([{ metric: 'system.cpu.utilization', attributes: {}, unit: '1' }]);
    const known = Array.from(series[0]?.mean ?? []).filter((value) => Number.isFinite(value));
    expect(known.length).toBeGreaterThanOrEqual(2);
    expect(Math.min(...known.map(Number))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...known.map(Number))).toBeLessThanOrEqual(9);
  });

  it('answers from the minutes', async () => {
    const request = { metric: cpu.metric, agents: ['web-1'], stepMs: minute, aggregate: 'avg', ...window } as const;
    const answer = await query().metrics(request);
    expect(answer.times).toHaveLength(10);
    expect(answer.series.map((series) => series.attributes)).toEqual(
      expect.arrayContaining([{}, { 'cpu.mode': 'user' }]),
    );
    for (const series of answer.series) expect(Array.from(series.mean)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(answer.gaps).toMatchObject([{ agent: 'web-1', rows: 5 }]);
  });

  it('answers from the rows as sent, with gaps where nothing was', async () => {
    const answer = await query().metrics({
      metric: cpu.metric,
      agents: ['web-2', 'nobody'],
      fromUnixMs: now - 21_000,
      toUnixMs: now - 15_000,
      stepMs: 1_000,
      aggregate: 'max',
    });
    expect(answer.series).toHaveLength(1);
    const nothing = Number.NaN;
    expect(Array.from(answer.series[0]!.mean)).toEqual([nothing, 0.1, 0.2, nothing, 0.4, nothing]);
  });

  it('filters by attributes and finds nothing for nobody', async () => {
    const request = { metric: cpu.metric, stepMs: minute, aggregate: 'avg', ...window } as const;
    const answer = await query().metrics({ ...request, attributes: { 'cpu.mode': 'user' } });
    expect(answer.series.map((series) => [series.agent, series.attributes])).toEqual([
      ['web-1', { 'cpu.mode': 'user' }],
    ]);
    expect((await query().metrics({ ...request, agents: ['nobody'] })).series).toEqual([]);
    expect((await query().metrics({ ...request, metric: "x' OR '1" })).series).toEqual([]);
  });

  it('shows the hosts as they are now', async () => {
    const hosts = await query().hostsLatest();
    expect(hosts.get('web-2')).toMatchObject({ cpuUtilization: 0.4, memoryUtilization: null });
    const trend = hosts.get('web-1')?.cpuTrend ?? [];
    expect(trend.slice(-11)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, null]);
  });

  it('finds lines, page by page', async () => {
    const all = { fromUnixMs: now - minute, toUnixMs: now, text: 'disk', limit: 1 };
    const first = await query().logs(all);
    expect(first.items.map((item) => item.body)).toEqual(['Disk again']);
    const second = await query().logs({ ...all, cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({ items: [{ body: 'disk failure on sda', agent: 'web-1' }], nextCursor: null });
  });

  it('names the series of a host and what it lost', async () => {
    expect(await query().seriesOf('web-1')).toHaveLength(2);
    expect(await query().lossByHost()).toEqual(new Map([['web-1', { 'spool-full': 5 }]]));
  });
});
