import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createUserKey, subjects } from '@airis/protocol';
import { startTestNats, type TestNats } from '../../agent/src/link/nats-under-test.ts';
import { cpuSecondsOf, memoryOf, startReferences } from './agent-references.ts';
import { printFigure } from './figure.ts';

const WARM_UP_MS = 30_000;
const MEASURED_MS = 60_000;
const IDLE_PROCESSES = 1_000;
const AGENT = 'bench';
const binary = resolve(import.meta.dirname, '../../dist/airis-agent');

/**
 * The agent as one binary with everything on, beside node_exporter scraped once a second, netdata and collectd where they are installed, in the same minute
 * on the same host; then all again beside a thousand idle processes.
 */
export async function runBench(): Promise<void> {
  if (!existsSync(binary)) throw new Error('build the agent first: npm run build:agent');
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
  const references = await startReferences(folder);
  const programs = [{ process: agent }, ...references];
  const measure = async (): Promise<readonly number[]> => {
    await pause(WARM_UP_MS);
    const before = programs.map(({ process }) => cpuSecondsOf(process));
    await pause(MEASURED_MS);
    assertModelRuns(folder);
    const died = references.find(({ process }) => process.exitCode !== null);
    if (died !== undefined) throw new Error(`${died.name} ended with ${died.process.exitCode}`);
    return programs.map(({ process }, at) => ((cpuSecondsOf(process) - before[at]!) * 60_000) / MEASURED_MS);
  };
  /** @param values - the agent's, then those of the references in their order */
  const print = (figure: string, [value, ...others]: readonly number[], unit: string) => {
    for (const [at, { name }] of references.entries()) {
      printFigure({ figure, value: value!, unit, reference: name, referenceValue: others[at]! });
    }
  };
  try {
    const cpu = await measure();
    const memory = programs.map(({ process }) => memoryOf(process));
    print('agent.cpu_seconds_per_minute', cpu, 's/min');
    print(
      'agent.rss_mb',
      memory.map(({ rssMb }) => rssMb),
      'MB',
    );
    print(
      'agent.anon_mb',
      memory.map(({ anonMb }) => anonMb),
      'MB',
    );
    const crowd = startIdleProcesses();
    try {
      print('agent.cpu_seconds_per_minute.1000_processes', await measure(), 's/min');
    } finally {
      crowd.stop();
    }
  } finally {
    for (const reference of references) reference.stop();
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

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await Promise.race([gone, pause(10_000)]);
  child.kill('SIGKILL');
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
