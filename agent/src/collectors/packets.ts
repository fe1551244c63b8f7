import { type Attributes, josa, semconv } from '@airis/protocol';
import { z } from 'zod';
import { type PacketRing, RING_BLOCK_BYTES } from '../capture/packet-ring.ts';
import { PacketSummary } from '../capture/packet-summary.ts';
import type { PortScan } from '../capture/scan-watch.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, type MetricInfo, type SampleWriter, type SeenChange } from './collector.ts';
import type { Host } from './host.ts';

const config = z.strictObject({
  interfaces: z
    .array(z.string().regex(/^[\w.@:-]{1,15}$/))
    .max(8)
    .default([])
    .describe('interfaces whose packets are looked at; none by default, since it costs and needs CAP_NET_RAW'),
  ringMegabytes: z.int().min(1).max(64).default(8).describe('memory for each interface that packets wait in'),
  cpuShare: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.2)
    .describe('of one core; capturing rests for a minute when it takes more for five seconds'),
  talkers: z.int().min(0).max(32).default(8).describe('peers with most traffic that get series'),
});
type Config = z.output<typeof config>;

const counter = (unit: string, about: string): MetricInfo => ({ unit, kind: 'counter', about });
const seconds = (about: string): MetricInfo => ({ unit: 's', kind: 'gauge', about });

const emits: Readonly<Record<string, MetricInfo>> = {
  'airis.packets.count': counter('{packet}', 'packets seen'),
  'airis.packets.io': counter('By', 'bytes of the packets seen, as on the wire'),
  'airis.packets.dropped': counter('{packet}', 'packets that the kernel threw away because they were not read in time'),
  'airis.packets.tcp.segments': counter('{segment}', 'TCP segments seen'),
  'airis.packets.tcp.retransmits': counter('{segment}', 'TCP segments that had been sent before'),
  'airis.packets.tcp.zero_windows': counter('{segment}', 'TCP segments of a side that can take nothing more'),
  'airis.packets.tcp.resets': counter('{segment}', 'TCP connections refused or broken off'),
  'airis.packets.tcp.handshakes': counter('{connection}', 'TCP connections opened'),
  'airis.packets.tcp.handshake.p50': seconds('median time from SYN to SYN-ACK in the last second with any'),
  'airis.packets.tcp.handshake.max': seconds('longest time from SYN to SYN-ACK in the last second with any'),
  'airis.packets.dns.answers': counter('{answer}', 'DNS questions that were answered'),
  'airis.packets.dns.failures': counter(
    '{answer}',
    'DNS answers that say there is no such name or that the server failed',
  ),
  'airis.packets.dns.p50': seconds('median time from a DNS question to its answer in the last second with any'),
  'airis.packets.dns.max': seconds('longest time from a DNS question to its answer in the last second with any'),
  'airis.packets.peer.throughput': {
    unit: 'By/s',
    kind: 'gauge',
    about: 'traffic with a peer, of those with most over the last ten seconds',
  },
};

/** Ethernet, two VLAN tags, IPv6 and the longest TCP header. */
const HEADER_BYTES = 128;
const READ_EVERY_MS = 50;
const READ_BYTES = 1 << 20;
const OVER_SECONDS = 5;
const REST_MS = 60_000;
const TALKERS_EVERY_MS = 10_000;
/** Peers that ever get series. */
const PEERS_EVER = 256;
/** DNS failures are told apart by these. */
const failureKinds = { noSuchName: 'NXDOMAIN', serverFailed: 'SERVFAIL' } as const;

interface Captured {
  readonly name: string;
  readonly attributes: Attributes;
  readonly noSuchName: Attributes;
  readonly serverFailed: Attributes;
  readonly summary: PacketSummary;
  ring: PacketRing | null;
  drops: number;
}

interface State {
  readonly interfaces: Map<string, Captured>;
  readonly buffer: Uint8Array;
  readonly peers: BoundedAttributes;
  scans: PortScan[];
  timer: NodeJS.Timeout | null;
  usedMs: number;
  overSeconds: number;
  restsUntilMs: number;
  talkersAtMs: number;
  error: Error | null;
}

/** What packets say: handshakes, segments sent again, closed windows, DNS, who talks most. Headers only, nothing kept. */
export const packetsCollector = defineCollector({
  name: 'packets',
  watches: 'host',
  config,
  emits,
  capabilities: ['capture'],
  state: (): State => ({
    interfaces: new Map(),
    buffer: new Uint8Array(READ_BYTES),
    peers: new BoundedAttributes(PEERS_EVER, (address) => ({ 'network.peer.address': address })),
    scans: [],
    timer: null,
    usedMs: 0,
    overSeconds: 0,
    restsUntilMs: 0,
    talkersAtMs: 0,
    error: null,
  }),
  applies: async (_, { interfaces }) => interfaces.length > 0,
  async collect(host, settings, out, state) {
    const nowMs = host.nowMs();
    if (nowMs < state.restsUntilMs) {
      for (const captured of state.interfaces.values()) writeCounts(captured, out);
      return;
    }
    await openAll(host, settings, state);
    if (state.error !== null) {
      const { error } = state;
      closeAll(state);
      throw error;
    }
    readAll(state);
    for (const captured of state.interfaces.values()) {
      writeCounts(captured, out);
      writeTimes(captured, out);
      state.scans.push(...captured.summary.takeScans());
    }
    writeTalkers(settings, state, nowMs, out);
    boundCost(settings, state, nowMs);
  },
  context: ({ restsUntilMs }) =>
    restsUntilMs > Date.now()
      ? { note: 'capturing rests for a minute: it took more of a core than cpuShare allows' }
      : {},
  takeChanges(state) {
    const scans = state.scans;
    state.scans = [];
    return scans.map(changeOf);
  },
  close: async (state) => closeAll(state),
});

async function openAll(host: Host, { interfaces, ringMegabytes }: Config, state: State): Promise<void> {
  for (const name of interfaces) {
    const known = state.interfaces.get(name);
    if (known?.ring != null) continue;
    if (host.capture === undefined) throw new Error('no capability to capture packets');
    const ring = await host.capture(name, HEADER_BYTES, (ringMegabytes * 1024 * 1024) / RING_BLOCK_BYTES);
    // One that is not there now may come: an interface of a tunnel or a container.
    if (ring === null) continue;
    if (known !== undefined) {
      known.ring = ring;
      continue;
    }
    const attributes = { [semconv.attribute.networkInterface]: name };
    const failed = (kind: keyof typeof failureKinds) => ({ ...attributes, 'error.type': failureKinds[kind] });
    state.interfaces.set(name, {
      name,
      attributes,
      noSuchName: failed('noSuchName'),
      serverFailed: failed('serverFailed'),
      summary: new PacketSummary(name === 'lo'),
      ring,
      drops: 0,
    });
  }
  state.timer ??= setInterval(() => readAll(state), READ_EVERY_MS).unref();
}

/** The ring is emptied many times a second, so that it need hold little. */
function readAll(state: State): void {
  const before = process.cpuUsage();
  try {
    for (const { ring, summary } of state.interfaces.values()) {
      if (ring === null) continue;
      for (let length = ring.read(state.buffer); length > 0; length = ring.read(state.buffer)) {
        summary.add(state.buffer, length);
        if (length < READ_BYTES / 2) break;
      }
    }
  } catch (error) {
    state.error = error instanceof Error ? error : new Error(String(error));
  }
  const { user, system } = process.cpuUsage(before);
  state.usedMs += (user + system) / 1_000;
}

function writeCounts(captured: Captured, out: SampleWriter): void {
  const { ring, summary, attributes, noSuchName, serverFailed } = captured;
  if (ring !== null) captured.drops += ring.stats().drops;
  const { counts } = summary;
  out.write('airis.packets.count', counts.packets, attributes);
  out.write('airis.packets.io', counts.bytes, attributes);
  out.write('airis.packets.dropped', captured.drops, attributes);
  out.write('airis.packets.tcp.segments', counts.segments, attributes);
  out.write('airis.packets.tcp.retransmits', counts.retransmitted, attributes);
  out.write('airis.packets.tcp.zero_windows', counts.zeroWindows, attributes);
  out.write('airis.packets.tcp.resets', counts.resets, attributes);
  out.write('airis.packets.tcp.handshakes', counts.handshakes, attributes);
  out.write('airis.packets.dns.answers', counts.dnsAnswers, attributes);
  out.write('airis.packets.dns.failures', counts.dnsNoSuchName, noSuchName);
  out.write('airis.packets.dns.failures', counts.dnsServerFailed, serverFailed);
}

function writeTimes({ summary, attributes }: Captured, out: SampleWriter): void {
  const { handshake, dns } = summary.takeTimes();
  for (const [name, times] of [
    ['airis.packets.tcp.handshake', handshake],
    ['airis.packets.dns', dns],
  ] as const) {
    if (times.length === 0) continue;
    const sorted = [...times].sort((a, b) => a - b);
    out.write(`${name}.p50`, sorted[Math.floor((sorted.length - 1) / 2)]!, attributes);
    out.write(`${name}.max`, sorted.at(-1)!, attributes);
  }
}

function writeTalkers({ talkers }: Config, state: State, nowMs: number, out: SampleWriter): void {
  if (Math.abs(nowMs - state.talkersAtMs) < TALKERS_EVERY_MS) return;
  const overSeconds = state.talkersAtMs === 0 ? 1 : (nowMs - state.talkersAtMs) / 1_000;
  state.talkersAtMs = nowMs;
  for (const { summary } of state.interfaces.values()) {
    for (const { address, bytes } of summary.talkers.top(talkers)) {
      const named = state.peers.get(address);
      if (named !== null) out.write('airis.packets.peer.throughput', bytes / overSeconds, named);
    }
    summary.talkers.clear();
  }
}

/** More packets than the core it may use is good for: it rests, and says so, rather than slow the host down. */
function boundCost({ cpuShare }: Config, state: State, nowMs: number): void {
  state.overSeconds = state.usedMs > cpuShare * 1_000 ? state.overSeconds + 1 : 0;
  state.usedMs = 0;
  if (state.overSeconds < OVER_SECONDS) return;
  state.overSeconds = 0;
  state.restsUntilMs = nowMs + REST_MS;
  closeAll(state);
}

function closeAll(state: State): void {
  if (state.timer !== null) clearInterval(state.timer);
  state.timer = null;
  state.error = null;
  for (const captured of state.interfaces.values()) {
    captured.ring?.close();
    captured.ring = null;
  }
}

/** Who knocked is not told: addresses stay on the host. */
function changeOf({ ports, atSeconds }: PortScan): SeenChange {
  return {
    kind: 'port-scan',
    atUnixMs: Math.round(atSeconds * 1_000),
    summary: {
      ko: `한 주소가 1분 안에 닫힌 TCP 포트 ${josa(`${ports}개 이상`, '을/를')} 두드렸습니다(포트 스캔)`,
      en: `one address knocked at ${ports} or more closed TCP ports within a minute (port scan)`,
    },
    attributes: { 'airis.scan.ports': String(ports) },
  };
}
