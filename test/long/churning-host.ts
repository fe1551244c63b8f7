import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHost, type Host } from '../../agent/src/collectors/host.ts';

const captured = join(import.meta.dirname, '../../agent/testdata/debian12');
const TICKS = 100;
const CORES = 2;
const STEADY_PROCESSES = 40;

/** A made machine: captured files of a real one, with processors, processes and interfaces that move with time. */
export interface ChurningHost {
  readonly host: Host;
  /** Interfaces besides `lo`; those that are gone keep their counters, as a driver that is loaded again does not. */
  readonly interfaces: Set<string>;
  /** Starts so many programs, each under a name of its own, that end after two seconds. */
  storm(count: number): void;
  /** One second later. */
  tick(): void;
}

export function createChurningHost(nowMs: () => number): ChurningHost {
  const base = createHost(captured, nowMs);
  const interfaces = new Set(['eth0', 'eth1']);
  const processes = new Map<number, { readonly name: string; readonly startTicks: number; endsAt: number }>();
  let seconds = 1_000;
  let nextPid = 100;
  const start = (name: string, lifeSeconds: number) => {
    // Pids come round again, as they do on a machine that starts many.
    nextPid = nextPid >= 32_768 ? 300 : nextPid + 1;
    while (processes.has(nextPid)) nextPid++;
    processes.set(nextPid, { name, startTicks: seconds * TICKS, endsAt: seconds + lifeSeconds });
  };
  for (let i = 0; i < STEADY_PROCESSES; i++) start(`steady-${i % 12}`, Number.POSITIVE_INFINITY);

  const made: Readonly<Record<string, () => string>> = {
    '/proc/uptime': () => `${seconds}.00 ${seconds}.00\n`,
    '/proc/stat': () => statText(seconds, processes.size),
    '/proc/net/dev': () => netText(interfaces, seconds),
    '/proc/diskstats': () =>
      ` 254       0 vda ${seconds * 7} 0 ${seconds * 90} ${seconds * 3} ${seconds * 5} 0 ${seconds * 200} ${seconds * 4} 0 ${seconds * 6} ${seconds * 7}\n`,
  };
  const textOf = (path: string): string | null => {
    const text = made[path]?.();
    if (text !== undefined) return text;
    const [, pid, file] = /^\/proc\/(\d+)\/(stat|cmdline|comm)$/.exec(path) ?? [];
    const process = processes.get(Number(pid));
    if (process !== undefined)
      return file === 'stat' ? processText(Number(pid), process, seconds) : `${process.name}\n`;
    return kept(path);
  };
  const known = new Map<string, string | null>();
  const kept = (path: string): string | null => {
    const seen = known.get(path);
    if (seen !== undefined) return seen;
    const text = /^\/proc\/\d/.test(path) ? null : readCaptured(path);
    // Paths of processes and their files never end; those of the machine are few.
    if (known.size < 500) known.set(path, text);
    return text;
  };

  return {
    interfaces,
    storm: (count) => {
      for (let i = 0; i < count; i++) start(`job-${seconds}-${i}`, 2);
    },
    tick: () => {
      seconds++;
      for (const [pid, { endsAt }] of processes) if (endsAt < seconds) processes.delete(pid);
    },
    host: {
      ...base,
      tryReadText: async (path) => textOf(path),
      readText: async (path) => {
        const text = textOf(path);
        if (text === null) throw new Error(`no ${path}`);
        return text;
      },
      readInto: (path, buffer) => {
        const text = textOf(path);
        return text === null ? -1 : Buffer.from(text).copy(buffer);
      },
      list: async (path) => (path === '/proc' ? [...processes.keys()].map(String) : await base.list(path)),
      readLink: () => null,
      statfs: async () => ({
        totalBytes: 1e11,
        freeBytes: 6e10 - seconds * 1_000,
        availableBytes: 5e10 - seconds * 1_000,
        inodes: 1e6,
        inodesFree: 9e5,
      }),
      run: async (program) => {
        throw new Error(`${program} cannot be run`, { cause: Object.assign(new Error('none'), { code: 'ENOENT' }) });
      },
    },
  };
}

function readCaptured(path: string): string | null {
  try {
    return readFileSync(join(captured, path), 'utf8');
  } catch {
    return null;
  }
}

/** Processors busy by the hour of the day, 10 to 60 %. */
function statText(seconds: number, processes: number): string {
  const line = (name: string, cores: number) => {
    const total = seconds * TICKS * cores;
    const busy = Math.round(
      total * 0.35 +
        ((0.25 * 86_400) / (2 * Math.PI)) * TICKS * cores * (1 - Math.cos((seconds / 86_400) * 2 * Math.PI)),
    );
    return `${name} ${busy} 0 ${Math.round(total / 20)} ${Math.max(0, total - busy)} 0 0 0 0 0 0\n`;
  };
  const each = Array.from({ length: CORES }, (_, core) => line(`cpu${core}`, 1)).join('');
  return `${line('cpu', CORES)}${each}ctxt ${seconds * 900}\nbtime 1795379241\nprocesses ${seconds * 3}\nprocs_running ${1 + (processes % 3)}\nprocs_blocked 0\n`;
}

function netText(interfaces: ReadonlySet<string>, seconds: number): string {
  const line = (name: string) =>
    `  ${name}: ${seconds * 9_000} ${seconds * 30} 0 0 0 0 0 0 ${seconds * 4_000} ${seconds * 20} 0 0 0 0 0 0\n`;
  return `Inter-|   Receive |  Transmit\n face |bytes    packets\n${['lo', ...interfaces].map(line).join('')}`;
}

function processText(pid: number, { name, startTicks }: { name: string; startTicks: number }, seconds: number): string {
  const used = Math.max(0, Math.round((seconds * TICKS - startTicks) / 300));
  return `${pid} (${name}) S 1 ${pid} ${pid} 0 -1 4194304 0 0 0 0 ${used} 0 0 0 20 0 3 0 ${startTicks} 53182464 5668 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n`;
}
