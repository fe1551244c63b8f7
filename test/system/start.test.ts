import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { processesOf } from '../harness/demo-under-test.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { until } from '../harness/until.ts';

const root = resolve(import.meta.dirname, '../..');

/** `npm start` as a person types it, on free ports and a data folder of its own. */
class Started {
  output = '';
  readonly dataDir: string;
  readonly #process: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
    const env = {
      ...process.env,
      AIRIS_DATA_DIR: dataDir,
      AIRIS_HTTP: '127.0.0.1:0',
      AIRIS_NATS_LISTEN: '127.0.0.1:0',
    };
    this.#process = spawn('npm', ['start'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += String(chunk);
      });
    }
    this.ended = new Promise((done) => this.#process.on('close', done));
  }

  async says(text: string, timeoutMs: number): Promise<void> {
    await until(`"${text}" in: ${this.output}`, timeoutMs, () => this.output.includes(text));
  }

  /** Ctrl-C: the terminal sends SIGINT to the whole foreground group. */
  async interrupt(): Promise<number | null> {
    process.kill(-(this.#process.pid ?? 0), 'SIGINT');
    return await this.ended;
  }

  async api<T>(path: string): Promise<T> {
    const token = (await readFile(join(this.dataDir, 'admin.token'), 'utf8')).trim();
    const { http } = JSON.parse(await readFile(join(this.dataDir, 'endpoints.json'), 'utf8')) as { http: string };
    const answer = await fetch(`${http}${path}`, { headers: { authorization: `Bearer ${token}` } });
    return (await answer.json()) as T;
  }
}

it('npm start shows this host within 20 s of ready, starts again within 10 s, and Ctrl-C leaves nothing behind', async () => {
  await using folder = await tempFolder('start');
  const first = new Started(folder.path);
  await first.says('hub ready', 120_000);
  const readyAt = Date.now();
  await first.says('#signin=', 30_000);
  await until("this host's CPU", 60_000, async () => {
    const { items } = await first.api<{ items: { cpuUtilization: number | null }[] }>('/api/v1/hosts');
    return typeof items[0]?.cpuUtilization === 'number';
  });
  const dataAfterSeconds = (Date.now() - readyAt) / 1000;

  const second = new Started(folder.path);
  expect(await second.ended).not.toBe(0);
  expect(second.output).toContain('DATA_DIR_LOCKED');

  const stopAt = Date.now();
  await first.interrupt();
  const stopSeconds = (Date.now() - stopAt) / 1000;
  expect(await processesOf(folder.path), 'processes that outlived npm start').toEqual([]);

  const againAt = Date.now();
  const again = new Started(folder.path);
  await again.says('#signin=', 60_000);
  const againSeconds = (Date.now() - againAt) / 1000;
  await again.interrupt();

  process.stdout.write(`${JSON.stringify({ dataAfterSeconds, againSeconds, stopSeconds })}\n`);
  expect(dataAfterSeconds).toBeLessThan(20);
  expect(againSeconds).toBeLessThan(10);
});
