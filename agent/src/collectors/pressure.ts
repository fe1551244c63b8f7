import type { Attributes } from '@airis/protocol';
import { defineCollector, noConfig, stateless } from './collector.ts';
import { wholeLines } from './proc-text.ts';

const resources = ['cpu', 'memory', 'io'] as const;

const attributesOf = (resource: string, kind: string): Attributes => ({
  'airis.pressure.resource': resource,
  'airis.pressure.kind': kind,
});
/** `full` for the processor is undefined for a whole host, so it is left out. */
const attributes: Readonly<Record<string, Attributes | undefined>> = {
  'cpu some': attributesOf('cpu', 'some'),
  'memory some': attributesOf('memory', 'some'),
  'memory full': attributesOf('memory', 'full'),
  'io some': attributesOf('io', 'some'),
  'io full': attributesOf('io', 'full'),
};

/** Pressure stall information: how much work waits for processor, memory or disk, from /proc/pressure (Linux 4.20). */
export const pressureCollector = defineCollector({
  name: 'pressure',
  config: noConfig,
  emits: {
    'airis.pressure.stall.time': {
      unit: 's',
      kind: 'counter',
      about: 'time that some (or all) runnable work waited; its increase per second is a ratio 0..1',
    },
    'airis.pressure.stall.ratio': {
      unit: '1',
      kind: 'gauge',
      about: 'the same over the last 10 s, as the kernel says it',
    },
  },
  state: stateless,
  applies: async (host) => (await host.tryReadText('/proc/pressure/cpu')) !== null,
  async collect(host, _config, out) {
    for (const resource of resources) {
      const text = (await host.tryReadText(`/proc/pressure/${resource}`)) ?? '';
      for (const stall of parsePressure(text)) {
        const named = attributes[`${resource} ${stall.kind}`];
        if (named === undefined) continue;
        out.write('airis.pressure.stall.time', stall.totalSeconds, named);
        out.write('airis.pressure.stall.ratio', stall.ratio10s, named);
      }
    }
  },
});

export interface Stall {
  readonly kind: 'some' | 'full';
  /** 0..1 over the last 10 s. */
  readonly ratio10s: number;
  readonly totalSeconds: number;
}

export function parsePressure(text: string): Stall[] {
  const stalls: Stall[] = [];
  for (const line of wholeLines(text)) {
    const match = /^(some|full) avg10=([\d.]+) .*total=(\d+)$/.exec(line);
    if (match === null) continue;
    stalls.push({
      kind: match[1] === 'some' ? 'some' : 'full',
      ratio10s: Number(match[2]) / 100,
      totalSeconds: Number(match[3]) / 1e6,
    });
  }
  return stalls;
}
