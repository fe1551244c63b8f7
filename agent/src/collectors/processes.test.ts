import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanExecutableName, ExecutableNames } from './executable-names.ts';
import { createHost, type Host } from './host.ts';
import { ProcessRestarts } from './process-restarts.ts';
import { emptyProcessStat, parseProcessStat, processComm } from './process-stat.ts';
import { ProcessTable } from './process-table.ts';
import { processesCollector } from './processes.ts';

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

describe('restarts', () => {
  interface Given {
    readonly pid: number;
    readonly command?: string;
    readonly parent?: number;
    readonly start?: number;
    readonly comm?: string;
  }

  function hostWith(given: readonly Given[]): Host {
    const byPid = new Map(given.map((one) => [one.pid, one]));
    return {
      ...createHost(),
      list: async () => [...byPid.keys()].map(String),
      readLink: () => null,
      readInto: (path, buffer) => {
        const [, pid, file] = /^\/proc\/(\d+)\/(stat|cmdline)$/.exec(path) ?? [];
        const one = byPid.get(Number(pid));
        if (one === undefined) return -1;
        const { comm = 'shopd', command = 'shopd\0--port\x008080\0', parent = 1, start = 5 } = one;
        const stat = line({ pid: one.pid, comm, ticks: 1, start }).replace(') S 1 ', `) S ${parent} `);
        return Buffer.from(file === 'stat' ? stat : command).copy(buffer);
      },
    };
  }

  async function readings(steps: readonly (readonly [times: number, given: readonly Given[]])[]) {
    const table = new ProcessTable();
    let reading = await table.read(hostWith([]), 0);
    let ticks = 0;
    for (const [times, given] of steps) {
      for (let i = 0; i < times; i++) {
        ticks += 200;
        reading = await table.read(hostWith(given), ticks);
      }
    }
    return { total: reading.restarts, byName: Object.fromEntries(reading.restartsByName) };
  }

  const old: Given = { pid: 10 };
  it.each([
    {
      name: 'between two readings',
      steps: [
        [12, [old]],
        [1, [{ pid: 11 }]],
      ],
      want: 1,
    },
    {
      name: 'some seconds later',
      steps: [
        [12, [old]],
        [20, []],
        [1, [{ pid: 11 }]],
      ],
      want: 1,
    },
    {
      name: 'under the same pid',
      steps: [
        [12, [old]],
        [1, [{ pid: 10, start: 900 }]],
      ],
      want: 1,
    },
    {
      name: 'each of two',
      steps: [
        [12, [old, { pid: 20 }]],
        [1, [{ pid: 11 }, { pid: 21 }]],
      ],
      want: 2,
    },
    {
      name: 'not a minute later',
      steps: [
        [12, [old]],
        [40, []],
        [1, [{ pid: 11 }]],
      ],
      want: 0,
    },
    {
      name: 'not with other arguments',
      steps: [
        [12, [old]],
        [1, [{ pid: 11, command: 'shopd\0--help\0' }]],
      ],
      want: 0,
    },
    {
      name: 'not a second one beside it',
      steps: [
        [12, [old]],
        [1, [old, { pid: 11 }]],
      ],
      want: 0,
    },
    {
      name: 'not a job',
      steps: [
        [5, [old]],
        [1, [{ pid: 11 }]],
      ],
      want: 0,
    },
    {
      name: 'not a worker',
      steps: [
        [12, [old, { pid: 20, parent: 10 }]],
        [1, [old, { pid: 21, parent: 10 }]],
      ],
      want: 0,
    },
    {
      name: 'not one without arguments',
      steps: [
        [12, [{ pid: 10, command: '' }]],
        [1, [{ pid: 11, command: '' }]],
      ],
      want: 0,
    },
  ] as const)('counts $name: $want', async ({ steps, want }) => {
    expect(await readings(steps)).toEqual({ total: want, byName: want === 0 ? {} : { shopd: want } });
  });

  it('stay bounded while whole crowds come and go', () => {
    const restarts = new ProcessRestarts();
    for (let reading = 0; reading < 200; reading++) {
      for (let i = 0; i < 100; i++) {
        const key = { name: `job-${reading}-${i}`, commandHash: 1 };
        restarts.ended(key, 60, reading);
        restarts.started(key);
      }
      restarts.forget(reading);
    }
    expect(restarts.total).toBe(20_000);
    expect(restarts.byName.size).toBeLessThanOrEqual(65);
    expect(restarts.byName.get('other')).toBe(20_000 - 64);
  });

  it('show their first one as an increase', async () => {
    const collector = processesCollector.create(undefined);
    const seen: number[] = [];
    const read = async (given: readonly Given[]) => {
      const stat = { readText: async () => 'cpu  1 0 0 9 0 0 0 0 0 0\nprocesses 5\n' };
      await collector.collect(
        { ...hostWith(given), ...stat },
        {
          write: (metric, value, attributes) => {
            if (metric === 'airis.process.restarts' && attributes !== undefined) seen.push(value);
          },
        },
      );
    };
    for (let i = 0; i < 14; i++) await read([old]);
    for (let i = 0; i < 3; i++) await read([{ pid: 11 }]);
    expect(seen).toEqual([0, 1, 1]);
  });

  it('takes a name of control characters and brackets, and one that vanishes while it is read', async () => {
    const given = [{ pid: 10, comm: 'x)\n\u001b[2J(y' }];
    const whole = hostWith(given);
    const vanishing: Host = {
      ...whole,
      list: async () => ['10', '11', '12'],
      readInto: (path, buffer) => (path.endsWith('cmdline') ? -1 : whole.readInto(path, buffer)),
    };
    const reading = await new ProcessTable().read(vanishing, 100);
    expect([...reading.byName.keys()]).toEqual(['x____2J_y']);
    expect(reading.processes).toBe(1);
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
