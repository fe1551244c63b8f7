import { isIP } from 'node:net';
import { type Attributes, semconv } from '@airis/protocol';
import { z } from 'zod';
import { defineCollector, type MetricInfo, type SampleWriter } from './collector.ts';
import type { Host } from './host.ts';

const address = z.string().refine((text) => isIP(text) !== 0, 'an IP address');

const config = z.strictObject({
  tcp: z
    .array(z.strictObject({ address, port: z.int().min(1).max(65_535) }))
    .max(64)
    .default([])
    .describe('where connections are tried every ten seconds; MySQL counts such tries as errors of this host'),
  icmp: z.array(address).max(64).default([]).describe('who is sent three echo requests every ten seconds'),
  timeoutMs: z.int().min(100).max(3_000).default(1_000).describe('an answer that comes later counts as lost'),
  program: z.string().min(1).max(1_024).default('ping').describe('found on PATH, or an absolute path'),
});
type Config = z.output<typeof config>;

const emits: Readonly<Record<string, MetricInfo>> = {
  'airis.probe.duration': {
    unit: 's',
    kind: 'gauge',
    about: 'mean time until a probe was answered, by kind and target',
  },
  'airis.probe.lost': { unit: '{probe}', kind: 'counter', about: 'probes without an answer in time' },
  'airis.probe.sent': { unit: '{probe}', kind: 'counter', about: 'probes sent' },
  'airis.probe.loss': { unit: '1', kind: 'gauge', about: 'share of the probes of the last five minutes that was lost' },
};

const ECHOES = 3;
const PAUSE_SECONDS = '0.3';
/** What loss is the share of: thirty rounds of ten seconds. */
const ROUNDS = 30;

interface Target {
  readonly attributes: Attributes;
  sent: number;
  lost: number;
  /** Sent and lost of the last rounds, oldest first. */
  readonly rounds: (readonly [sent: number, lost: number])[];
  send(host: Host, config: Config): Promise<Round>;
}

interface Round {
  readonly sent: number;
  readonly lost: number;
  /** Mean over those that were answered. */
  readonly seconds: number | null;
}

/** Latency and loss to the targets that settings name, and to nobody else. */
export const probesCollector = defineCollector({
  name: 'probes',
  watches: 'host',
  config,
  everyMs: 10_000,
  capabilities: ['tcp', 'program'],
  emits,
  state: targetsOf,
  applies: async (_host, { tcp, icmp }) => tcp.length + icmp.length > 0,
  async collect(host, settings, out, targets) {
    const problems = await Promise.all(targets.map((target) => probe(host, settings, target, out)));
    const [problem] = problems.filter((one) => one !== null);
    if (problem !== undefined) throw new Error(problem);
  },
});

function targetsOf({ tcp, icmp }: Config): Target[] {
  const place = (kind: string, to: Attributes): Attributes => ({ 'airis.probe.kind': kind, ...to });
  return [
    ...tcp.map(({ address: to, port }) => ({
      attributes: place('tcp', { [semconv.attribute.serverAddress]: to, [semconv.attribute.serverPort]: String(port) }),
      send: (host: Host, { timeoutMs }: Config) => tryConnection(host, to, port, timeoutMs),
    })),
    ...icmp.map((to) => ({
      attributes: place('icmp', { [semconv.attribute.serverAddress]: to }),
      send: (host: Host, settings: Config) => sendEchoes(host, to, settings),
    })),
  ].map((target) => ({ ...target, sent: 0, lost: 0, rounds: [] }));
}

/** @returns what went wrong on this side, or `null`: silence of the other side is a measurement */
async function probe(host: Host, settings: Config, target: Target, out: SampleWriter): Promise<string | null> {
  let round: Round;
  try {
    round = await target.send(host, settings);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  target.sent += round.sent;
  target.lost += round.lost;
  target.rounds.push([round.sent, round.lost]);
  if (target.rounds.length > ROUNDS) target.rounds.shift();
  const [sent, lost] = target.rounds.reduce(([a, b], [c, d]) => [a + c, b + d] as const, [0, 0] as const);
  out.write('airis.probe.sent', target.sent, target.attributes);
  out.write('airis.probe.lost', target.lost, target.attributes);
  out.write('airis.probe.loss', lost / sent, target.attributes);
  if (round.seconds !== null) out.write('airis.probe.duration', round.seconds, target.attributes);
  return null;
}

async function tryConnection(host: Host, to: string, port: number, timeoutMs: number): Promise<Round> {
  if (host.tcpConnect === undefined) throw new Error('no capability to connect');
  const seconds = await host.tcpConnect(to, port, timeoutMs);
  return { sent: 1, lost: seconds === null ? 1 : 0, seconds };
}

/** The system's own `ping`: it alone may send what it sends without this agent being root. */
async function sendEchoes(host: Host, to: string, { program, timeoutMs }: Config): Promise<Round> {
  // The floor knows places by address and port; an echo has none.
  if (!host.mayCall(`${to}:icmp`))
    throw new Error(`${to}: the floor of this host bars it; allow ${to}:* in floor.yaml`);
  const wait = String(timeoutMs / 1_000);
  const args = ['-n', '-q', '-c', String(ECHOES), '-i', PAUSE_SECONDS, '-W', wait, to];
  const answer = await host.run?.(program, args, { timeoutMs: timeoutMs + 3_000, maxBytes: 16 * 1024 });
  if (answer === undefined) throw new Error('no capability to run a program');
  const round = parsePing(answer.text);
  // 1: nobody answered. Anything else without a summary is trouble of this side: no permission, no route.
  if (round === null)
    throw new Error(
      `${program} to ${to} ended with ${answer.code ?? 'no answer in time'}: there is no way there, or this user may not send echoes (sysctl -w net.ipv4.ping_group_range="0 2147483647", or setcap cap_net_raw+ep $(command -v ping))`,
    );
  return round;
}

/** The last lines of `ping -q`, of iputils and of BusyBox; `null` where there is no summary. */
export function parsePing(text: string): Round | null {
  const counts = /(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(text);
  const sent = Number(counts?.[1] ?? 0);
  if (sent === 0) return null;
  const mean = /(?:rtt|round-trip) min\/avg\/max(?:\/mdev)? = [\d.]+\/([\d.]+)\//.exec(text)?.[1];
  return {
    sent,
    lost: Math.max(0, sent - Number(counts?.[2])),
    seconds: mean === undefined ? null : Number(mean) / 1_000,
  };
}
