import type { Attributes } from '@airis/protocol';
import { defineCollector, noConfig, type SampleWriter, stateless } from './collector.ts';
import { parseNamedNumbers } from './proc-text.ts';

const usageStates = ['used', 'free', 'cached', 'buffers', 'slab_reclaimable', 'slab_unreclaimable'] as const;
type UsageState = (typeof usageStates)[number];

const memoryState = (state: string): Attributes => ({ 'system.memory.state': state });
const pagingState = (state: string): Attributes => ({ 'system.paging.state': state });
const usageAttributes: Readonly<Record<UsageState, Attributes>> = {
  used: memoryState('used'),
  free: memoryState('free'),
  cached: memoryState('cached'),
  buffers: memoryState('buffers'),
  slab_reclaimable: memoryState('slab_reclaimable'),
  slab_unreclaimable: memoryState('slab_unreclaimable'),
};
const swapUsed = pagingState('used');
const swapFree = pagingState('free');
const pageIn: Attributes = { 'system.paging.direction': 'in' };
const pageOut: Attributes = { 'system.paging.direction': 'out' };
const majorFault: Attributes = { 'system.paging.fault.type': 'major' };
const minorFault: Attributes = { 'system.paging.fault.type': 'minor' };

/** Memory and swap, from /proc/meminfo and /proc/vmstat. */
export const memoryCollector = defineCollector({
  name: 'memory',
  config: noConfig,
  emits: {
    'system.memory.utilization': {
      unit: '1',
      kind: 'gauge',
      about: 'share that programs could not get without swapping, 0..1: 1 - MemAvailable / MemTotal',
    },
    'system.memory.usage': { unit: 'By', kind: 'gauge', about: 'memory by state; the states add up to the limit' },
    'system.memory.limit': { unit: 'By', kind: 'gauge', about: 'memory installed' },
    'system.memory.linux.available': { unit: 'By', kind: 'gauge', about: 'what programs could get without swapping' },
    'airis.memory.dirty': { unit: 'By', kind: 'gauge', about: 'waiting to be written to disk' },
    'airis.memory.oom_kills': { unit: '{process}', kind: 'counter', about: 'processes killed for want of memory' },
    'system.paging.usage': { unit: 'By', kind: 'gauge', about: 'swap by state; nothing on a host without swap' },
    'system.paging.utilization': { unit: '1', kind: 'gauge', about: 'share of swap in use, 0..1' },
    'system.paging.operations': { unit: '{operation}', kind: 'counter', about: 'pages swapped in and out' },
    'system.paging.faults': { unit: '{fault}', kind: 'counter', about: 'page faults since boot' },
  },
  state: stateless,
  async collect(host, _config, out) {
    writeMemory(parseNamedNumbers(await host.readText('/proc/meminfo')), out);
    writePaging(parseNamedNumbers((await host.tryReadText('/proc/vmstat')) ?? ''), out);
  },
});

const KiB = 1024;

function writeMemory(kib: ReadonlyMap<string, number>, out: SampleWriter): void {
  const total = kib.get('MemTotal');
  const free = kib.get('MemFree');
  if (total === undefined || free === undefined || total <= 0) return;
  const [buffers = 0, cached = 0, reclaimable = 0, unreclaimable = 0] = [
    kib.get('Buffers'),
    kib.get('Cached'),
    kib.get('SReclaimable'),
    kib.get('SUnreclaim'),
  ];
  const available = kib.get('MemAvailable') ?? Math.min(total, free + buffers + cached);
  out.write('system.memory.limit', total * KiB);
  out.write('system.memory.linux.available', available * KiB);
  out.write('system.memory.utilization', Math.min(1, Math.max(0, 1 - available / total)));
  const usage: Record<UsageState, number> = {
    used: Math.max(0, total - free - buffers - cached - reclaimable - unreclaimable),
    free,
    cached,
    buffers,
    slab_reclaimable: reclaimable,
    slab_unreclaimable: unreclaimable,
  };
  for (const state of usageStates) out.write('system.memory.usage', usage[state] * KiB, usageAttributes[state]);
  const dirty = kib.get('Dirty');
  if (dirty !== undefined) out.write('airis.memory.dirty', dirty * KiB);

  const swapTotal = kib.get('SwapTotal') ?? 0;
  const swapUnused = kib.get('SwapFree');
  if (swapTotal === 0 || swapUnused === undefined) return;
  out.write('system.paging.usage', (swapTotal - swapUnused) * KiB, swapUsed);
  out.write('system.paging.usage', swapUnused * KiB, swapFree);
  out.write('system.paging.utilization', 1 - swapUnused / swapTotal);
}

function writePaging(counters: ReadonlyMap<string, number>, out: SampleWriter): void {
  const write = (metric: string, value: number | undefined, attributes?: Attributes) => {
    if (value !== undefined) out.write(metric, value, attributes);
  };
  const faults = counters.get('pgfault');
  const major = counters.get('pgmajfault');
  write('system.paging.operations', counters.get('pswpin'), pageIn);
  write('system.paging.operations', counters.get('pswpout'), pageOut);
  write('system.paging.faults', major, majorFault);
  write('system.paging.faults', faults === undefined ? undefined : faults - (major ?? 0), minorFault);
  write('airis.memory.oom_kills', counters.get('oom_kill'));
}
