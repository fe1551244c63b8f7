import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Child, startChild } from './child.ts';

/**
 * `npm start`: the hub with its embedded engines, then one agent for this host, enrolled as any other agent is.
 * Ctrl-C stops the agent first, so that its last batches reach the hub, then the hub.
 */
const root = resolve(import.meta.dirname, '..');
const { values: flags } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    'no-agent': { type: 'boolean' },
    'accept-unverified-durability': { type: 'boolean' },
  },
});

const source = ['--conditions=airis-source'];
const say = (text: string): boolean => process.stderr.write(`  ● ${text}\n`);
const once = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => (signal.aborted ? done() : signal.addEventListener('abort', () => done(), { once: true })));

const HELP = `npm start -- [options]
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
  const dataDir = resolve(process.env.AIRIS_DATA_DIR ?? '.airis');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.abort());

  const hubFlags = flags['accept-unverified-durability'] === true ? ['--accept-unverified-durability'] : [];
  const startedAt = performance.now();
  const hub = startChild('hub', process.execPath, [...source, join(root, 'hub/src/cli.ts'), 'start', ...hubFlags], {
    env: { ...process.env, AIRIS_DATA_DIR: dataDir, UV_THREADPOOL_SIZE: '8' },
    logFile: join(dataDir, 'logs', 'hub.log'),
  });
  const http = await readyAddress(hub, dataDir, stopped.signal);
  if (http === null) return await hub.stop();
  say(`hub ready in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);

  let agent: Child | null = null;
  try {
    agent = flags['no-agent'] === true ? null : await startLocalAgent(http, dataDir);
    say(`console   ${http}/`);
    say(`sign in   ${http}/#signin=${await signInToken(http, dataDir)}   (once, within 15 minutes)`);
    say(`logs      ${join(dataDir, 'logs')}`);
    say('Ctrl-C stops everything in order');
  } catch (error) {
    process.stderr.write(`  ✗ ${error instanceof Error ? error.message : String(error)}\n`);
    await agent?.stop();
    await hub.stop();
    return 1;
  }

  await Promise.race([once(stopped.signal), hub.ended]);
  say('stopping');
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
    return (await fetch(`${http}/readyz`, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false;
  }
}

async function startLocalAgent(http: string, dataDir: string): Promise<Child> {
  const folder = join(dataDir, 'agent');
  const program = join(root, 'dist/agent/airis-agent.mjs');
  const env = { ...process.env, AIRIS_DATA_DIR: dataDir, ORT_DISABLE_TELEMETRY: '1' };
  if (!existsSync(join(folder, 'identity.json'))) {
    const { token } = await post<{ token: string }>(http, dataDir, '/api/v1/enrolment-tokens', {});
    const words = [program, 'enroll', '--dir', folder, '--token-file', '-'];
    const enrol = startChild('agent enrolment', process.execPath, words, {
      env,
      restart: false,
      logFile: join(dataDir, 'logs', 'agent.log'),
      input: `${token}\n`,
    });
    if ((await enrol.ended) !== 0) throw new Error('the local agent could not enrol; its message is above');
    say('this host is enrolled');
  }
  return startChild('agent', process.execPath, [program, 'run', '--dir', folder], {
    env,
    logFile: join(dataDir, 'logs', 'agent.log'),
  });
}

async function signInToken(http: string, dataDir: string): Promise<string> {
  return (await post<{ token: string }>(http, dataDir, '/api/v1/sign-in-links', {})).token;
}

async function post<T>(http: string, dataDir: string, path: string, body: object): Promise<T> {
  const bearer = readFileSync(process.env.AIRIS_BOOTSTRAP_TOKEN_FILE ?? join(dataDir, 'admin.token'), 'utf8').trim();
  const answer = await fetch(`${http}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}
