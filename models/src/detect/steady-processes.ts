/** A process as the collectors report it: `cpuRatio` is of one core, so 2 means two cores. */
export interface BusyProcess {
  readonly pid: number;
  readonly name: string;
  readonly cpuRatio: number;
  /** Resident bytes, where the collector knows them. */
  readonly memoryBytes?: number;
}

const SNAPSHOTS = 32;
const PER_SNAPSHOT = 16;
/** Part of the snapshots of a span in which a process must appear to have been there all along. */
const PRESENT_SHARE = 0.8;

/** The last snapshots of the busiest processes: who has been busy all along. At most 32 snapshots of 16. */
export class SteadyProcesses {
  #snapshots: { readonly tMs: number; readonly processes: readonly BusyProcess[] }[] = [];

  add(tMs: number, processes: readonly BusyProcess[]): void {
    const last = this.#snapshots.at(-1);
    if (last !== undefined && tMs - last.tMs < 900) this.#snapshots.pop();
    const busiest = processes.filter((process) => Number.isFinite(process.cpuRatio)).slice(0, PER_SNAPSHOT);
    this.#snapshots.push({ tMs, processes: busiest });
    if (this.#snapshots.length > SNAPSHOTS) this.#snapshots.shift();
  }

  /** Cores held since `fromMs` by processes present all along; `null` with fewer than two snapshots in that time. */
  steadyCores(fromMs: number): number | null {
    const steady = this.busiest(fromMs, PER_SNAPSHOT);
    return steady === null ? null : steady.reduce((sum, process) => sum + process.cpuRatio, 0);
  }

  /** Those of the newest snapshot that hold most memory, as far as collectors tell. */
  largest(limit: number): BusyProcess[] {
    return (this.#snapshots.at(-1)?.processes ?? [])
      .filter(({ memoryBytes }) => memoryBytes !== undefined && Number.isFinite(memoryBytes))
      .toSorted((a, b) => (b.memoryBytes ?? 0) - (a.memoryBytes ?? 0) || a.pid - b.pid)
      .slice(0, limit);
  }

  /** Those processes with their mean use, busiest first. */
  busiest(fromMs: number, limit: number): BusyProcess[] | null {
    const inSpan = this.#snapshots.filter((snapshot) => snapshot.tMs > fromMs);
    if (inSpan.length < 2) return null;
    const seen = new Map<number, { name: string; sum: number; times: number }>();
    for (const { processes } of inSpan) {
      for (const { pid, name, cpuRatio } of processes) {
        const known = seen.get(pid);
        if (known === undefined) seen.set(pid, { name, sum: cpuRatio, times: 1 });
        else {
          known.sum += cpuRatio;
          known.times += 1;
        }
      }
    }
    return [...seen]
      .filter(([, { times }]) => times >= PRESENT_SHARE * inSpan.length)
      .map(([pid, { name, sum, times }]) => ({ pid, name, cpuRatio: sum / times }))
      .toSorted((a, b) => b.cpuRatio - a.cpuRatio || a.pid - b.pid)
      .slice(0, limit);
  }
}
