import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { semconv } from '@airis/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHost } from '../collectors/host.ts';
import { createCollectors } from '../collectors/index.ts';
import { agentConfig } from '../config.ts';
import { createRoleWatch } from '../discover/role-watch.ts';
import { createWatched, type Watched } from './watched.ts';

/** A root that listens and calls, with a child that burns one core when told. */
const ROOT = `
const { spawn } = require('node:child_process');
const net = require('node:net');
const child = spawn(process.execPath, ['-e', 'process.stdin.once("data", () => { for (;;); })'], { stdio: ['pipe', 'inherit', 'inherit'] });
process.on('exit', () => child.kill('SIGKILL'));
process.on('SIGTERM', () => process.exit());
process.stdin.once('data', () => child.stdin.write('x'));
const server = net.createServer(() => {}).listen(0, '127.0.0.1', () => {
  net.connect(Number(process.argv[1]), '127.0.0.1', () => console.log(server.address().port, child.pid));
});
`;

/** As the kernel counts it, in its ticks of 10 ms. */
function processorSeconds(pid: number): number {
  const [utime = 0, stime = 0] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ').slice(13, 15).map(Number);
  return (utime + stime) / 100;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function startTree(calledPort: number): Promise<{ process: ChildProcess; port: number; childPid: number }> {
  const process = spawn(globalThis.process.execPath, ['-e', ROOT, String(calledPort)], { stdio: 'pipe' });
  const line = await new Promise<string>((resolve) => process.stdout?.once('data', (data) => resolve(String(data))));
  const [port = 0, childPid = 0] = line.trim().split(' ').map(Number);
  return { process, port, childPid };
}

async function end(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = new Promise((resolve) => process.once('exit', resolve));
  process.kill('SIGTERM');
  await ended;
}

describe('a scope of this machine', () => {
  const called = createServer(() => undefined);
  let folder: string;
  let calledPort: number;
  let tree: Awaited<ReturnType<typeof startTree>>;
  let skewMs = 0;
  const host = createHost('/', () => Date.now() + skewMs);
  let watched: Watched;

  const config = () =>
    agentConfig.parse({
      scope: {
        entity: 'service:shop-app',
        processes: { pidFile: join(folder, 'app.pid') },
        memoryLimitBytes: 1_000_000_000,
        directories: [{ name: 'uploads', path: join(folder, 'uploads'), quotaBytes: 4_000 }],
      },
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'h-scope-'));
    await new Promise<void>((resolve) => called.listen(0, '127.0.0.1', resolve));
    const address = called.address();
    calledPort = typeof address === 'object' && address !== null ? address.port : 0;
    watched = createWatched(host, config());
  });

  afterAll(async () => {
    await end(tree.process);
    called.close();
    await rm(folder, { recursive: true });
  });

  it('waits for its pid file, then sees root, child, listener and call, and nobody else', async () => {
    const watch = createRoleWatch(watched.host, { agent: 'shop-app', newId: () => 'test-0001', ...watched.roles });
    skewMs += 2_000;
    expect(await watch.poll()).toMatchObject({ roles: [], findings: [], changes: [] });
    tree = await startTree(calledPort);
    await writeFile(join(folder, 'app.pid'), `${tree.process.pid}\n`);
    skewMs += 2_000;
    const { services, roles } = await watch.poll();
    expect(roles).toMatchObject([
      { name: 'node', tier: 'app', evidence: [{ kind: 'process' }, { text: expect.stringContaining(`${tree.port}`) }] },
    ]);
    const sockets = await watched.readSockets(services);
    expect(sockets.listens).toEqual([{ entity: 'service:shop-app', address: `127.0.0.1:${tree.port}` }]);
    expect(sockets.calls).toEqual([
      {
        client: 'service:shop-app',
        address: `127.0.0.1:${calledPort}`,
        kind: 'socket',
        text: 'established TCP connections: 1',
        count: 1,
      },
    ]);
    expect(watched.report()).toEqual({ entity: 'service:shop-app', pids: [tree.process.pid, tree.childPid] });
    const left = createWatched(host, agentConfig.parse({ leaveScopes: [{ pidFile: join(folder, 'app.pid') }] }));
    expect(await left.host.list('/proc')).not.toContain(String(tree.childPid));
    expect(await left.host.list('/proc')).toContain(String(process.pid));
  });

  it('tells cores, memory and folders', async () => {
    const values = new Map<string, number>();
    const { scope, collectors: settings } = config();
    const collectors = createCollectors(settings, scope);
    expect(collectors.map(({ watches }) => watches)).not.toContain('host');
    const read = async () => {
      for (const { name, collect } of collectors) {
        if (name !== 'scope-processes' && name !== 'directories') continue;
        await collect(watched.host, { write: (metric, value) => void values.set(metric, value) }).catch(
          () => undefined,
        );
      }
    };
    await read();
    expect(values.has(semconv.metric.scopeCpuUsage)).toBe(false);
    expect(values.has(semconv.metric.directoryUsage)).toBe(false);
    await mkdir(join(folder, 'uploads', 'a'), { recursive: true });
    await writeFile(join(folder, 'uploads', 'a', 'x'), Buffer.alloc(1_000));
    tree.process.stdin?.write('x');
    await sleep(200);
    await read();
    const before = { seconds: processorSeconds(tree.childPid), atMs: performance.now() };
    await sleep(1_000);
    await read();
    // Other tests share the processors, so what the child really got is the measure, and not a full core.
    const used = processorSeconds(tree.childPid) - before.seconds;
    const cores = (used * 1_000) / (performance.now() - before.atMs);
    expect(cores).toBeGreaterThan(0.05);
    expect(Math.abs((values.get(semconv.metric.scopeCpuUsage) ?? 0) - cores)).toBeLessThan(0.15);
    expect(values.get(semconv.metric.scopeProcesses)).toBe(2);
    expect(values.get(semconv.metric.scopeMemoryUsage)).toBeGreaterThan(20_000_000);
    expect(values.get(semconv.metric.scopeMemoryUtilization)).toBeLessThan(1);
    expect(values.get(semconv.metric.directoryUsage)).toBe(1_000);
    expect(values.get(semconv.metric.directoryUtilization)).toBe(0.25);
    const busy = collectors.flatMap((collector) => collector.context?.().topProcesses ?? []);
    expect(busy[0]).toMatchObject({ pid: tree.childPid, name: 'node' });
  });

  it('is missing once its process is gone, and found again under another pid', async () => {
    const watch = createRoleWatch(watched.host, { agent: 'shop-app', newId: () => 'test-0001', ...watched.roles });
    const later = (ms: number) => {
      skewMs += ms;
      return watch.poll();
    };
    await later(0);
    await end(tree.process);
    expect((await later(2_000)).findings).toEqual([]);
    const [open] = (await later(5_000)).findings;
    expect(open).toMatchObject({ state: 'open', entity: 'service:shop-app', trouble: 'missing', nature: 'fault' });
    expect(open?.title.en).toBe('shop-app (node) has stopped');
    expect(open?.title.ko).toContain('shop-app (node)');
    expect(watched.report()?.pids).toEqual([]);
    tree = await startTree(calledPort);
    await writeFile(join(folder, 'app.pid'), `${tree.process.pid}\n`);
    expect((await later(2_000)).findings).toMatchObject([{ state: 'closed', id: open?.id }]);
  });
});
