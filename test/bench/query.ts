import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import {
  type BatchToJoin,
  joinBatches,
  openStream,
  type SeriesIdentity,
  seriesBatch,
  seriesId,
  signals,
} from '@airis/protocol';
import { blockStream, logBatch } from '../../hub/src/ingest/testing/agent-for-tests.ts';
import { createLog } from '../../hub/src/log.ts';
import { createQuery } from '../../hub/src/query/query.ts';
import { startTelemetryStore, type TelemetryStore } from '../../hub/src/store/telemetry/telemetry-store.ts';
import { printFigure } from './figure.ts';

const AGENTS = 20;
const SERIES = 300;
/** Six hours of summaries: 2,160 rounds of ten seconds, 60 in a row of `block`. */
const HOURS = 6;
const RUNS = 40;
const MINUTE = 60_000;

const identities = Array.from(
  { length: SERIES },
  (_, i): SeriesIdentity => ({
    metric: i === 0 ? 'system.cpu.utilization' : `bench.metric_${i % 30}`,
    kind: 'gauge',
    unit: '1',
    resource: {},
    attributes: i === 0 ? {} : { i: String(i) },
  }),
);
const ids = BigUint64Array.from(identities, seriesId);

/** What the console asks most, through the typed layer; the reference is `SELECT 1`, the way there and back. */
export async function runBench(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'airis-bench-query-'));
  const telemetry = await startTelemetryStore({ dataDir: folder, log: createLog('warn') });
  try {
    const now = Math.floor(Date.now() / MINUTE) * MINUTE;
    await fill(telemetry, now);
    const query = createQuery({
      client: telemetry.client,
      losses: { losses: async () => [], lossTotals: async () => [] },
      agents: {
        agents: async () => Array.from({ length: AGENTS }, (_, i) => ({ id: `agent-${i + 1}`, number: i + 1 })),
      },
      now: () => now,
    });
    const cpu = { metric: 'system.cpu.utilization', aggregate: 'avg' } as const;
    const last = (ms: number) => ({ fromUnixMs: now - ms, toUnixMs: now });
    const questions: Readonly<Record<string, () => Promise<unknown>>> = {
      series_1h_one_host: () => query.metrics({ ...cpu, agents: ['agent-7'], ...last(60 * MINUTE), stepMs: 10_000 }),
      series_1h_all_hosts: () => query.metrics({ ...cpu, ...last(60 * MINUTE), stepMs: 10_000 }),
      series_6h_all_hosts: () => query.metrics({ ...cpu, ...last(HOURS * 60 * MINUTE), stepMs: MINUTE }),
      metric_of_10_series_1h: () =>
        query.metrics({
          metric: 'bench.metric_7',
          aggregate: 'max',
          agents: ['agent-7'],
          ...last(60 * MINUTE),
          stepMs: 10_000,
        }),
      hosts_latest: () => query.hostsLatest(),
      logs_by_text: () => query.logs({ text: 'failure', ...last(60 * MINUTE), limit: 100 }),
    };
    const reference = p95(
      await time(() => telemetry.client.query({ query: 'SELECT 1' }).then((answer) => answer.text())),
    );
    for (const [name, ask] of Object.entries(questions)) {
      printFigure({
        figure: `query.p95_ms.${name}`,
        value: p95(await time(ask)),
        unit: 'ms',
        reference: 'SELECT 1 over the same connection',
        referenceValue: reference,
      });
    }
  } finally {
    await telemetry[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

async function time(run: () => Promise<unknown>): Promise<number[]> {
  await run();
  const took: number[] = [];
  for (let i = 0; i < RUNS; i += 1) {
    const startedAt = performance.now();
    await run();
    took.push(performance.now() - startedAt);
  }
  return took;
}

const p95 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? 0;

async function fill(telemetry: TelemetryStore, now: number): Promise<void> {
  const everyAgent = (signal: keyof typeof signals, stream: Uint8Array): readonly BatchToJoin[] => {
    const opened = openStream(signals[signal], stream, now);
    if (!opened.ok) throw new Error(opened.detail);
    return Array.from({ length: AGENTS }, (_, i) => ({ batch: opened.value, agent: i + 1, receivedAtMs: now }));
  };
  const series = everyAgent('series', seriesBatch(identities));
  await telemetry.insertArrow('series', joinBatches(signals.series, series), 'bench:series');
  for (let at = now - HOURS * 60 * MINUTE, round = 0; at < now; at += 10 * MINUTE, round += 1) {
    const valueAt = (one: number, step: number) => Math.round(50 + 10 * Math.sin(one + (round * 60 + step) / 20));
    const items = everyAgent('block', blockStream(at, ids, 60, valueAt, 10_000));
    await telemetry.insertArrow('block', joinBatches(signals.block, items), `bench:block:${round}`);
  }
  const lines = Array.from({ length: 2_000 }, (_, i) => (i % 50 === 0 ? `failure number ${i}` : `request ${i} served`));

  const logs = everyAgent('log', zstdDecompressSync(logBatch(now - 5 * MINUTE, lines)));
  await telemetry.insertArrow('log', joinBatches(signals.log, logs), 'bench:log');
}
