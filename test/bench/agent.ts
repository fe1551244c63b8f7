import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createUserKey, subjects } from '@airis/protocol';
import { freePort } from '../../agent/src/free-port-under-test.ts';
import { startTestNats, type TestNats } from '../../agent/src/link/nats-under-test.ts';
import { printFigure } from './figure.ts';

const WARM_UP_MS = 30_000;
const MEASURED_MS = 60_000;
const IDLE_PROCESSES = 1_000;
const AGENT = 'bench';
const binary = resolve(import.meta.dirname, '../../dist/airis-agent');
const exporterProgram = ['/usr/bin/prometheus-node-exporter', '/usr/local/bin/node_exporter'].find(existsSync) ?? null;

/**
 * The agent as one binary with everything on, beside node_exporter scraped once a second, in the same minute on the same host; then both again beside a
 * thousand idle processes.
 */
export async function runBench(): Promise<void> {
  if (!existsSync(binary)) throw new Error('build the agent first: npm run build:agent');
  if (exporterProgram === null) throw new Error('install prometheus-node-exporter: it is the reference');
  const folder = mkdtempSync(join(tmpdir(), 'airis-bench-agent-'));
  await using nats = await startTestNats();
  answerAsHub(nats);
  const key = createUserKey();
  const identity = { agent: AGENT, jwt: '', seed: key.seed, natsUrls: [nats.url], caPem: null, certificatePem: null };
  writeFileSync(
    join(folder, 'identity.json'),
    JSON.stringify({ ...identity, roots: [], hubUrl: 'http://127.0.0.1', enrolledAtUnixMs: Date.now() }),
  );
  const env = { XDG_CACHE_HOME: join(folder, 'cache') };
  const agent = spawn(binary, ['run', '--dir', folder], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const exporter = await startExporter(exporterProgram);
  const measure = async (): Promise<readonly [agentCpu: number, exporterCpu: number]> => {
    await pause(WARM_UP_MS);
    const before = [cpuSecondsOf(agent), cpuSecondsOf(exporter.process)] as const;
    await pause(MEASURED_MS);
    const minutes = MEASURED_MS / 60_000;
    assertModelRuns(folder);
    return [(cpuSecondsOf(agent) - before[0]) / minutes, (cpuSecondsOf(exporter.process) - before[1]) / minutes];
  };
  const print = (figure: string, value: number, unit: string, referenceValue: number) =>
    printFigure({ figure, value, unit, reference: 'node_exporter', referenceValue });
  try {
    const [cpu, exporterCpu] = await measure();
    const memory = memoryOf(agent);
    const other = memoryOf(exporter.process);
    print('agent.cpu_seconds_per_minute', cpu, 's/min', exporterCpu);
    print('agent.rss_mb', memory.rssMb, 'MB', other.rssMb);
    print('agent.anon_mb', memory.anonMb, 'MB', other.anonMb);
    const crowd = startIdleProcesses();
    try {
      const [crowdCpu, crowdExporterCpu] = await measure();
      print('agent.cpu_seconds_per_minute.1000_processes', crowdCpu, 's/min', crowdExporterCpu);
    } finally {
      crowd.stop();
    }
  } finally {
    exporter.stop();
    await ended(agent);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Watermarks, and a receipt a second for all that was sent: what a hub costs its agents. */
function answerAsHub(nats: TestNats): void {
  nats.hub.subscribe(subjects.watermark(AGENT), {
    callback: (_, message) => {
      message.respond(JSON.stringify({ receipts: [] }));
    },
  });
  const newest = new Map<string, { epoch: string; upTo: number }>();
  nats.hub.subscribe('airis.*.bench.*', {
    callback: (_, message) => {
      const [, epoch, name, seq] = (message.headers?.get('Nats-Msg-Id') ?? '').split('.');
      if (epoch !== undefined && name !== undefined) newest.set(name, { epoch, upTo: Number(seq) });
    },
  });
  const timer = setInterval(() => {
    if (nats.hub.isClosed()) clearInterval(timer);
    else
      for (const [name, { epoch, upTo }] of newest) {
        nats.hub.publish(subjects.receipt(AGENT), JSON.stringify({ epoch, class: name, upTo }));
      }
  }, 1_000);
  timer.unref();
}

interface Exporter {
  readonly process: ChildProcess;
  stop(): void;
}

async function startExporter(program: string): Promise<Exporter> {
  const port = await freePort();
  const process = spawn(program, [`--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  const timer = setInterval(() => {
    get({ host: '127.0.0.1', port, path: '/metrics' }, (response) => response.resume()).on('error', () => undefined);
  }, 1_000);
  return {
    process,
    stop: () => {
      clearInterval(timer);
      process.kill('SIGKILL');
    },
  };
}

/** An agent without its model would look small. */
function assertModelRuns(folder: string): void {
  const { health } = JSON.parse(readFileSync(join(folder, 'status.json'), 'utf8')) as {
    health: { detection: { modelName: string | null; error: string | null } };
  };
  const { modelName, error } = health.detection;
  if (modelName === null || error !== null) throw new Error(`the agent runs without its model: ${error}`);
}

/** A thousand processes that sleep, in a process group of their own. */
function startIdleProcesses(): { stop(): void } {
  const script = `i=0; while [ $i -lt ${IDLE_PROCESSES} ]; do sleep 3600 & i=$((i + 1)); done; wait`;
  const { pid } = spawn('/bin/sh', ['-c', script], { stdio: 'ignore', detached: true });
  return {
    stop: () => {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    },
  };
}

/** User and system time of a process and the children it has waited for, from /proc; 100 ticks a second on Linux. */
function cpuSecondsOf({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / 100;
}

function memoryOf({ pid }: ChildProcess): { rssMb: number; anonMb: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const megabytes = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]) * 1_024) / 1e6;
  return { rssMb: megabytes('Rss'), anonMb: megabytes('Anonymous') };
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await Promise.race([gone, pause(10_000)]);
  child.kill('SIGKILL');
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
