import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { cgroupsCollector } from './cgroups.ts';
import { createHost, type Host } from './host.ts';

const MOUNT = '/sys/fs/cgroup';
const id = randomBytes(32).toString('hex');
const shortId = id.slice(0, 12);
const spinMs = 600;
const holdMiB = 48;

/** The trees of this machine: v2; or v1, beside which systemd and others mount a v2 without controllers. */
const trees = existsSync(`${MOUNT}/cgroup.controllers`)
  ? [{ name: 'v2', roots: [MOUNT], host: createHost() }]
  : [
      {
        name: 'v1',
        roots: ['cpu', 'cpuacct', 'memory', 'pids', 'blkio'].map((one) => join(MOUNT, one)),
        host: createHost(),
      },
      ...(existsSync(`${MOUNT}/unified/cgroup.controllers`)
        ? [{ name: 'v2', roots: [`${MOUNT}/unified`], host: under(createHost(), `${MOUNT}/unified`) }]
        : []),
    ];

/** The machine as if this folder were where cgroups are. */
function under(host: Host, folder: string): Host {
  const at = (path: string) => (path.startsWith(MOUNT) ? folder + path.slice(MOUNT.length) : path);
  return { ...host, tryReadText: (path) => host.tryReadText(at(path)), list: (path) => host.list(at(path)) };
}

async function collect(host: Host): Promise<Map<string, number>> {
  const written = new Map<string, number>();
  await cgroupsCollector.create({ limit: 256 }).collect(host, {
    write: (metric, value, attributes = {}) => {
      expect(Number.isFinite(value), metric).toBe(true);
      written.set(`${metric} ${attributes['container.id'] ?? attributes['airis.cgroup.path'] ?? ''}`, value);
    },
  });
  return written;
}

/** Runs a process in a cgroup of that name in each tree while `work` looks; `null` where none may be made. */
async function withContainer<T>(roots: readonly string[], work: () => Promise<T>): Promise<T | null> {
  const folders = roots.filter((root) => existsSync(root)).map((root) => join(root, 'docker', id));
  try {
    for (const folder of folders) mkdirSync(folder, { recursive: true });
  } catch {
    for (const folder of folders) remove(folder);
    return null;
  }
  const script = `process.stdin.once('data', () => {
    globalThis.held = Buffer.alloc(${holdMiB} * 1024 * 1024, 1);
    // Its own time of a processor, so that a busy machine only makes it wait longer.
    const used = () => process.cpuUsage().user + process.cpuUsage().system;
    const begin = used();
    while (used() - begin < ${spinMs} * 1000);
    process.stdout.write('done');
    setInterval(() => undefined, 1000);
  });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    for (const folder of folders) writeFileSync(join(folder, 'cgroup.procs'), `${child.pid}`);
    child.stdin.write('go\n');
    await new Promise((done) => child.stdout.once('data', done));
    return await work();
  } finally {
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await ended;
    for (const folder of folders) remove(folder);
  }
}

function remove(folder: string): void {
  for (const each of [folder, dirname(folder)]) {
    try {
      rmdirSync(each);
    } catch {
      // Never made, or another's containers are below.
    }
  }
}

it.each(trees)('reads the cgroups of this machine as they are: $name', async ({ roots, host }) => {
  const written = await withContainer(roots, () => collect(host));
  if (written === null) {
    await collect(host);
    return;
  }
  expect(written.get(`container.cpu.time ${shortId}`)).toBeGreaterThan(spinMs / 1_250);
  expect(written.get(`container.cpu.time ${shortId}`)).toBeLessThan(spinMs / 1_000 + 5);
  const memory = written.get(`container.memory.usage ${shortId}`);
  if (memory !== undefined) expect(memory).toBeGreaterThan(holdMiB * 2 ** 20);
  const threads = written.get(`airis.cgroup.thread.count ${shortId}`);
  if (threads !== undefined) expect(threads).toBeGreaterThanOrEqual(5);
});
