import { basename } from 'node:path';
import type { TopProcess } from './collector.ts';
import { cleanExecutableName } from './executable-names.ts';
import type { Host } from './host.ts';
import { hashBytes, ProcessRestarts } from './process-restarts.ts';
import { emptyProcessStat, type ProcessStat, parseProcessStat, processComm } from './process-stat.ts';

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
  /** Since the first reading: processes that ended and came again, all and by name. */
  readonly restarts: number;
  readonly restartsByName: ReadonlyMap<string, number>;
  /** `false` for the first reading, which has nothing to compare with. */
  readonly hasRatios: boolean;
}

/** A process as it was when it was last read. */
interface Known {
  readonly pid: number;
  readonly startTicks: number;
  readonly parentPid: number;
  /** Number of the reading in which it was first seen. */
  readonly firstReading: number;
  /** Of its arguments when it was first seen, for telling restarts; 0 for none or not asked. */
  commandHash: number;
  commHash: number;
  name: string;
  cpuTicks: number;
  /** Ticks of the whole host at that moment. */
  hostTicks: number;
  state: ProcessState;
  threads: number;
  rssBytes: number;
  /** Times in a row that it had used no processor. */
  idleReadings: number;
  /** Number of the reading in which it was last listed. */
  listedIn: number;
}

/** A process that used no processor for so many readings is then read only every IDLE_EVERY readings. */
const IDLE_AFTER = 10;
const IDLE_EVERY = 4;
/** Processes looked at in one reading; a host with more of them is watched in part. */
const PROCESS_LIMIT = 20_000;
const TOP_PROCESSES = 8;
const DEFAULT_PAGE_BYTES = 4_096;

/**
 * Remembers every process between readings, to tell what each used since. One buffer serves all reads; most processes of
 * a host sleep, and reading those less often halves the cost.
 */
export class ProcessTable {
  readonly #known = new Map<number, Known>();
  readonly #buffer = Buffer.allocUnsafe(2_048);
  readonly #stat: ProcessStat = emptyProcessStat();
  readonly #restarts = new ProcessRestarts();
  #newcomers: Known[] = [];
  #reading = 0;
  #hostTicks = 0;
  #pageBytes: number | null = null;

  /** @param hostTicks - clock ticks of all processors and modes since boot: the 100 % that shares refer to */
  async read(host: Host, hostTicks: number): Promise<TableReading> {
    this.#pageBytes ??= pageBytes(host) ?? DEFAULT_PAGE_BYTES;
    this.#reading++;
    const hasRatios = this.#reading > 1 && hostTicks > this.#hostTicks;
    const byState = { running: 0, sleeping: 0, uninterruptible: 0, stopped: 0, defunct: 0 };
    const byName = new Map<string, NameUse>();
    const top: TopProcess[] = [];
    let processes = 0;
    let threads = 0;
    for (const entry of await host.list('/proc')) {
      const pid = pidOf(entry);
      if (pid === null || processes >= PROCESS_LIMIT) continue;
      const process = this.#look(host, pid, hostTicks);
      if (process === null) continue;
      processes++;
      threads += process.known.threads;
      byState[process.known.state]++;
      const { name, rssBytes } = process.known;
      const use = byName.get(name) ?? { cpuRatio: 0, rssBytes: 0 };
      use.cpuRatio = Math.min(1, use.cpuRatio + process.cpuRatio);
      use.rssBytes += rssBytes;
      byName.set(name, use);
      if (process.cpuRatio > 0) top.push({ pid, name, cpuRatio: process.cpuRatio });
    }
    this.#hostTicks = hostTicks;
    this.#noteRestarts();
    top.sort((a, b) => b.cpuRatio - a.cpuRatio);
    return {
      processes,
      threads,
      byState,
      byName,
      topProcesses: top.slice(0, TOP_PROCESSES),
      restarts: this.#restarts.total,
      restartsByName: this.#restarts.byName,
      hasRatios,
    };
  }

  /** Who is gone first, then who came: a restart between two readings is one of both. */
  #noteRestarts(): void {
    for (const [pid, known] of this.#known) {
      if (known.listedIn === this.#reading) continue;
      this.#noteEnd(known);
      this.#known.delete(pid);
    }
    this.#restarts.forget(this.#reading);
    if (this.#reading > 1)
      for (const known of this.#newcomers) if (!this.#isWorker(known)) this.#restarts.started(known);
    this.#newcomers = [];
  }

  #noteEnd(known: Known): void {
    if (!this.#isWorker(known)) this.#restarts.ended(known, this.#reading - known.firstReading, this.#reading);
  }

  /** A child that runs its parent's program comes and goes as its parent wills: no restart. */
  #isWorker({ parentPid, name }: Known): boolean {
    return this.#known.get(parentPid)?.name === name;
  }

  /** The process and its share since it was read before; `null` when it ended meanwhile or hides (hidepid). */
  #look(host: Host, pid: number, hostTicks: number): { readonly known: Known; readonly cpuRatio: number } | null {
    const known = this.#known.get(pid);
    const isIdle = known !== undefined && known.idleReadings >= IDLE_AFTER;
    if (isIdle && (this.#reading + pid) % IDLE_EVERY !== 0) {
      known.listedIn = this.#reading;
      return { known, cpuRatio: 0 };
    }
    const length = host.readInto(`/proc/${pid}/stat`, this.#buffer);
    if (length <= 0 || !parseProcessStat(this.#buffer, length, this.#stat)) return null;
    const isSame = known !== undefined && known.startTicks === this.#stat.startTicks;
    if (isSame) return { known, cpuRatio: this.#update(host, known, length, hostTicks) };
    const made = this.#newcomer(host, pid, length, hostTicks);
    if (known !== undefined) this.#noteEnd(known);
    this.#known.set(pid, made);
    this.#newcomers.push(made);
    // A process that came since the reading before counts from its start; in the first reading nobody does.
    const passed = hostTicks - this.#hostTicks;
    return { known: made, cpuRatio: this.#reading > 1 ? shareOf(made.cpuTicks, passed) : 0 };
  }

  #update(host: Host, known: Known, length: number, hostTicks: number): number {
    const { cpuTicks, commHash } = this.#stat;
    const cpuRatio = shareOf(cpuTicks - known.cpuTicks, hostTicks - known.hostTicks);
    known.idleReadings = cpuTicks === known.cpuTicks ? known.idleReadings + 1 : 0;
    if (commHash !== known.commHash) known.name = this.#nameOf(host, known.pid, length);
    this.#note(known, hostTicks);
    return cpuRatio;
  }

  #newcomer(host: Host, pid: number, length: number, hostTicks: number): Known {
    const made: Known = {
      pid,
      startTicks: this.#stat.startTicks,
      parentPid: this.#stat.parentPid,
      firstReading: this.#reading,
      commandHash: 0,
      commHash: 0,
      name: this.#nameOf(host, pid, length),
      cpuTicks: 0,
      hostTicks,
      state: 'sleeping',
      threads: 0,
      rssBytes: 0,
      idleReadings: 0,
      listedIn: 0,
    };
    this.#note(made, hostTicks);
    // Reuses the buffer that the stat was read from.
    if (!this.#stat.isKernelThread) {
      made.commandHash = hashBytes(this.#buffer, host.readInto(`/proc/${pid}/cmdline`, this.#buffer));
    }
    return made;
  }

  #note(known: Known, hostTicks: number): void {
    const { commHash, cpuTicks, state, threads, rssPages } = this.#stat;
    known.commHash = commHash;
    known.cpuTicks = cpuTicks;
    known.hostTicks = hostTicks;
    known.state = stateName(state);
    known.threads = threads;
    known.rssBytes = rssPages * (this.#pageBytes ?? DEFAULT_PAGE_BYTES);
    known.listedIn = this.#reading;
  }

  #nameOf(host: Host, pid: number, length: number): string {
    return this.#stat.isKernelThread ? 'kernel' : executableName(host, pid, processComm(this.#buffer, length));
  }
}

const shareOf = (ticks: number, passed: number) => (passed > 0 ? Math.min(1, Math.max(0, ticks / passed)) : 0);

/** Short names that runtimes (Node.js) give to their first thread, and so to every program they run. */
const namelessComms = new Set(['MainThread']);

/**
 * The program's file name where it may be read (own processes, or as root), else the short name the kernel keeps; where
 * that names a thread, the first word of the command line. Arguments are never looked at.
 */
export function executableName(host: Host, pid: number, comm: string): string {
  const path = host.readLink(`/proc/${pid}/exe`) ?? (namelessComms.has(comm) ? firstWord(host, pid) : null);
  return cleanExecutableName(path === null ? comm : basename(path));
}

const WORD_BYTES = 256;

function firstWord(host: Host, pid: number): string | null {
  const buffer = Buffer.alloc(WORD_BYTES);
  const end = buffer.subarray(0, Math.max(0, host.readInto(`/proc/${pid}/cmdline`, buffer))).indexOf(0);
  return end > 0 ? buffer.toString('utf8', 0, end) : null;
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
