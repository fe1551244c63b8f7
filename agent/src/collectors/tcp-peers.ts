import { type Attributes, semconv } from '@airis/protocol';
import { z } from 'zod';
import { readListeners } from '../discover/host-evidence.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, type MetricInfo } from './collector.ts';
import type { Host } from './host.ts';
import { parseSockets, type TcpConnection } from './socket-text.ts';

const config = z.strictObject({
  peers: z
    .int()
    .min(1)
    .max(256)
    .default(32)
    .describe('services this host calls that get series, those with most connections first'),
  connectionLimit: z
    .int()
    .min(100)
    .max(50_000)
    .default(5_000)
    .describe('with more connections nothing is read: the kernel makes the list line by line'),
  program: z.string().min(1).max(1_024).default('ss').describe('of iproute2, found on PATH, or an absolute path'),
});
type Config = z.output<typeof config>;

const emits: Readonly<Record<string, MetricInfo>> = {
  'airis.tcp.round_trip': {
    unit: 's',
    kind: 'gauge',
    about: 'median of the kernel’s round-trip times over the connections to a service',
  },
  'airis.tcp.connections': { unit: '{connection}', kind: 'gauge', about: 'established connections to a service' },
  'airis.tcp.retransmits': { unit: '{segment}', kind: 'counter', about: 'segments sent again to a service' },
  'airis.tcp.clients.round_trip': {
    unit: 's',
    kind: 'gauge',
    about: 'median of the kernel’s round-trip times to the clients of a port',
  },
  'airis.tcp.clients.retransmits': {
    unit: '{segment}',
    kind: 'counter',
    about: 'segments sent again to the clients of a port',
  },
};

const LIMITS = { timeoutMs: 3_000, maxBytes: 8 * 1024 * 1024 } as const;
const PORTS = 32;

/** Segments sent again, added up over connections that come and go. */
class RisingSum {
  #total = 0;
  #last = new Map<string, number>();

  /** @param now - by connection, since it began */
  take(now: ReadonlyMap<string, number>): number {
    for (const [connection, count] of now) this.#total += Math.max(0, count - (this.#last.get(connection) ?? 0));
    this.#last = new Map(now);
    return this.#total;
  }
}

interface State {
  readonly attributes: BoundedAttributes;
  readonly sums: Map<string, RisingSum>;
}

/**
 * Round-trip times and retransmissions from and to whom this host talks, out of the kernel's own books: nothing is sent,
 * and no neighbour is knocked at.
 */
export const tcpPeersCollector = defineCollector({
  name: 'tcp-peers',
  watches: 'host',
  config,
  // Starting `ss` costs more than everything else that is read in ten seconds.
  everyMs: 30_000,
  capabilities: ['program'],
  emits,
  state: ({ peers }): State => ({
    // Services come and go; twice as many as are shown at once get a name.
    attributes: new BoundedAttributes(2 * peers + PORTS, (key) => JSON.parse(key) as Attributes), // made below
    sums: new Map(),
  }),
  applies: async (host, { program }) =>
    (await host.tryReadText('/proc/net/tcp')) !== null && (await hasProgram(host, program)),
  async collect(host, settings, out, { attributes, sums }) {
    for (const [key, group] of await readGroups(host, settings)) {
      const named = attributes.get(key);
      if (named === null) continue;
      const isService = 'server.address' in named;
      const kind = isService ? 'airis.tcp' : 'airis.tcp.clients';
      const sum = sums.get(key) ?? new RisingSum();
      sums.set(key, sum);
      out.write(`${kind}.round_trip`, medianOf(group.map(({ roundTripSeconds }) => roundTripSeconds)), named);
      out.write(
        `${kind}.retransmits`,
        sum.take(
          new Map(group.map((one) => [`${one.localPort} ${one.peerAddress} ${one.peerPort}`, one.retransmitted])),
        ),
        named,
      );
      if (isService) out.write('airis.tcp.connections', group.length, named);
    }
  },
});

/** A host without iproute2 is no host in trouble: its connections are not in these books. */
async function hasProgram(host: Host, program: string): Promise<boolean> {
  try {
    return (await host.run?.(program, ['-V'], LIMITS)) !== undefined;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return false;
    throw error;
  }
}

/** Connections by whom they serve; those that were accepted by their port, the others by the service they go to. */
async function readGroups(host: Host, { peers, connectionLimit, program }: Config) {
  const groups = new Map<string, TcpConnection[]>();
  if ((await connectionCount(host)) > connectionLimit) return groups;
  const answer = await host.run?.(program, ['-H', '-t', '-i', '-n', 'state', 'established'], LIMITS);
  if (answer === undefined) throw new Error('no capability to run a program');
  if (answer.code !== 0) throw new Error(`${program} ended with ${answer.code ?? 'no answer in time'}`);
  const listening = await listeningPorts(host);
  for (const connection of parseSockets(answer.text, connectionLimit)) {
    if (isLoopback(connection.peerAddress)) continue;
    const { localPort, peerAddress, peerPort } = connection;
    const place = listening.has(localPort)
      ? { [semconv.attribute.serverPort]: String(localPort) }
      : { [semconv.attribute.serverAddress]: peerAddress, [semconv.attribute.serverPort]: String(peerPort) };
    const key = JSON.stringify(place);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [connection]);
    else group.push(connection);
  }
  const bySize = [...groups].sort(([a, left], [b, right]) => right.length - left.length || (a < b ? -1 : 1));
  return new Map(bySize.slice(0, peers));
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** Sockets in use, without making the list of them. */
async function connectionCount(host: Host): Promise<number> {
  const text = (await host.tryReadText('/proc/net/sockstat')) ?? '';
  return Number(/^TCP: inuse (\d+)/m.exec(text)?.[1] ?? 0);
}

async function listeningPorts(host: Host): Promise<ReadonlySet<number>> {
  return new Set((await readListeners(host)).map(({ port }) => port));
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
