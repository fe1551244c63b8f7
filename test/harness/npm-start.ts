import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createHubApi, type HubApi } from './hub-api.ts';
import { until } from './until.ts';

const root = resolve(import.meta.dirname, '../..');

/** `npm start` as a person types it, on free ports and a data folder of its own. */
export interface NpmStart extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<number | null>;
  hasEnded(): boolean;
  /** What it has printed so far. */
  output(): string;
  says(text: string, timeoutMs: number): Promise<void>;
  /** Throws while the hub has no address. */
  readonly api: HubApi;
  /** Ctrl-C: the terminal sends SIGINT to the whole foreground group. Gives the exit code. */
  interrupt(): Promise<number | null>;
}

/** @param words - flags of `npm start -- …` */
export function npmStart(dataDir: string, words: readonly string[] = []): NpmStart {
  let output = '';
  const child = spawn('npm', ['start', '--', ...words], {
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
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  const ended = new Promise<number | null>((done) => child.on('close', done));
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const interrupt = async (): Promise<number | null> => {
    if (!hasEnded()) process.kill(-(child.pid ?? 0), 'SIGINT');
    return await ended;
  };
  return {
    pid: child.pid ?? -1,
    ended,
    hasEnded,
    output: () => output,
    async says(text, timeoutMs) {
      await until(`"${text}" in: ${output}`, timeoutMs, () => output.includes(text));
    },
    api: createHubApi(dataDir, async () => {
      const endpoints = JSON.parse(await readFile(join(dataDir, 'endpoints.json'), 'utf8')) as { http: string };
      return endpoints.http;
    }),
    interrupt,
    async [Symbol.asyncDispose]() {
      await interrupt();
    },
  };
}
