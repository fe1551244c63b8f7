import { Baseline } from '../detect/baseline.ts';
import type { SeriesInfo } from '../detect/detector.ts';

/** One quantity of a host, from one or more series. */
interface Channel {
  readonly name: string;
  readonly unit: string;
  /** Does this series belong here? */
  readonly takes: (info: SeriesInfo) => boolean;
  readonly join: 'sum' | 'max';
  /** Rates span decades and are judged by their logarithm; ratios are judged as they are. */
  readonly scale: 'ratio' | 'log';
  /** Noise below this is not looked at, in the scaled unit. */
  readonly floor: number;
  /** A change of this much in the scaled unit is one a person would care about. */
  readonly matters: number;
}

const has = (info: SeriesInfo, value: string): boolean => Object.values(info.attributes).includes(value);
const bare = (info: SeriesInfo): boolean => Object.keys(info.attributes).length === 0;
const rate = (name: string, metric: string, value: string | null): Channel => ({
  name,
  unit: 'log(1 + value/1000)',
  takes: (info) => info.metric === metric && (value === null || has(info, value)),
  join: 'sum',
  scale: 'log',
  floor: 0.25,
  matters: 2,
});
const ratio = (
  name: string,
  floor: number,
  matters: number,
  join: Channel['join'],
  takes: Channel['takes'],
): Channel => ({ name, unit: '1', takes, join, scale: 'ratio', floor, matters });

const hostChannels: readonly Channel[] = [
  ratio('cpu.busy', 0.02, 0.2, 'max', (info) => info.metric === 'system.cpu.utilization' && bare(info)),
  ratio('cpu.system', 0.01, 0.15, 'max', (info) => info.metric === 'system.cpu.utilization' && has(info, 'system')),
  ratio('cpu.iowait', 0.01, 0.15, 'max', (info) => info.metric === 'system.cpu.utilization' && has(info, 'iowait')),
  ratio('memory.used', 0.01, 0.15, 'max', (info) => info.metric === 'system.memory.utilization'),
  ratio('disk.busy', 0.03, 0.5, 'max', (info) => info.metric === 'system.disk.io_time'),
  ratio('stall.cpu', 0.03, 0.4, 'max', (info) => isStall(info, 'cpu')),
  ratio('stall.io', 0.03, 0.4, 'max', (info) => isStall(info, 'io')),
  rate('disk.read', 'system.disk.io', 'read'),
  rate('disk.write', 'system.disk.io', 'write'),
  rate('network.receive', 'system.network.io', 'receive'),
  rate('network.transmit', 'system.network.io', 'transmit'),
  rate('context.switches', 'airis.cpu.context_switches', null),
];

const STATISTICS = ['now', 'minute', 'noise', 'peak'] as const;

/** Columns of the window, in order: channel by channel, four statistics each. All are unitless after normalisation. */
export const hostWindowColumns: readonly { readonly name: string; readonly unit: string }[] = hostChannels.flatMap(
  ({ name }) => STATISTICS.map((statistic) => ({ name: `${name}.${statistic}`, unit: '1' })),
);

export const HOST_WINDOW = { spanMs: 60_000, everyMs: 10_000 } as const;

export const hostWindowNormalization =
  'Per host and channel: z = (x - median of the past 20 min) / max(1.4826 MAD, channel floor); rates as log(1 + value/1000). ' +
  'now: mean z of 10 s; minute: of 60 s; peak: largest z of 60 s; noise: log ratio of 60 s deviation to the scale. ' +
  'Each then asinh(z). A channel that is not there is 0.';

const SECONDS = HOST_WINDOW.spanMs / 1_000;
const NOW_SECONDS = 10;

/** How a host behaved in the last minute, relative to its own past. */
export interface HostWindow {
  readonly values: Float32Array;
  /** Channels that are far from usual by an amount that matters, largest first. */
  readonly notable: readonly { readonly channel: string; readonly z: number; readonly series: readonly SeriesInfo[] }[];
}

interface ChannelState {
  readonly channel: Channel;
  readonly series: { readonly index: number; readonly info: SeriesInfo }[];
  readonly baseline: Baseline;
  readonly ring: Float64Array;
}

/** Builds windows for the host autoencoder: in training from simulated hosts, in the agent from the real one. */
export class HostWindows {
  readonly #channels: readonly ChannelState[] = hostChannels.map((channel) => ({
    channel,
    series: [],
    baseline: new Baseline(),
    ring: new Float64Array(SECONDS).fill(Number.NaN),
  }));
  #step = 0;
  #dueMs = Number.NEGATIVE_INFINITY;

  addSeries(index: number, info: SeriesInfo): void {
    for (const { channel, series } of this.#channels) {
      if (channel.takes(info) && series.length < 64) series.push({ index, info });
    }
  }

  /** One step of about 1 s. Returns a window every 10 s, once the past is known. */
  observe(tMs: number, values: Float64Array, length: number): HostWindow | null {
    for (const state of this.#channels) {
      const value = joined(state, values, length);
      state.ring[this.#step % SECONDS] = value;
      if (!Number.isNaN(value)) state.baseline.add(tMs, value);
    }
    this.#step += 1;
    if (tMs < this.#dueMs || this.#step < SECONDS || this.#channels[0]!.baseline.level() === null) return null;
    this.#dueMs = tMs + HOST_WINDOW.everyMs;
    return this.#window();
  }

  #window(): HostWindow {
    const values = new Float32Array(hostWindowColumns.length);
    const notable: { channel: string; z: number; series: readonly SeriesInfo[] }[] = [];
    this.#channels.forEach(({ channel, baseline, ring, series }, i) => {
      const usual = baseline.level();
      if (usual === null) return;
      const scale = Math.max(usual.spread, channel.floor);
      const { now, minute, deviation, peak } = this.#summary(ring);
      if (Number.isNaN(now) || Number.isNaN(minute)) return;
      const z = (now - usual.center) / scale;
      values.set(
        [
          Math.asinh(z),
          Math.asinh((minute - usual.center) / scale),
          Math.log((deviation + 0.1 * scale) / scale),
          Math.asinh((peak - usual.center) / scale),
        ],
        i * STATISTICS.length,
      );
      const beyond = Math.abs(now - usual.center);
      if (beyond >= channel.matters && Math.abs(z) >= 5) {
        notable.push({ channel: channel.name, z, series: series.map(({ info }) => info) });
      }
    });
    return { values, notable: notable.toSorted((a, b) => Math.abs(b.z) - Math.abs(a.z)) };
  }

  #summary(ring: Float64Array): { now: number; minute: number; deviation: number; peak: number } {
    let sum = 0;
    let squares = 0;
    let count = 0;
    let nowSum = 0;
    let nowCount = 0;
    let peak = Number.NEGATIVE_INFINITY;
    for (let back = 1; back <= SECONDS; back++) {
      const value = ring[(this.#step - back) % SECONDS]!;
      if (Number.isNaN(value)) continue;
      sum += value;
      squares += value * value;
      count += 1;
      peak = Math.max(peak, value);
      if (back <= NOW_SECONDS) {
        nowSum += value;
        nowCount += 1;
      }
    }
    const minute = sum / count;
    return { now: nowSum / nowCount, minute, deviation: Math.sqrt(Math.max(0, squares / count - minute ** 2)), peak };
  }
}

function joined({ channel, series }: ChannelState, values: Float64Array, length: number): number {
  let result = Number.NaN;
  for (const { index } of series) {
    const value = index < length ? values[index]! : Number.NaN;
    if (!Number.isFinite(value)) continue;
    if (Number.isNaN(result)) result = value;
    else result = channel.join === 'sum' ? result + value : Math.max(result, value);
  }
  return channel.scale === 'log' ? Math.log1p(Math.max(0, result) / 1_000) : result;
}

function isStall(info: SeriesInfo, resource: string): boolean {
  return info.metric === 'airis.pressure.stall.time' && has(info, resource) && has(info, 'some');
}
