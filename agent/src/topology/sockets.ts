import type { Host } from '../collectors/host.ts';
import { wholeLines } from '../collectors/proc-text.ts';

/** A line of the kernel's TCP table. */
export interface TcpSocket {
  /** `ip:port`, IPv6 in brackets. */
  readonly local: string;
  readonly remote: string;
  readonly state: 'established' | 'listen';
  readonly inode: string;
}

/** Lines of one table that are looked at. The kernel lists what listens first, so further connections alone are lost. */
const SOCKET_LIMIT = 20_000;
/** Open files of one process that are looked at. */
const FILES_LIMIT = 4_096;
const states: Readonly<Record<string, TcpSocket['state']>> = { '01': 'established', '0A': 'listen' };

/** What listens and what is connected in this network namespace; empty where the table cannot be read. */
export async function readTcpSockets(host: Host): Promise<TcpSocket[]> {
  const texts = [await host.tryReadText('/proc/net/tcp'), await host.tryReadText('/proc/net/tcp6')];
  return texts.flatMap((text) => parseTcpSockets(text ?? ''));
}

/** Inodes of the sockets that these processes hold open: only own processes, or all as root. */
export async function socketsOf(host: Host, pids: readonly number[]): Promise<Set<string>> {
  const inodes = new Set<string>();
  for (const pid of pids) {
    const files = await host.list(`/proc/${pid}/fd`);
    for (const file of files.slice(0, FILES_LIMIT)) {
      const inode = /^socket:\[(\d+)\]$/.exec(host.readLink(`/proc/${pid}/fd/${file}`) ?? '')?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  return inodes;
}

export function parseTcpSockets(text: string): TcpSocket[] {
  const sockets: TcpSocket[] = [];
  for (const line of wholeLines(text).slice(0, SOCKET_LIMIT)) {
    const match = /^\s*\d+: ([0-9A-F]+:[0-9A-F]{4}) ([0-9A-F]+:[0-9A-F]{4}) ([0-9A-F]{2}) (?:\S+\s+){5}(\d+)/.exec(
      line,
    );
    const state = states[match?.[3] ?? ''];
    if (match === null || state === undefined) continue;
    const local = addressOf(match[1]!);
    const remote = addressOf(match[2]!);
    if (local !== null && remote !== null) sockets.push({ local, remote, state, inode: match[4]! });
  }
  return sockets;
}

const MAPPED = '0000000000000000FFFF0000';

/** `0100007F:1F90` → `127.0.0.1:8080`: words in the machine's byte order, which is little-endian wherever Node.js runs. */
function addressOf(text: string): string | null {
  const [hex = '', port = ''] = text.split(':');
  const number = Number.parseInt(port, 16);
  if (hex.length === 8) return `${ipv4(hex)}:${number}`;
  if (hex.length !== 32) return null;
  if (hex.startsWith(MAPPED)) return `${ipv4(hex.slice(24))}:${number}`;
  const bytes = (hex.match(/.{8}/g) ?? []).map(swapWord).join('');
  const full = (bytes.match(/.{4}/g) ?? []).map((group) => group.toLowerCase()).join(':');
  // The URL parser writes IPv6 addresses in their one short form.
  return `${new URL(`http://[${full}]`).hostname}:${number}`;
}

const ipv4 = (word: string): string =>
  (swapWord(word).match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.');
const swapWord = (word: string): string => (word.match(/../g) ?? []).reverse().join('');
