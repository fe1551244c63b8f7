import type { Host } from '../collectors/host.ts';
import { wholeLines } from '../collectors/proc-text.ts';
import { emptyProcessStat, type ProcessStat, parseProcessStat, processComm } from '../collectors/process-stat.ts';

export interface RunningProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly startTicks: number;
  /** The kernel's short name. */
  readonly comm: string;
}

export interface Listener {
  readonly port: number;
  /** Reachable at 127.0.0.1: bound there, or everywhere. */
  readonly onLoopback: boolean;
  /** Bound to more than loopback. */
  readonly isReachable: boolean;
  readonly inode: string;
}

/** What runs and listens on a host at one moment, with the host itself for a closer look. */
export interface HostEvidence {
  readonly host: Host;
  readonly processes: readonly RunningProcess[];
  /** Read when first asked for: making the table costs the kernel some ms, and most hosts give no reason to look. */
  listeners(): Promise<readonly Listener[]>;
}

const PROCESS_LIMIT = 20_000;
const LISTENER_LIMIT = 5_000;

/** Looks at every process once; needs no privilege. */
export async function readHostEvidence(host: Host): Promise<HostEvidence> {
  const processes: RunningProcess[] = [];
  for (const entry of await host.list('/proc')) {
    if (!/^\d+$/.test(entry) || processes.length >= PROCESS_LIMIT) continue;
    const process = readProcess(host, Number(entry));
    if (process !== null) processes.push(process);
  }
  let listening: Promise<readonly Listener[]> | null = null;
  return {
    host,
    processes,
    listeners: () => {
      listening ??= readListeners(host);
      return listening;
    },
  };
}

export async function readListeners(host: Host): Promise<Listener[]> {
  const [ipv4, ipv6] = [await listenersIn(host, '/proc/net/tcp'), await listenersIn(host, '/proc/net/tcp6')];
  return [...ipv4, ...ipv6].slice(0, LISTENER_LIMIT);
}

const page = Buffer.allocUnsafe(8_192);

/**
 * The kernel lists what listens before what is connected, and makes the table as it is read: once a first page shows a
 * connection, the other tens of thousands need not be made.
 *
 * @see Linux, Documentation/networking/proc_net_tcp.rst
 */
async function listenersIn(host: Host, path: string): Promise<Listener[]> {
  const head = page.toString('latin1', 0, Math.max(0, host.readInto(path, page)));
  const isWhole = wholeLines(head).some((line) => (socketLine.exec(line)?.[3] ?? LISTEN) !== LISTEN);
  return parseListeners(isWhole ? head : ((await host.tryReadText(path)) ?? ''));
}

const ZOMBIE = 0x5a;
const buffer = Buffer.allocUnsafe(2_048);
const stat: ProcessStat = emptyProcessStat();

/** A program that lives; kernel threads and processes that only wait to be reaped are `null`. */
export function readProcess(host: Host, pid: number): RunningProcess | null {
  const length = host.readInto(`/proc/${pid}/stat`, buffer);
  if (length <= 0 || !parseProcessStat(buffer, length, stat)) return null;
  if (stat.isKernelThread || stat.state === ZOMBIE) return null;
  const afterName = buffer.toString('latin1', buffer.lastIndexOf(')', length - 1) + 4, length);
  return {
    pid,
    parentPid: Number.parseInt(afterName, 10),
    startTicks: stat.startTicks,
    comm: processComm(buffer, length),
  };
}

/** Arguments of a process, parted by NUL; a program that rewrote its title gives that as one text. */
export async function processTitle(host: Host, pid: number): Promise<string> {
  return ((await host.tryReadText(`/proc/${pid}/cmdline`)) ?? '').replaceAll('\0', ' ').trim().slice(0, 4_096);
}

/** Ports that the given processes hold; only for own processes or as root, else empty. */
export async function portsHeldBy(evidence: HostEvidence, pids: readonly number[]): Promise<number[]> {
  const byInode = new Map(
    (await evidence.listeners()).map((listener) => [`socket:[${listener.inode}]`, listener.port]),
  );
  const ports = new Set<number>();
  for (const pid of pids.slice(0, 64)) {
    for (const fd of await evidence.host.list(`/proc/${pid}/fd`)) {
      const port = byInode.get(evidence.host.readLink(`/proc/${pid}/fd/${fd}`) ?? '');
      if (port !== undefined) ports.add(port);
    }
  }
  return [...ports].sort((a, b) => a - b);
}

/** Where the process's own root is seen from here: empty, unless it lives in another mount namespace (a container). */
export function rootOf(host: Host, pid: number): string {
  const its = host.readLink(`/proc/${pid}/ns/mnt`);
  const ours = host.readLink('/proc/self/ns/mnt');
  return its === null || ours === null || its === ours ? '' : `/proc/${pid}/root`;
}

const LISTEN = '0A';
const socketLine = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) (?:\S+\s+){5}(\d+)/;

export function parseListeners(text: string): Listener[] {
  const listeners: Listener[] = [];
  for (const line of wholeLines(text)) {
    const match = socketLine.exec(line);
    if (match === null || match[3] !== LISTEN) continue;
    const address = match[1]!;
    const isAny = /^0+$/.test(address);
    const isLoopback = isLoopbackAddress(address);
    listeners.push({
      port: Number.parseInt(match[2]!, 16),
      onLoopback: isAny || isLoopback,
      isReachable: !isLoopback,
      inode: match[4]!,
    });
  }
  return listeners;
}

/** Addresses stand in the byte order of the machine, a word at a time: 0100007F is 127.0.0.1. */
const isLoopbackAddress = (hex: string) =>
  /^[0-9A-F]{6}7F$/.test(hex) || hex === '00000000000000000000000001000000' || /^0{16}FFFF0000[0-9A-F]{6}7F$/.test(hex);
