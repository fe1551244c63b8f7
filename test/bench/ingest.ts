import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type BatchToJoin,
  compressBatch,
  joinBatches,
  openStream,
  type SeriesIdentity,
  seriesId,
  signals,
} from '@airis/protocol';
import { AgentForTests, blockStream } from '../../hub/src/ingest/testing/agent-for-tests.ts';
import { startNatsForTests } from '../../hub/src/ingest/testing/nats-for-tests.ts';
import { createLog } from '../../hub/src/log.ts';
import { startTelemetryStore, type TelemetryStore } from '../../hub/src/store/telemetry/telemetry-store.ts';
import { printFigure } from './figure.ts';

const AGENTS = 200;
const SERIES = 300;
/** Rounds of one batch an agent. */
const ROUNDS = 50;
/** `_SC_CLK_TCK` of Linux. */
const TICKS_PER_SECOND = 100;

interface Load {
  readonly name: 'summary' | 'full';
  /** Values a row: a summary has one mean (with its min and max), full resolution ten. */
  readonly values: number;
  readonly stepMs: number;
}
const loads: readonly Load[] = [
  { name: 'summary', values: 1, stepMs: 10_000 },
  { name: 'full', values: 10, stepMs: 1_000 },
];

interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const identities = Array.from(
  { length: SERIES },
  (_, i): SeriesIdentity => ({
    metric: `bench.metric_${i % 30}`,
    kind: 'gauge',
    unit: '1',
    resource: {},
    attributes: { i: String(i) },
  }),
);
const seriesIds = BigUint64Array.from(identities, seriesId);

/**
 * From batches that 200 agents have published to rows that can be queried, with fsync, rollups and exactly-once on.
 * The reference is the bare engine with the same tables, settings and joined streams, read from files.
 *
 * @param words - the loads to measure; all of them where none is named
 */
export async function runBench(words: readonly string[]): Promise<void> {
  const wanted = loads.filter(({ name }) => words.length === 0 || words.includes(name));
  const folder = await mkdtemp(join(tmpdir(), 'airis-bench-ingest-'));
  await using nats = await startNatsForTests();
  const telemetry = await startTelemetryStore({ dataDir: folder, log: createLog('warn') });
  try {
    const connection = await nats.connect();
    const agents = Array.from({ length: AGENTS }, (_, i) => new AgentForTests(connection, `agent-${i + 1}`));
    for (const agent of agents) await agent.announce(identities);
    await drain(telemetry, folder, nats);
    for (const load of wanted) {
      await settle(telemetry);
      const before = await bareEngine(telemetry, folder, load, 1_000, 1);
      await settle(telemetry);
      const measured = await product(telemetry, folder, nats, agents, load);
      // Ours joins up to 1,024 batches: the engine is given as large a join too, and the better one counts.
      await settle(telemetry);
      const after = await bareEngine(telemetry, folder, load, 2_000, 5);
      report(load, measured, before.seconds < after.seconds ? before : after);
    }
    await connection.close();
  } finally {
    await telemetry[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

function report(load: Load, measured: Measured, engine: Measured): void {
  const rows = AGENTS * SERIES * ROUNDS;
  const values = rows * load.values;
  const reference = 'the bare engine, joined insert';
  printFigure({
    figure: load.name === 'summary' ? 'ingest.metric_samples_per_second' : 'ingest.full_values_per_second',
    value: values / measured.seconds,
    unit: load.name === 'summary' ? 'summary rows/s' : 'values/s',
    reference,
    referenceValue: values / engine.seconds,
  });
  printFigure({
    figure: load.name === 'summary' ? 'ingest.cpu_seconds_per_million' : 'ingest.full_cpu_seconds_per_million',
    value: (measured.cpuSeconds / values) * 1e6,
    unit: load.name === 'summary' ? 's/million summary rows' : 's/million values',
    reference: 'the bare engine, joined insert; ours adds broker and hub',
    referenceValue: (engine.cpuSeconds / values) * 1e6,
  });
}

/** Publishes everything first, then starts ingest in a process of its own and waits until all of it can be counted. */
async function product(
  telemetry: TelemetryStore,
  folder: string,
  nats: { readonly port: number; readonly pid: number },
  agents: readonly AgentForTests[],
  load: Load,
): Promise<Measured> {
  const startMs = Math.floor(Date.now() / 10_000) * 10_000 - ROUNDS * 10_000;
  for (let round = 0; round < ROUNDS; round += 1) {
    const payload = compressBatch(batch(load, startMs + round * 10_000, round));
    await Promise.all(agents.map((agent) => agent.send('block', payload, SERIES)));
  }
  const stored = await countRows(telemetry);
  const child = startIngestProcess(telemetry, folder, nats);
  const pids = [child.pid!, telemetry.pid!, nats.pid];
  await line(child, 'ready');
  const cpuBefore = cpuSeconds(pids);
  const perBefore = pids.map((pid) => cpuSeconds([pid]));
  const startedAt = performance.now();
  while ((await countRows(telemetry)) < stored + AGENTS * SERIES * ROUNDS) await delay(50);
  const measured = { seconds: (performance.now() - startedAt) / 1_000, cpuSeconds: cpuSeconds(pids) - cpuBefore };
  const per = pids.map((pid, i) => (cpuSeconds([pid]) - perBefore[i]!).toFixed(2));
  process.stderr.write(`${load.name}: CPU s of hub ${per[0]}, store ${per[1]}, broker ${per[2]}\n`);
  child.kill('SIGTERM');
  await new Promise((done) => child.once('exit', done));
  return measured;
}

/** Lets ingest take the announcements, which come once an epoch and are no part of the load. */
async function drain(telemetry: TelemetryStore, folder: string, nats: { readonly port: number }): Promise<void> {
  const child = startIngestProcess(telemetry, folder, nats);
  while ((await count(telemetry, 'SELECT toFloat64(count()) AS n FROM series')) < AGENTS * SERIES) await delay(50);
  await delay(200);
  child.kill('SIGTERM');
  await new Promise((done) => child.once('exit', done));
}

function startIngestProcess(telemetry: TelemetryStore, folder: string, nats: { readonly port: number }): ChildProcess {
  const url = new URL(telemetry.url);
  url.username = telemetry.username;
  url.password = telemetry.password;
  const order = {
    natsPort: nats.port,
    telemetryUrl: url.href,
    incoming: telemetry.incoming,
    folder,
    killAt: null,
    log: 'warn',
  };
  const profile = process.env.AIRIS_BENCH_PROFILE;
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const entry = resolve(import.meta.dirname, '../../hub/src/ingest/testing/ingest-process.ts');
  return spawn(process.execPath, ['--conditions=airis-source', ...profiling, entry, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The same rows, joined beforehand, each insert one statement over one file. */
async function bareEngine(
  telemetry: TelemetryStore,
  folder: string,
  load: Load,
  firstAgent: number,
  roundsAnInsert: number,
): Promise<Measured> {
  const now = Date.now();
  const startMs = Math.floor(now / 10_000) * 10_000 - ROUNDS * 10_000;
  const paths: string[] = [];
  for (let first = 0; first < ROUNDS; first += roundsAnInsert) {
    const items: BatchToJoin[] = [];
    for (let round = first; round < first + roundsAnInsert; round += 1) {
      const opened = openStream(signals.block, batch(load, startMs + round * 10_000, round), now);
      if (!opened.ok) throw new Error(opened.detail);
      for (let i = 0; i < AGENTS; i += 1) items.push({ batch: opened.value, agent: firstAgent + i, receivedAtMs: now });
    }
    const path = join(folder, `bare-${load.name}-${firstAgent}-${first}.arrows`);
    await writeFile(path, joinBatches(signals.block, items));
    paths.push(path);
  }
  const description = await telemetry.client.query({ query: 'DESCRIBE TABLE block', format: 'JSONEachRow' });
  const columns = await description.json<{ name: string; type: string }>();
  const structure = columns.map(({ name, type }) => `${name} ${type.replaceAll("'", "\\'")}`).join(', ');
  const cpuBefore = cpuSeconds([telemetry.pid!]);
  const startedAt = performance.now();
  for (const path of paths) {
    await telemetry.client.command({
      query: `INSERT INTO block SELECT * FROM file('${path}', ArrowStream, '${structure}')`,
      clickhouse_settings: {
        insert_deduplicate: 1,
        insert_deduplication_token: path,
        deduplicate_blocks_in_dependent_materialized_views: 1,
        optimize_on_insert: 0,
        max_threads: 1,
        max_insert_threads: '1',
        max_insert_block_size: '10000000',
        min_insert_block_size_rows: '10000000',
        min_insert_block_size_bytes: '2000000000',
      },
    });
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const measured = { seconds, cpuSeconds: cpuSeconds([telemetry.pid!]) - cpuBefore };
  for (const path of paths) await rm(path);
  return measured;
}

function batch(load: Load, atMs: number, round: number): Uint8Array {
  const valueAt = (series: number, step: number) =>
    Math.round(5_000 + 1_000 * Math.sin(series * 7.3 + (round * 10 + step) / 9)) / 100;
  return blockStream(atMs, seriesIds, load.values, valueAt, load.stepMs);
}

const countRows = (telemetry: TelemetryStore) => count(telemetry, 'SELECT toFloat64(count()) AS n FROM block');

async function count(telemetry: TelemetryStore, query: string): Promise<number> {
  const answer = await telemetry.client.query({ query, format: 'JSONEachRow' });
  return (await answer.json<{ n: number }>())[0]?.n ?? 0;
}

/** Waits until the engine has merged what came before, so that nobody pays for another's parts. */
async function settle(telemetry: TelemetryStore): Promise<void> {
  for (let quiet = 0, waited = 0; quiet < 10 && waited < 300; waited += 1) {
    quiet = (await count(telemetry, 'SELECT toFloat64(count()) AS n FROM system.merges')) === 0 ? quiet + 1 : 0;
    await delay(100);
  }
}

/** User and system time of processes, children not included. */
function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, own) => sum + own, 0) / TICKS_PER_SECOND;
}

function line(child: ChildProcess, wanted: string): Promise<void> {
  return new Promise((done, fail) => {
    child.stdout?.on('data', (text: Buffer) => text.includes(wanted) && done());
    child.once('exit', (code) => fail(new Error(`ingest ended with ${code}`)));
  });
}
