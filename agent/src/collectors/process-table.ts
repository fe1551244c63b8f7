import { basename } from 'node:path';
import type { TopProcess } from './collector.ts';
import { cleanExecutableName } from './executable-names.ts';
import type { Host } from './host.ts';
import { type ProcessStat, parseProcessStat, processComm } from './process-stat.ts';

export interface NameUse {
  /** Share of the whole host since the reading before, 0..1. */
  cpuRatio: number;
  rssBytes: number;
}

export type ProcessState = 'running' | 'sleeping' | 'uninterruptible' | 'stopped' | 'defunct';

export interface TableReading {
  readonly processes: number;
  readonly threads: number;
  readonly byState: Readonly<Record<ProcessState, number>>;
  readonly byName: ReadonlyMap<string, Readonly<NameUse>>;
  readonly topProcesses: readonly TopProcess[];
  /** `false` for the first reading, which has nothing to compare with. */
  readonly hasRatios: boolean;
}

interface Known {
  readonly startTicks: number;
  readonly commHash: number;
  readonly name: string;
  cpuTicks: number;
  reading: number;
}

/** Processes looked at in one reading; a host with more of them is watched in part. */
const PROCESS_LIMIT = 20_000;
const TOP_PROCESSES = 8;
const DEFAULT_PAGE_BYTES = 4_096;

/** Remembers every process between readings, to tell what each used since. One buffer serves all reads. */
export class ProcessTable {
  readonly #known = new Map<number, Known>();
  readonly #buffer = Buffer.allocUnsafe(2_048);
  readonly #stat: ProcessStat = {
    state: 0,
    commHash: 0,
    isKernelThread: false,
    cpuTicks: 0,
    threads: 0,
    startTicks: 0,
    rssPages: 0,
  };
  #reading = 0;
  #hostTicksBefore: number | null = null;
  #pageBytes: number | null = null;

  /** @param hostTicks - clock ticks of all processors and modes since boot: the 100 % that shares refer to */
  async read(host: Host, hostTicks: number): Promise<TableReading> {
    this.#pageBytes ??= pageBytes(host) ?? DEFAULT_PAGE_BYTES;
    this.#reading++;
    const before = this.#hostTicksBefore;
    const passed = before === null ? 0 : hostTicks - before;
    this.#hostTicksBefore = hostTicks;
    const byState: Record<ProcessState, number> = {
      running: 0,
      sleeping: 0,
      uninterruptible: 0,
      stopped: 0,
      defunct: 0,
    };
    const byName = new Map<string, NameUse>();
    const top: TopProcess[] = [];
    let processes = 0;
    let threads = 0;
    for (const entry of await host.list('/proc')) {
      const pid = pidOf(entry);
      if (pid === null || processes >= PROCESS_LIMIT) continue;
      const length = host.readInto(`/proc/${entry}/stat`, this.#buffer);
      // It ended since the folder was listed, or hides from us (hidepid).
      if (length <= 0 || !parseProcessStat(this.#buffer, length, this.#stat)) continue;
      processes++;
      threads += this.#stat.threads;
      byState[stateName(this.#stat.state)]++;
      const { name, ticks } = this.#use(host, pid, length);
      const cpuRatio = passed > 0 ? Math.min(1, ticks / passed) : 0;
      const use = byName.get(name) ?? { cpuRatio: 0, rssBytes: 0 };
      use.cpuRatio = Math.min(1, use.cpuRatio + cpuRatio);
      use.rssBytes += this.#stat.rssPages * this.#pageBytes;
      byName.set(name, use);
      if (cpuRatio > 0) top.push({ pid, name, cpuRatio });
    }
    for (const [pid, known] of this.#known) if (known.reading !== this.#reading) this.#known.delete(pid);
    top.sort((a, b) => b.cpuRatio - a.cpuRatio);
    return { processes, threads, byState, byName, topProcesses: top.slice(0, TOP_PROCESSES), hasRatios: passed > 0 };
  }

  /** Name of the process just parsed, and its ticks since the reading before; a new one counts from its start. */
  #use(host: Host, pid: number, length: number): { name: string; ticks: number } {
    const { cpuTicks, startTicks, commHash, isKernelThread } = this.#stat;
    const known = this.#known.get(pid);
    const isSame = known !== undefined && known.startTicks === startTicks;
    const ticks = isSame ? Math.max(0, cpuTicks - known.cpuTicks) : this.#reading === 1 ? 0 : cpuTicks;
    if (isSame && known.commHash === commHash) {
      known.cpuTicks = cpuTicks;
      known.reading = this.#reading;
      return { name: known.name, ticks };
    }
    const name = isKernelThread ? 'kernel' : executableName(host, pid, processComm(this.#buffer, length));
    this.#known.set(pid, { startTicks, commHash, name, cpuTicks, reading: this.#reading });
    return { name, ticks };
  }
}

/** The program's file name where it may be read (own processes, or as root), else the short name the kernel keeps. */
function executableName(host: Host, pid: number, comm: string): string {
  const path = host.readLink(`/proc/${pid}/exe`);
  return cleanExecutableName(path === null ? comm : basename(path));
}

function pidOf(entry: string): number | null {
  const first = entry.charCodeAt(0);
  return first >= 0x30 && first <= 0x39 ? Number(entry) : null;
}

function stateName(letter: number): ProcessState {
  switch (String.fromCharCode(letter)) {
    case 'R':
      return 'running';
    case 'D':
      return 'uninterruptible';
    case 'T':
    case 't':
      return 'stopped';
    case 'Z':
    case 'X':
      return 'defunct';
    default:
      return 'sleeping';
  }
}

const AT_PAGESZ = 6;

/** From the kernel's auxiliary vector: pairs of native 64-bit words. `null` where it cannot be read. */
function pageBytes(host: Host): number | null {
  const buffer = Buffer.alloc(512);
  const length = host.readInto('/proc/self/auxv', buffer);
  for (let at = 0; at + 16 <= length; at += 16) {
    if (buffer.readUInt32LE(at) === AT_PAGESZ) return buffer.readUInt32LE(at + 8);
  }
  return null;
}
