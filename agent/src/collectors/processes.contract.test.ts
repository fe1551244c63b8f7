import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createHost } from './host.ts';
import { ProcessTable } from './process-table.ts';

const host = createHost();

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}

it('sees a process of another pid and mount namespace, whatever its name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'airis-processes-'));
  const program = join(folder, 'ev\u001b[2J)\n(il 한');
  copyFileSync('/bin/sleep', program);
  // Without privileges it gets a user namespace, and where that is forbidden none.
  const kinds = [['--pid'], ['--user', '--map-root-user', '--pid']].map((kind) => [
    ...kind,
    '--mount',
    '--fork',
    '--kill-child',
  ]);
  const allowed = kinds.find((kind) => spawnSync('unshare', [...kind, 'true']).status === 0);
  const command = allowed === undefined ? [program, '600'] : ['unshare', ...allowed, program, '600'];
  const child = spawn(command[0]!, command.slice(1), { stdio: 'ignore' });
  try {
    const names = async () => [...(await new ProcessTable().read(host, 1_000)).byName.keys()];
    await expect.poll(names, { timeout: 10_000 }).toContain('ev__2J___il__');
  } finally {
    await ended(child);
    rmSync(folder, { recursive: true });
  }
});

it('counts a service that is killed and started again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'airis-processes-'));
  const program = join(folder, 'restarted-shop');
  copyFileSync('/bin/sleep', program);
  const table = new ProcessTable();
  const start = () => spawn(program, ['601'], { stdio: 'ignore' });
  const read = async (hostTicks: number) => (await table.read(host, hostTicks)).restartsByName.get('restarted-shop');
  await read(0);
  let child = start();
  try {
    await expect.poll(() => host.readLink(`/proc/${child.pid}/exe`)).toBe(program);
    for (let reading = 1; reading <= 12; reading++) expect(await read(reading * 200)).toBeUndefined();
    await ended(child);
    expect(await read(2_600)).toBeUndefined();
    child = start();
    await expect.poll(() => host.readLink(`/proc/${child.pid}/exe`)).toBe(program);
    expect(await read(2_800)).toBe(1);
  } finally {
    await ended(child);
    rmSync(folder, { recursive: true });
  }
});
