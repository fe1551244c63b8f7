import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createUserKey } from '@airis/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeIdentity } from './identity.ts';

const cli = resolve(import.meta.dirname, 'cli.ts');
let folder: string;
let started: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-agent-cli-'));
  started = [];
  writeIdentity(folder, {
    agent: 'web-1',
    jwt: '',
    seed: createUserKey().seed,
    // Nobody serves there.
    natsUrls: ['nats://127.0.0.1:1'],
    caPem: null,
    certificatePem: null,
    roots: [],
    hubUrl: 'http://127.0.0.1:1',
    enrolledAtUnixMs: 1,
  });
});
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function run() {
  const child = spawn(process.execPath, ['--conditions=airis-source', cli, 'run', '--dir', folder], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  started.push(child);
  let told = '';
  child.stderr.on('data', (text) => {
    told += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return { child, ended, told: () => told };
}

it('starts where NATS is absent, keeps its files to itself, refuses a second one, and stops in order', async () => {
  const first = run();
  const status = join(folder, 'status.json');
  await expect.poll(() => existsSync(status), { timeout: 30_000, message: first.told() }).toBe(true);
  expect(JSON.parse(readFileSync(status, 'utf8'))).toMatchObject({ agent: 'web-1', link: { state: 'connecting' } });
  // The model is a copy of what ships: public, and in a folder that others cannot enter.
  const own = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => !path.startsWith('models/'));
  const readableByOthers = own.filter(
    (path) => ((statSync(join(folder, path), { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0,
  );
  expect(readableByOthers).toEqual([]);

  const second = run();
  expect(await second.ended).toBe(1);
  expect(second.told()).toContain(`pid ${first.child.pid}`);
  expect(first.child.exitCode).toBeNull();

  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
}, 60_000);
