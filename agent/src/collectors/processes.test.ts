import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanExecutableName, ExecutableNames } from './executable-names.ts';
import { createHost, type Host } from './host.ts';
import { emptyProcessStat, parseProcessStat, processComm } from './process-stat.ts';
import { ProcessTable } from './process-table.ts';

const blank = () => emptyProcessStat();
const line = (p: { pid: number; comm: string; ticks: number; start?: number; flags?: number; state?: string }) =>
  `${p.pid} (${p.comm}) ${p.state ?? 'S'} 1 1 1 0 -1 ${p.flags ?? 0} 0 0 0 0 ${p.ticks} 0 0 0 20 0 3 0 ${p.start ?? 5} 900 10 1 1\n`;

describe('parseProcessStat', () => {
  it('reads what is needed, also behind a name that holds brackets and blanks', () => {
    const bytes = Buffer.from('7 (a) (b c)) R 1 1 1 0 -1 2097152 0 0 0 0 30 12 0 0 20 0 4 0 1234 900 55 9 9\n');
    const stat = blank();
    expect(parseProcessStat(bytes, bytes.length, stat)).toBe(true);
    expect(stat).toMatchObject({ isKernelThread: true, cpuTicks: 42, threads: 4, startTicks: 1234, rssPages: 55 });
    expect(String.fromCharCode(stat.state)).toBe('R');
    expect(processComm(bytes, bytes.length)).toBe('a) (b c)');
  });

  it('refuses every torn text that lost a needed digit', () => {
    const bytes = Buffer.from(line({ pid: 7, comm: 'x', ticks: 42 }));
    const needed = bytes.toString().indexOf(' 10 1 1') + 3;
    for (let length = 0; length <= needed; length++) expect(parseProcessStat(bytes, length, blank())).toBe(false);
    expect(parseProcessStat(bytes, needed + 1, blank())).toBe(true);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        parseProcessStat(Buffer.from(bytes), bytes.length, blank());
      }),
    );
  });
});

describe('ProcessTable', () => {
  function hostWith(processes: Record<number, string>): Host {
    return {
      ...createHost(),
      list: async () => ['self', 'net', ...Object.keys(processes)],
      readLink: () => null,
      readInto: (path, buffer) => {
        const text = processes[Number(/^\/proc\/(\d+)\/stat$/.exec(path)?.[1])];
        return text === undefined ? -1 : Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length).write(text);
      },
    };
  }

  it('gives shares of the whole host since the reading before, by name', async () => {
    const table = new ProcessTable();
    const first = await table.read(hostWith({ 1: line({ pid: 1, comm: 'a', ticks: 500 }) }), 1_000);
    expect(first.hasRatios).toBe(false);
    const second = await table.read(
      hostWith({
        1: line({ pid: 1, comm: 'a', ticks: 550 }),
        2: line({ pid: 2, comm: 'a', ticks: 20, start: 999 }),
        3: line({ pid: 3, comm: 'kworker/0:1', ticks: 10, flags: 0x200000 }),
      }),
      1_200,
    );
    expect(second.byName.get('a')).toMatchObject({ cpuRatio: 0.35 });
    expect(second.byName.get('kernel')).toMatchObject({ cpuRatio: 0.05 });
    expect(second.topProcesses[0]).toEqual({ pid: 1, name: 'a', cpuRatio: 0.25 });
  });

  it('reads sleepers less often, and still gives the right share when one wakes', async () => {
    const table = new ProcessTable();
    let reads = 0;
    let ticks = 50;
    let hostTicks = 0;
    const counting = () => {
      const host = hostWith({ 8: line({ pid: 8, comm: 'sleeper', ticks }) });
      return {
        ...host,
        readInto: (path: string, buffer: Uint8Array) => {
          if (path === '/proc/8/stat') reads++;
          return host.readInto(path, buffer);
        },
      };
    };
    const read = () => {
      hostTicks += 200;
      return table.read(counting(), hostTicks);
    };
    for (let i = 0; i < 52; i++) expect((await read()).byName.get('sleeper')?.cpuRatio).toBe(0);
    expect(reads).toBeLessThan(25);
    let sum = 0;
    for (let i = 0; i < 8; i++) {
      ticks += 100;
      sum += (await read()).byName.get('sleeper')?.cpuRatio ?? 0;
    }
    // Half of the host all the time: never more than that in one reading, and nothing lost for good after it was noticed.
    expect((await read()).byName.get('sleeper')?.cpuRatio).toBe(0);
    expect(sum).toBeGreaterThanOrEqual(2.5);
    expect(sum).toBeLessThanOrEqual(4);
  });

  it.each([
    { exe: '/usr/bin/node', want: 'node' },
    { exe: null, want: 'server' },
  ])('names a program whose first thread has a name of its own: $want', async ({ exe, want }) => {
    const stat = hostWith({ 7: line({ pid: 7, comm: 'MainThread', ticks: 1 }) });
    const host: Host = {
      ...stat,
      readLink: () => exe,
      readInto: (path, buffer) =>
        path === '/proc/7/cmdline'
          ? Buffer.from('/opt/server\0--secret=x\0').copy(buffer)
          : stat.readInto(path, buffer),
    };
    const reading = await new ProcessTable().read(host, 1_000);
    expect([...reading.byName.keys()]).toEqual([want]);
  });

  it('does not take a new process under an old pid for the old one, and follows exec', async () => {
    const table = new ProcessTable();
    await table.read(hostWith({ 9: line({ pid: 9, comm: 'old', ticks: 900 }) }), 1_000);
    const reused = await table.read(hostWith({ 9: line({ pid: 9, comm: 'new', ticks: 10, start: 77 }) }), 1_100);
    expect(reused.topProcesses).toEqual([{ pid: 9, name: 'new', cpuRatio: 0.1 }]);
    const exec = await table.read(hostWith({ 9: line({ pid: 9, comm: 'then', ticks: 15, start: 77 }) }), 1_200);
    expect(exec.topProcesses).toEqual([{ pid: 9, name: 'then', cpuRatio: 0.05 }]);
  });
});

describe('ExecutableNames', () => {
  it('stays bounded while every reading brings names never seen before', () => {
    const names = new ExecutableNames();
    const ever = new Set<string>();
    for (let reading = 0; reading < 2_000; reading++) {
      const held = names.held(Array.from({ length: 16 }, (_, i) => `job-${reading}-${i}`));
      for (const name of held) ever.add(name);
      expect(held.size).toBeLessThanOrEqual(24);
    }
    expect(ever.size).toBeLessThanOrEqual(200);
  });

  it('keeps a name for a minute after it left the ranking', () => {
    const names = new ExecutableNames();
    names.held(['a']);
    for (let i = 0; i < 60; i++) expect(names.held([]).has('a')).toBe(true);
    expect(names.held([]).has('a')).toBe(false);
  });
});

it.each([
  ['nginx', 'nginx'],
  ['node (deleted)', 'node'],
  ['report-20261122', 'report-#'],
  ['한글 프로그램', '_______'],
  ['', 'unnamed'],
  ['a'.repeat(80), 'a'.repeat(40)],
])('cleans the name %s', (name, want) => expect(cleanExecutableName(name)).toBe(want));
