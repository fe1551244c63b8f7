import { describe, expect, it } from 'vitest';
import { createHost, type Host } from '../collectors/host.ts';
import { ProcessTree } from './process-tree.ts';
import { ScopeUse } from './scope-use.ts';

interface FakeProcess {
  readonly parent: number;
  readonly start: number;
  readonly ticks?: number;
  readonly status?: string;
}

/** A machine made of a table of processes; every look is a second later. */
function fakeHost() {
  const processes = new Map<number, FakeProcess>();
  const fake = { processes, pidFile: null as string | null, uptime: 100, nowMs: 0 };
  const textAt = (path: string): string | null => {
    if (path === '/proc/uptime') return `${fake.uptime}.00 1.00\n`;
    const [, pid = '', file = ''] = /^\/proc\/(\d+)\/(stat|status)$/.exec(path) ?? [];
    const found = processes.get(Number(pid));
    if (found === undefined) return null;
    if (file === 'status') return found.status ?? '';
    const { parent, start, ticks = 0 } = found;
    return `${pid} (node) S ${parent} 1 1 0 -1 4194304 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 ${start} 0 10 0\n`;
  };
  const host: Host = {
    ...createHost('/nowhere', () => fake.nowMs),
    list: async (path) => (path === '/proc' ? [...processes.keys()].map(String) : []),
    readText: async (path) => textAt(path) ?? Promise.reject(new Error(`no ${path}`)),
    readInto: (path, buffer) => {
      const text = textAt(path);
      return text === null ? -1 : Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length).write(text);
    },
    readBytes: async () => (fake.pidFile === null ? Promise.reject(new Error('absent')) : Buffer.from(fake.pidFile)),
    readLink: () => null,
  };
  return Object.assign(fake, { host });
}

describe('process tree', () => {
  it('has the root, its descendants, and those whose parent ended', async () => {
    const fake = fakeHost();
    const tree = new ProcessTree('/x.pid');
    const look = async () => {
      fake.nowMs += 1_000;
      await tree.refresh(fake.host);
      return [tree.state, ...tree.pids];
    };
    fake.processes.set(1, { parent: 0, start: 1 }).set(10, { parent: 1, start: 5 }).set(30, { parent: 20, start: 9 });
    expect(await look()).toEqual(['waiting']);
    fake.pidFile = '20\n';
    expect(await look()).toEqual(['waiting']);
    fake.processes.set(20, { parent: 10, start: 8 });
    expect(await look()).toEqual(['running', 20, 30]);
    fake.processes.set(40, { parent: 30, start: 11 });
    expect(await look()).toEqual(['running', 20, 30, 40]);
    fake.processes.delete(30);
    fake.processes.set(40, { parent: 1, start: 11 });
    expect(await look()).toEqual(['running', 20, 40]);
    fake.processes.delete(20);
    expect(await look()).toEqual(['gone', 40]);
  });

  it('never takes a stranger that has the pid now, and follows the file to a new root', async () => {
    const fake = fakeHost();
    const tree = new ProcessTree('/x.pid');
    const look = async () => {
      fake.nowMs += 1_000;
      await tree.refresh(fake.host);
      return [tree.state, ...tree.pids];
    };
    fake.pidFile = '20';
    fake.processes.set(20, { parent: 1, start: 8 });
    expect(await look()).toEqual(['running', 20]);
    fake.processes.set(20, { parent: 1, start: 50 }).set(21, { parent: 20, start: 51 });
    expect(await look()).toEqual(['gone']);
    fake.pidFile = '60\n';
    fake.processes.set(60, { parent: 1, start: 60 }).set(61, { parent: 60, start: 61 });
    expect(await look()).toEqual(['running', 60, 61]);
    fake.pidFile = 'torn 60';
    expect(await look()).toEqual(['running', 60, 61]);
  });
});

describe('what a scope uses', () => {
  it('sums increases of processes that come, go and join', async () => {
    const fake = fakeHost();
    const use = new ScopeUse();
    const look = async () => {
      fake.uptime += 1;
      return (await use.read(fake.host)).cores;
    };
    fake.processes.set(20, { parent: 1, start: 8, ticks: 90_000 });
    expect(await look()).toBeNull();
    fake.processes.set(20, { parent: 1, start: 8, ticks: 90_050 }).set(30, { parent: 20, start: 10_150, ticks: 30 });
    expect(await look()).toBeCloseTo(0.8);
    // An old process that joins, with hours behind it, makes no jump; nor does one that leaves.
    fake.processes.delete(20);
    fake.processes.set(31, { parent: 1, start: 9, ticks: 500_000 }).set(30, { parent: 20, start: 10_150, ticks: 80 });
    expect(await look()).toBeCloseTo(0.5);
    fake.processes.set(31, { parent: 1, start: 10_350, ticks: 5 });
    expect(await look()).toBeCloseTo(0.05);
  });

  it('counts shared memory once', async () => {
    const fake = fakeHost();
    const status = (anon: number, file: number, shared: number) =>
      `RssAnon:\t${anon} kB\nRssFile:\t${file} kB\nRssShmem:\t${shared} kB\n`;
    fake.processes.set(20, { parent: 1, start: 8, status: status(100, 50, 1_000) });
    fake.processes.set(21, { parent: 20, start: 9, status: status(200, 40, 900) });
    expect(await new ScopeUse().read(fake.host)).toMatchObject({
      processes: 2,
      memoryBytes: (100 + 200 + 50 + 1_000) * 1_024,
    });
  });
});
