import { z } from 'zod';
import { defineCollector } from './collector.ts';
import { listenAddress } from './listen-address.ts';
import { parseStatsd } from './statsd-line.ts';
import { StatsdSeries } from './statsd-series.ts';
import type { UdpListener } from './udp-listen.ts';

const config = z.strictObject({
  listen: listenAddress.describe(
    'where programs send their metrics: `127.0.0.1:8125`; null: not at all. Whoever reaches the port is believed',
  ),
  maxLinesPerSecond: z.int().min(100).max(200_000).default(20_000).describe('further ones are dropped and counted'),
  maxSeries: z
    .int()
    .min(1)
    .max(10_000)
    .default(2_000)
    .describe('names with their tags, since the agent started; further ones are dropped and counted'),
  keepGaugesSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(300)
    .describe('a gauge that was not sent for so long shows a gap, not its last value'),
});

const MAX_METRICS = 500;

interface State {
  readonly series: StatsdSeries;
  listener: UdpListener | null;
  /** Lines of this second that may still come. */
  linesLeft: number;
  isClosed: boolean;
}

/**
 * What programs send by StatsD over UDP, also with the tags of DogStatsD. A collector whose memory holds the open port:
 * packets are added up as they come, and each reading writes a second of them.
 */
export const statsdCollector = defineCollector({
  name: 'statsd',
  watches: 'both',
  config,
  capabilities: ['udp'],
  emits: {},
  maxDeclared: MAX_METRICS,
  state: ({ maxSeries, keepGaugesSeconds, maxLinesPerSecond }): State => ({
    series: new StatsdSeries({ maxSeries, keepGaugesMs: keepGaugesSeconds * 1_000 }),
    listener: null,
    linesLeft: maxLinesPerSecond,
    isClosed: false,
  }),
  applies: async (_host, { listen }) => listen !== null,
  async collect(host, { listen, maxLinesPerSecond }, out, state) {
    const broken = state.listener?.error() ?? null;
    if (broken !== null) {
      await close(state);
      state.isClosed = false;
      throw broken;
    }
    if (state.listener === null && listen !== null && host.udp !== undefined) {
      const listener = await host.udp(listen, (packet) => take(packet, state, host.nowMs()));
      // The reading was cut off while the port was being opened.
      if (state.isClosed) return listener[Symbol.asyncDispose]();
      state.listener = listener;
    }
    state.series.write(out, host.nowMs());
    state.linesLeft = maxLinesPerSecond;
  },
  context: ({ listener }) => (listener === null ? {} : { note: `listens on UDP port ${listener.port}` }),
  close,
});

function take(packet: Buffer, state: State, nowMs: number): void {
  const { series } = state;
  // Before the text is made: a flood must cost little.
  if (state.linesLeft <= 0) {
    series.refuse('statsd-rate');
    return;
  }
  for (const line of packet.toString('utf8').split('\n')) {
    if (line === '') continue;
    if (state.linesLeft-- <= 0) {
      series.refuse('statsd-rate');
      continue;
    }
    const parsed = parseStatsd(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (parsed.ok) series.add(parsed.value, nowMs);
    else series.refuse(parsed.reason);
  }
}

async function close(state: State): Promise<void> {
  const { listener } = state;
  state.isClosed = true;
  state.listener = null;
  await listener?.[Symbol.asyncDispose]();
}
