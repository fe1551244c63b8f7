import type { Host } from '../collectors/host.ts';
import { type RunningProcess, readProcess } from '../discover/host-evidence.ts';

/** `waiting`: its root was never seen; `gone`: it was, and its process ended. */
type TreeState = 'waiting' | 'running' | 'gone';

/** Processes of one tree that are told; a larger tree is watched in part. */
const TREE_LIMIT = 512;
/** Processes of the machine that are looked at to find them. */
const PROCESS_LIMIT = 20_000;
/** The tree is read anew at most so often. */
const REFRESH_MS = 1_000;
/** After so long a pause a pid may name another process: everything is read again. */
const FORGET_AFTER_MS = 5_000;
const PID_FILE_BYTES = 64;
/** No tree is deeper; a torn reading could make a circle. */
const DEPTH_LIMIT = 64;

/**
 * The descendants of a process whose pid stands in a file. Parents come from `/proc/<pid>/stat`; only processes that are
 * new since the reading before are looked at, members each time. A member stays one until it ends, also when its parent
 * ended before it. A pid that a stranger has now (other start time) is never taken for the root.
 */
export class ProcessTree {
  readonly #pidFile: string;
  /** Parent by pid, of every process of the machine. */
  readonly #parents = new Map<number, number>();
  #members = new Map<number, RunningProcess>();
  #root: RunningProcess | null = null;
  #state: TreeState = 'waiting';
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;

  constructor(pidFile: string) {
    this.#pidFile = pidFile;
  }

  get state(): TreeState {
    return this.#state;
  }

  /** The last root that was seen, running or not. */
  get root(): RunningProcess | null {
    return this.#root;
  }

  /** Ascending. */
  get pids(): readonly number[] {
    return [...this.#members.keys()];
  }

  /** Looks again when the last look is a second old; a clock set back makes that due at once. */
  async refresh(host: Host): Promise<void> {
    const passedMs = Math.abs(host.nowMs() - this.#readAtMs);
    if (this.#reading === null && passedMs < REFRESH_MS) return;
    this.#reading ??= this.#read(host, passedMs).finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #read(host: Host, passedMs: number): Promise<void> {
    this.#readAtMs = host.nowMs();
    const isNewRoot = this.#lookForRoot(host, await pidIn(host, this.#pidFile));
    if (isNewRoot || passedMs > FORGET_AFTER_MS) this.#parents.clear();
    const looked = this.#lookAtNew(host, await listPids(host));
    const root = this.#root;
    const isRunning = root !== null && looked.get(root.pid)?.startTicks === root.startTicks;
    const members = new Map<number, RunningProcess>();
    for (const [pid, process] of looked) {
      if (this.#members.get(pid)?.startTicks === process.startTicks) members.set(pid, process);
    }
    const rootPid = isRunning ? root.pid : null;
    // Ascending, so that a parent is mostly a member before its children ask.
    for (const [pid, process] of looked) {
      if (members.size >= TREE_LIMIT) break;
      if (this.#descends(pid, rootPid, members)) members.set(pid, process);
    }
    this.#members = members;
    if (root !== null) this.#state = isRunning ? 'running' : 'gone';
  }

  /** Whether the file names another process than before, and that runs. */
  #lookForRoot(host: Host, pid: number | null): boolean {
    // The same pid with another start time is a stranger: the file was left behind by the process that ended.
    if (pid === null || pid === this.#root?.pid) return false;
    const process = readProcess(host, pid);
    if (process === null) return false;
    this.#root = process;
    return true;
  }

  /** Reads what is new and what belongs to the tree; strangers that were there before are left alone. */
  #lookAtNew(host: Host, pids: readonly number[]): Map<number, RunningProcess> {
    const listed = new Set(pids);
    for (const pid of this.#parents.keys()) if (!listed.has(pid)) this.#parents.delete(pid);
    const looked = new Map<number, RunningProcess>();
    for (const pid of pids) {
      if (this.#parents.has(pid) && !this.#members.has(pid)) continue;
      const process = readProcess(host, pid);
      this.#parents.set(pid, process?.parentPid ?? 0);
      if (process !== null) looked.set(pid, process);
    }
    return looked;
  }

  #descends(pid: number, rootPid: number | null, members: ReadonlyMap<number, RunningProcess>): boolean {
    let at = pid;
    for (let depth = 0; depth < DEPTH_LIMIT && at > 0; depth++) {
      if (at === rootPid || members.has(at)) return true;
      at = this.#parents.get(at) ?? 0;
    }
    return false;
  }
}

async function pidIn(host: Host, path: string): Promise<number | null> {
  try {
    const text = Buffer.from(await host.readBytes(path, PID_FILE_BYTES)).toString('latin1');
    const match = /^\s*([1-9]\d{0,9})\s*(?:\n|$)/.exec(text);
    return match === null ? null : Number(match[1]);
  } catch {
    // Not there, or not yet: `state` says so.
    return null;
  }
}

async function listPids(host: Host): Promise<number[]> {
  const pids = (await host.list('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
  return pids.sort((a, b) => a - b).slice(0, PROCESS_LIMIT);
}
