import { readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startAgent } from './agent-process.ts';
import { type Child, startChild } from './child.ts';
import { beginDemo, controlFileOf, readStandIns, scopePidFiles } from './demo/demo.ts';
import { createHubCalls, type HubCalls } from './hub-calls.ts';

/**
 * `npm start`: the hub with its embedded engines, then one agent for this host, enrolled as any other agent is.
 * Ctrl-C stops the agent first, so that its last batches reach the hub, then the hub.
 */
const root = resolve(import.meta.dirname, '..');
const { values: flags } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    demo: { type: 'boolean' },
    'stand-ins': { type: 'string', default: '' },
    'no-agent': { type: 'boolean' },
    'accept-unverified-durability': { type: 'boolean' },
  },
});

const source = ['--conditions=airis-source'];
const say = (text: string): boolean => process.stderr.write(`  ● ${text}\n`);
const once = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => (signal.aborted ? done() : signal.addEventListener('abort', () => done(), { once: true })));

const HELP = `npm start -- [options]
  --demo                            also a small shop on loopback, under load, with faults to switch on in the console
  --stand-ins web,was,database      with --demo: these tiers as stand-ins, though their programs are installed
  --no-agent                        only the hub
  --accept-unverified-durability    use an external NATS whose durability cannot be verified
Settings come from AIRIS_* variables (README.md, docs/settings.md).
`;

if (flags.help === true) {
  process.stdout.write(HELP);
} else {
  process.exitCode = await start();
}

async function start(): Promise<number> {
  const standIns = readStandIns(flags['stand-ins']);
  if (standIns === null) {
    process.stderr.write(`  ✗ --stand-ins ${flags['stand-ins']}: tiers with a stand-in are web, was and database\n`);
    return 2;
  }
  const dataDir = resolve(process.env.AIRIS_DATA_DIR ?? '.airis');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.abort());

  const hubFlags = flags['accept-unverified-durability'] === true ? ['--accept-unverified-durability'] : [];
  const startedAt = performance.now();
  const hub = startChild('hub', process.execPath, [...source, join(root, 'hub/src/cli.ts'), 'start', ...hubFlags], {
    env: {
      ...process.env,
      AIRIS_DATA_DIR: dataDir,
      UV_THREADPOOL_SIZE: '8',
      ...(flags.demo === true ? { AIRIS_DEMO_CONTROL: controlFileOf(dataDir) } : {}),
    },
    logFile: join(dataDir, 'logs', 'hub.log'),
  });
  const demo = flags.demo === true ? beginDemo(dataDir, { say, standIns }) : null;
  const http = await readyAddress(hub, dataDir, stopped.signal);
  if (http === null) {
    await demo?.[Symbol.asyncDispose]();
    return await hub.stop();
  }
  say(`hub ready in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);

  const calls = createHubCalls(http, dataDir);
  let agent: Child | null = null;
  try {
    agent = flags['no-agent'] === true ? null : await startLocalAgent(calls);
    say(`console   ${http}/`);
    say(`sign in   ${http}/#signin=${await signInToken(calls)}   (once, within 15 minutes)`);
    say(`logs      ${join(dataDir, 'logs')}`);
    if (demo !== null) {
      say(`shop      ${await demo.join(calls)}`);
      say(`break it  ${http}/demo   (detection is ready a minute and a half from now)`);
    }
    say('Ctrl-C stops everything in order');
    await Promise.race([once(stopped.signal), hub.ended]);
  } catch (error) {
    process.stderr.write(`  ✗ ${error instanceof Error ? error.message : String(error)}\n`);
    await demo?.[Symbol.asyncDispose]();
    await agent?.stop();
    await hub.stop();
    return 1;
  }

  say('stopping');
  await demo?.[Symbol.asyncDispose]();
  await agent?.stop();
  return await hub.stop();
}

/** Waits until the hub answers `/readyz`; `null` when it ended or a stop was asked for before. */
async function readyAddress(hub: Child, dataDir: string, stop: AbortSignal): Promise<string | null> {
  const file = join(dataDir, 'endpoints.json');
  let hasEnded = false;
  void hub.ended.then(() => {
    hasEnded = true;
  });
  const startedAtMs = Date.now();
  while (!hasEnded && !stop.aborted) {
    // An older file tells of another hub: one that ended, or one that holds this folder and makes ours end.
    const isNew = (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= startedAtMs;
    const http = isNew ? endpointIn(file) : null;
    if (http !== null && (await answersReady(http))) return http;
    await new Promise((done) => setTimeout(done, 200));
  }
  return null;
}

function endpointIn(file: string): string | null {
  try {
    const endpoints = JSON.parse(readFileSync(file, 'utf8')) as { http?: unknown };
    return typeof endpoints.http === 'string' ? endpoints.http : null;
  } catch {
    return null; // being written
  }
}

async function answersReady(http: string): Promise<boolean> {
  try {
    const answer = await fetch(`${http}/readyz`, { signal: AbortSignal.timeout(1000) });
    const { failing } = (await answer.json()) as { failing?: readonly string[] };
    // The demo shop joins a hub that serves; until then the hub is not ready for want of it alone.
    return answer.ok || failing?.join() === 'demo';
  } catch {
    return false;
  }
}

/** The agent of this whole host; with the demo it leaves the shop's processes to the agents of its tiers. */
async function startLocalAgent(hub: HubCalls): Promise<Child> {
  const folder = join(hub.dataDir, 'agent');
  const logFile = join(hub.dataDir, 'logs', 'agent.log');
  const config =
    flags.demo === true ? { config: { leaveScopes: scopePidFiles(hub.dataDir).map((pidFile) => ({ pidFile })) } } : {};
  return await startAgent(hub, { name: 'agent', folder, logFile, ...config });
}

async function signInToken(hub: HubCalls): Promise<string> {
  return (await hub.post<{ token: string }>('/api/v1/sign-in-links', {})).token;
}
