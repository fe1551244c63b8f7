import type { Attributes } from '@airis/protocol';
import { z } from 'zod';
import { defineCollector, type SampleWriter } from './collector.ts';
import type { Host } from './host.ts';
import { HeadedCounters, wholeLines } from './proc-text.ts';

const config = z.strictObject({
  statesEveryMs: z.int().min(1_000).default(30_000).describe('how often the table of connections is counted by state'),
  tableLimit: z
    .int()
    .min(0)
    .max(20_000)
    .default(20_000)
    .describe(
      'with more connections only established and time_wait are counted: the kernel makes the table line by line',
    ),
});

/** By the kernel's number (include/net/tcp_states.h); names as in OpenTelemetry. */
export const tcpStates = [
  '',
  'established',
  'syn_sent',
  'syn_received',
  'fin_wait_1',
  'fin_wait_2',
  'time_wait',
  'closed',
  'close_wait',
  'last_ack',
  'listen',
  'closing',
  'syn_received',
] as const;

const stateAttributes: readonly Attributes[] = tcpStates.map((state) => ({
  'network.transport': 'tcp',
  'network.connection.state': state,
}));
const ESTABLISHED = 1;
const TIME_WAIT = 6;

/** Metric by the kernel's counter; counted by the kernel, so each costs nothing to read. */
const counters: readonly (readonly [metric: string, unit: string, key: string, about: string])[] = [
  ['airis.tcp.segments_sent', '{segment}', 'Tcp.OutSegs', 'segments sent, retransmits not counted'],
  ['airis.tcp.retransmits', '{segment}', 'Tcp.RetransSegs', 'segments sent again: loss or a slow peer'],
  ['airis.tcp.active_opens', '{connection}', 'Tcp.ActiveOpens', 'connections this host opened'],
  ['airis.tcp.passive_opens', '{connection}', 'Tcp.PassiveOpens', 'connections accepted'],
  ['airis.tcp.attempt_fails', '{connection}', 'Tcp.AttemptFails', 'connections that were never established'],
  ['airis.tcp.resets_sent', '{segment}', 'Tcp.OutRsts', 'resets sent'],
  ['airis.tcp.listen_overflows', '{connection}', 'TcpExt.ListenOverflows', 'connections lost to a full accept queue'],
  ['airis.tcp.listen_drops', '{connection}', 'TcpExt.ListenDrops', 'connections a listener lost, whatever the reason'],
  ['airis.tcp.syn_retransmits', '{segment}', 'TcpExt.TCPSynRetrans', 'first segments sent again: nobody answers'],
  ['airis.tcp.timeouts', '{timeout}', 'TcpExt.TCPTimeouts', 'retransmit timers that ran out'],
  ['airis.udp.datagrams_received', '{packet}', 'Udp.InDatagrams', 'datagrams given to programs'],
  ['airis.udp.datagrams_sent', '{packet}', 'Udp.OutDatagrams', 'datagrams sent'],
  ['airis.udp.receive_errors', '{packet}', 'Udp.InErrors', 'datagrams lost on receipt, full buffers among them'],
  ['airis.udp.no_port', '{packet}', 'Udp.NoPorts', 'datagrams for a port where nobody listens'],
  ['airis.udp.send_buffer_errors', '{packet}', 'Udp.SndbufErrors', 'datagrams lost to a full send buffer'],
  ['airis.udp.receive_buffer_errors', '{packet}', 'Udp.RcvbufErrors', 'datagrams lost to a full receive buffer'],
];

interface State {
  readonly kernel: HeadedCounters;
  countedAtMs: number;
}

/** TCP connections by state and the kernel's TCP counters, of this network namespace. */
export const connectionsCollector = defineCollector({
  name: 'connections',
  config,
  emits: {
    'system.network.connection.count': { unit: '{connection}', kind: 'gauge', about: 'TCP connections by state' },
    'airis.tcp.sockets': { unit: '{socket}', kind: 'gauge', about: 'TCP sockets in use (IPv4 and IPv6)' },
    ...Object.fromEntries(counters.map(([metric, unit, , about]) => [metric, { unit, kind: 'counter', about }])),
  },
  state: (): State => ({
    kernel: new HeadedCounters(['Tcp.CurrEstab', ...counters.map(([, , key]) => key)]),
    countedAtMs: Number.NEGATIVE_INFINITY,
  }),
  applies: async (host) => (await host.tryReadText('/proc/net/snmp')) !== null,
  async collect(host, { statesEveryMs, tableLimit }, out, state) {
    const kernel = state.kernel.read(
      (await host.readText('/proc/net/snmp')) + ((await host.tryReadText('/proc/net/netstat')) ?? ''),
    );
    for (const [metric, , key] of counters) {
      const value = kernel.get(key);
      if (value !== undefined) out.write(metric, value);
    }
    const sockets = await socketCounts(host);
    out.write('airis.tcp.sockets', sockets.inUse);
    const nowMs = host.nowMs();
    // A clock set back must not stop the counting, so any distance of that length counts.
    if (Math.abs(nowMs - state.countedAtMs) < statesEveryMs) return;
    state.countedAtMs = nowMs;
    // The table may have grown since its size was asked.
    const counts = sockets.inUse + sockets.timeWait <= tableLimit ? await countStates(host, tableLimit) : null;
    if (counts !== null) return writeStates(counts, out);
    const established = kernel.get('Tcp.CurrEstab');
    if (established !== undefined) {
      out.write('system.network.connection.count', established, stateAttributes[ESTABLISHED]);
    }
    out.write('system.network.connection.count', sockets.timeWait, stateAttributes[TIME_WAIT]);
  },
});

async function socketCounts(host: Host): Promise<{ inUse: number; timeWait: number }> {
  const text = [await host.tryReadText('/proc/net/sockstat'), await host.tryReadText('/proc/net/sockstat6')].join('');
  let inUse = 0;
  let timeWait = 0;
  for (const line of wholeLines(text)) {
    const match = /^TCP6?: inuse (\d+)(?: orphan \d+ tw (\d+))?/.exec(line);
    inUse += Number(match?.[1] ?? 0);
    timeWait += Number(match?.[2] ?? 0);
  }
  return { inUse, timeWait };
}

/** `null` when there are more than `limit`. */
async function countStates(host: Host, limit: number): Promise<number[] | null> {
  const counts = tcpStates.map(() => 0);
  let lines = 0;
  for (const path of ['/proc/net/tcp', '/proc/net/tcp6']) {
    lines += addConnectionStates((await host.tryReadText(path)) ?? '', counts, limit - lines);
    if (lines > limit) return null;
  }
  return counts;
}

function writeStates(counts: readonly number[], out: SampleWriter): void {
  counts.forEach((count, state) => {
    // 12 is a second name of 3 (a request socket), 0 is none.
    if (state === 0 || state === 12) return;
    out.write(
      'system.network.connection.count',
      state === 3 ? count + (counts[12] ?? 0) : count,
      stateAttributes[state],
    );
  });
}

/**
 * Adds the lines of `/proc/net/tcp` or `tcp6` to `counts`, by the kernel's number of the state, and returns how many were
 * looked at: at most `limit` + 1. Makes nothing for a line, since there may be tens of thousands.
 */
export function addConnectionStates(text: string, counts: number[], limit: number): number {
  let lines = 0;
  // A torn last line does not count.
  for (let start = 0, end = text.indexOf('\n'); end >= 0 && lines <= limit; end = text.indexOf('\n', start)) {
    // ` 0: local remote st …`; the head has no colon.
    const number = text.indexOf(': ', start);
    if (number < 0) break;
    if (number < end) {
      const remote = text.indexOf(' ', number + 2) + 1;
      const state = text.indexOf(' ', remote) + 1;
      if (remote > 0 && state > 0 && state + 2 < end && text.charCodeAt(state + 2) === SPACE) {
        const value = hexDigit(text.charCodeAt(state)) * 16 + hexDigit(text.charCodeAt(state + 1));
        if (counts[value] !== undefined) counts[value]++;
        lines++;
      }
    }
    start = end + 1;
  }
  return lines;
}

const SPACE = 0x20;

/** NaN for anything else. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x41 && code <= 0x46 ? code - 0x41 + 10 : Number.NaN;
}
