import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { until } from './until.ts';

const root = resolve(import.meta.dirname, '../..');

export interface SeenFault {
  readonly name: string;
  readonly target: string;
  readonly active: boolean;
}

export interface SeenShop {
  readonly tiers: readonly { readonly name: string; readonly isStandIn: boolean; readonly state: string }[];
}

/** `npm start -- --demo` as a person types it, on free ports and a data folder of its own. */
export interface DemoUnderTest extends AsyncDisposable {
  readonly dataDir: string;
  readonly pid: number;
  output(): string;
  http(): string;
  api<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Ctrl-C: the terminal sends SIGINT to the whole foreground group. Gives the exit code. */
  interrupt(): Promise<number | null>;
}

/**
 * Resolves when every tier of the shop runs.
 *
 * @param words - further flags
 */
export async function startDemo(dataDir: string, words: readonly string[] = []): Promise<DemoUnderTest> {
  let output = '';
  let http = '';
  const child: ChildProcess = spawn('npm', ['start', '--', '--demo', ...words], {
    cwd: root,
    env: {
      ...process.env,
      AIRIS_DATA_DIR: dataDir,
      AIRIS_HTTP: '127.0.0.1:0',
      AIRIS_NATS_LISTEN: '127.0.0.1:0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  const ended = new Promise<number | null>((done) => child.on('close', done));
  const interrupt = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGINT');
    return await ended;
  };
  const api = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const token = (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim();
    const answer = await fetch(`${http}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text === '' ? 'null' : text) as T;
  };
  try {
    await until('the shop to be open', 180_000, async () => {
      if (child.exitCode !== null) throw new Error(`npm start ended: ${output.slice(-2_000)}`);
      const endpoints = JSON.parse(await readFile(join(dataDir, 'endpoints.json'), 'utf8')) as { http: string };
      http = endpoints.http;
      const { tiers } = await api<SeenShop>('GET', '/api/v1/demo/shop');
      return tiers.length === 4 && tiers.every(({ state }) => state === 'running');
    });
  } catch (error) {
    await interrupt();
    throw new Error(`the demo did not start: ${output.slice(-3_000)}`, { cause: error });
  }
  return {
    dataDir,
    pid: child.pid ?? -1,
    output: () => output,
    http: () => http,
    api,
    interrupt,
    async [Symbol.asyncDispose]() {
      await interrupt();
    },
  };
}

/** Process ids that were started for this data folder: it stands in the environment of all of them. */
export async function processesOf(dataDir: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const named = await Promise.all(
    ids.map(async (id) => {
      const [environment, command] = await Promise.all(
        ['environ', 'cmdline'].map((file) => readFile(`/proc/${id}/${file}`, 'utf8').catch(() => '')),
      );
      return environment?.includes(`AIRIS_DATA_DIR=${dataDir}`) || command?.includes(dataDir) ? id : null;
    }),
  );
  return named.filter((id) => id !== null);
}
