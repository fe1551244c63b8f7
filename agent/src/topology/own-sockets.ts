import type { TopologyReport as TopologyMessage } from '@airis/protocol';
import type { CallsSeen } from '../collectors/collector.ts';
import type { Host } from '../collectors/host.ts';
import { readTcpSockets, socketsOf, type TcpSocket } from './sockets.ts';

interface OwnSockets {
  /** `ip:port`; `0.0.0.0` and `[::]` as the kernel says them. */
  readonly listens: readonly string[];
  readonly calls: readonly CallsSeen[];
}

/** Addresses told, of either kind. */
const ADDRESS_LIMIT = 64;

/** Where these processes listen, and where they are connected to as clients. */
export async function readOwnSockets(host: Host, pids: readonly number[]): Promise<OwnSockets> {
  if (pids.length === 0) return { listens: [], calls: [] };
  const owned = await socketsOf(host, pids);
  return ownSockets((await readTcpSockets(host)).filter(({ inode }) => owned.has(inode)));
}

/** A connection at a port that is listened on came from outside; one to such a port is among the processes themselves. */
export function ownSockets(sockets: readonly TcpSocket[]): OwnSockets {
  const listens = [...new Set(sockets.filter(({ state }) => state === 'listen').map(({ local }) => local))];
  const ports = new Set(listens.map(portOf));
  const counts = new Map<string, number>();
  for (const { state, local, remote } of sockets) {
    const isWithin = ports.has(portOf(remote)) && ipOf(remote) === ipOf(local);
    if (state !== 'established' || ports.has(portOf(local)) || isWithin) continue;
    counts.set(remote, (counts.get(remote) ?? 0) + 1);
  }
  const calls = [...counts].sort(([, a], [, b]) => b - a).slice(0, ADDRESS_LIMIT);
  return {
    listens: listens.sort().slice(0, ADDRESS_LIMIT),
    calls: calls.map(([address, count]) => ({
      address,
      kind: 'socket',
      text: `established TCP connections: ${count}`,
      count,
    })),
  };
}

/** Where services of the whole host listen, by their ports. */
export function listensAt(
  sockets: readonly TcpSocket[],
  services: readonly { readonly entity: string; readonly ports: readonly number[] }[],
): TopologyMessage['listens'] {
  const listening = sockets.filter(({ state }) => state === 'listen');
  return services.flatMap(({ entity, ports }) => {
    const wanted = new Set(ports.map(String));
    const addresses = listening.map(({ local }) => local).filter((local) => wanted.has(portOf(local)));
    return [...new Set(addresses)].map((address) => ({ entity, address }));
  });
}

const portOf = (address: string): string => address.slice(address.lastIndexOf(':') + 1);
const ipOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));
