import type { TopProcess } from '../collectors/collector.ts';
import type { Host } from '../collectors/host.ts';
import { emptyProcessStat, type ProcessStat, parseProcessStat, processComm } from '../collectors/process-stat.ts';
import { executableName } from '../collectors/process-table.ts';

export interface ScopeReading {
  readonly processes: number;
  /** Cores in use since the reading before; `null` for the first one. */
  readonly cores: number | null;
  readonly memoryBytes: number;
  /** Those that use most cores, and those that hold most memory of their own. */
  readonly busiest: readonly (Omit<TopProcess, 'cpuRatio'> & { readonly cores: number })[];
}

interface Known {
  readonly startTicks: number;
  commHash: number;
  name: string;
  cpuTicks: number;
}

/** USER_HZ of Linux on every processor that Node.js runs on. */
const TICKS_A_SECOND = 100;
const TOP_PROCESSES = 8;
const LARGEST_PROCESSES = 3;
const ZOMBIE = 0x5a;

/**
 * What the processes that a host lists use together. Processor time is the sum of each process's own increase, so that
 * processes that come and go make no jump; what a process used after its last reading before it ended is not counted.
 */
export class ScopeUse {
  #known = new Map<number, Known>();
  readonly #buffer = Buffer.allocUnsafe(4_096);
  readonly #stat: ProcessStat = emptyProcessStat();
  #uptimeTicks: number | null = null;

  async read(host: Host): Promise<ScopeReading> {
    const uptimeTicks = Number.parseFloat(await host.readText('/proc/uptime')) * TICKS_A_SECOND;
    const before = this.#uptimeTicks;
    const passedTicks = before === null ? 0 : uptimeTicks - before;
    const known = new Map<number, Known>();
    const memory = new SharedMemory();
    const used: { pid: number; name: string; cores: number; memoryBytes: number }[] = [];
    for (const pid of await host.list('/proc')) {
      const process = /^\d+$/.test(pid) ? this.#look(host, Number(pid)) : null;
      if (process === null) continue;
      known.set(Number(pid), process);
      const memoryBytes = memory.add(host.readInto(`/proc/${pid}/status`, this.#buffer), this.#buffer);
      const cores =
        before === null || !(passedTicks > 0) ? 0 : this.#ticksOf(Number(pid), process, before) / passedTicks;
      used.push({ pid: Number(pid), name: process.name, cores, memoryBytes });
    }
    this.#known = known;
    this.#uptimeTicks = uptimeTicks;
    const largest = used.toSorted((a, b) => b.memoryBytes - a.memoryBytes).slice(0, LARGEST_PROCESSES);
    used.sort((a, b) => b.cores - a.cores);
    const busy = used.slice(0, TOP_PROCESSES).filter(({ cores }) => cores > 0);
    return {
      processes: known.size,
      cores: passedTicks > 0 ? used.reduce((sum, { cores }) => sum + cores, 0) : null,
      memoryBytes: memory.bytes,
      busiest: [...new Set([...busy, ...largest])],
    };
  }

  #look(host: Host, pid: number): Known | null {
    const length = host.readInto(`/proc/${pid}/stat`, this.#buffer);
    if (length <= 0 || !parseProcessStat(this.#buffer, length, this.#stat) || this.#stat.state === ZOMBIE) return null;
    const { startTicks, commHash, cpuTicks } = this.#stat;
    const before = this.#known.get(pid);
    const isSameProgram = before?.startTicks === startTicks && before.commHash === commHash;
    const name = isSameProgram ? before.name : executableName(host, pid, processComm(this.#buffer, length));
    return { startTicks, commHash, name, cpuTicks };
  }

  /** Increase since the reading before; all of it for a process that started since, none for one that only joined. */
  #ticksOf(pid: number, { startTicks, cpuTicks }: Known, sinceTicks: number): number {
    const before = this.#known.get(pid);
    if (before?.startTicks === startTicks) return Math.max(0, cpuTicks - before.cpuTicks);
    return startTicks >= sinceTicks - 1 ? cpuTicks : 0;
  }
}

/**
 * Memory of processes that share some of it: what each has for itself, and of shared memory and mapped files the most that
 * one of them uses. Sums of RSS would count PostgreSQL's buffers once a backend; PSS is exact, but reading it walks page
 * tables under the lock that page faults need, tens of milliseconds for a large JVM every time.
 */
class SharedMemory {
  #ownBytes = 0;
  #mostShared = 0;
  #mostMapped = 0;

  get bytes(): number {
    return this.#ownBytes + this.#mostShared + this.#mostMapped;
  }

  /**
   * @param buffer - with `/proc/<pid>/status`, cut at its end; kernel threads have no memory lines
   * @returns what this process has for itself, in bytes
   */
  add(length: number, buffer: Buffer): number {
    const text = buffer.toString('latin1', 0, Math.max(0, length));
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB\\n`, 'm').exec(text)?.[1] ?? 0);
    const ownBytes = kilobytes('RssAnon') * 1_024;
    this.#ownBytes += ownBytes;
    this.#mostShared = Math.max(this.#mostShared, kilobytes('RssShmem') * 1_024);
    this.#mostMapped = Math.max(this.#mostMapped, kilobytes('RssFile') * 1_024);
    return ownBytes;
  }
}
