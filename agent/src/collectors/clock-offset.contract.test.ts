import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freePort } from '../free-port-under-test.ts';
import { chronyReading, clockOffsetCollector } from './clock-offset.ts';
import { createHost } from './host.ts';

/** chronyd as a normal process that never touches the clock. */
function chronyd(folder: string, settings: readonly string[]): ChildProcess {
  mkdirSync(folder);
  const common = ['cmdport 0', 'bindcmdaddress /', `pidfile ${folder}/pid`, `logdir ${folder}`];
  writeFileSync(join(folder, 'chrony.conf'), [...settings, ...common, ''].join('\n'));
  const asUser = ['-U', '-u', userInfo().username];
  return spawn('/usr/sbin/chronyd', ['-d', '-x', ...asUser, '-f', join(folder, 'chrony.conf')], { stdio: 'ignore' });
}

it('reads what chronyd measured against a server a quarter of a second off', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'airis-chrony-'));
  const port = await freePort();
  const server = chronyd(join(folder, 'server'), [`port ${port}`, 'bindaddress 127.0.0.1', 'local', 'allow 127.0.0.1']);
  const client = chronyd(join(folder, 'client'), [
    `server 127.0.0.1 port ${port} minpoll -4 maxpoll -4 iburst offset 0.25`,
    'port 0',
    'log tracking',
  ]);
  const chronyTracking = join(folder, 'client', 'tracking.log');
  const host = createHost();
  const collector = clockOffsetCollector.create({ chronyTracking });
  const offset = async () => {
    const written = new Map<string, number>();
    await collector.collect(host, { write: (metric, value) => written.set(metric, value) });
    return written.get('airis.clock.offset');
  };
  try {
    await expect.poll(() => collector.applies(host), { timeout: 30_000 }).toBe(true);
    const [first] = readFileSync(chronyTracking, 'utf8')
      .split('\n')
      .flatMap((line) => chronyReading(line) ?? []);
    expect(first?.offsetSeconds).toBeCloseTo(-0.25, 2);
    // As if the clock followed: chronyd believes that what it slews is put right.
    await expect.poll(async () => Math.abs((await offset()) ?? 1), { timeout: 30_000 }).toBeLessThan(0.01);
  } finally {
    for (const child of [client, server]) {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  }
});
