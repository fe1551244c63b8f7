import type { Attributes } from '@airis/protocol';
import { z } from 'zod';
import { defineCollector, type SampleWriter } from './collector.ts';
import { fieldsOf, wholeLines } from './proc-text.ts';

/** Modes as OpenTelemetry names them; `guest` is already part of `user` in the kernel's figures. */
export const cpuModes = ['user', 'nice', 'system', 'idle', 'iowait', 'interrupt', 'steal'] as const;

/** Clock ticks since boot, by mode, in the order of `cpuModes`. */
export type CpuTicks = readonly number[];

const config = z.strictObject({
  perCoreLimit: z
    .int()
    .min(0)
    .max(256)
    .default(32)
    .describe('cores that get a series of their own; a host with more of them reports the whole only'),
});

interface State {
  before: ReadonlyMap<string, CpuTicks>;
}

/** How busy the processors are, whole host, by mode and by core, and the load averages, from /proc/stat and /proc/loadavg. */
export const cpuCollector = defineCollector({
  name: 'cpu',
  config,
  emits: {
    'system.cpu.utilization': {
      unit: '1',
      kind: 'gauge',
      about:
        'share of time since the reading before, 0..1. Without attributes: busy, whole host. With cpu.mode: that mode, whole host. With cpu.logical_number: busy, that core',
    },
    'system.cpu.logical.count': { unit: '{cpu}', kind: 'gauge', about: 'processors online' },
    'system.cpu.load_average.1m': { unit: '{thread}', kind: 'gauge', about: 'runnable and blocked threads, 1 min' },
    'system.cpu.load_average.5m': { unit: '{thread}', kind: 'gauge', about: 'runnable and blocked threads, 5 min' },
    'system.cpu.load_average.15m': { unit: '{thread}', kind: 'gauge', about: 'runnable and blocked threads, 15 min' },
    'airis.cpu.context_switches': { unit: '{switch}', kind: 'counter', about: 'context switches since boot' },
    'airis.cpu.interrupts': { unit: '{interrupt}', kind: 'counter', about: 'interrupts since boot' },
  },
  state: (): State => ({ before: new Map() }),
  async collect(host, { perCoreLimit }, out, state) {
    const { ticks, contextSwitches, interrupts } = parseProcStat(await host.readText('/proc/stat'));
    writeUtilization(ticks, state.before, perCoreLimit, out);
    state.before = ticks;
    out.write('system.cpu.logical.count', Math.max(0, ticks.size - 1));
    if (contextSwitches !== null) out.write('airis.cpu.context_switches', contextSwitches);
    if (interrupts !== null) out.write('airis.cpu.interrupts', interrupts);
    const load = parseLoadAverages((await host.tryReadText('/proc/loadavg')) ?? '');
    for (const [window, value] of load) out.write(`system.cpu.load_average.${window}`, value);
  },
});

export interface ProcStat {
  /** `cpu` for the whole host, `cpu0`… for cores. */
  readonly ticks: ReadonlyMap<string, CpuTicks>;
  readonly contextSwitches: number | null;
  readonly interrupts: number | null;
}

export function parseProcStat(text: string): ProcStat {
  const ticks = new Map<string, CpuTicks>();
  let contextSwitches: number | null = null;
  let interrupts: number | null = null;
  for (const line of wholeLines(text)) {
    if (line.startsWith('cpu')) {
      const fields = fieldsOf(line);
      const [user, nice, system, idle, iowait, irq, softirq, steal] = fields.slice(1, 9).map(Number);
      // Kernels before 2.6.11 have no `steal`; nothing that old runs Node 24.
      if (steal === undefined) continue;
      ticks.set(fields[0]!, [user!, nice!, system!, idle!, iowait!, irq! + softirq!, steal]);
    } else if (line.startsWith('ctxt ')) contextSwitches = Number(line.slice(5));
    else if (line.startsWith('intr ')) interrupts = Number.parseInt(line.slice(5, 30), 10);
  }
  return { ticks, contextSwitches, interrupts };
}

/**
 * Share of each mode between two readings, in the order of `cpuModes`; `null` when no time has passed.
 * `iowait` and a re-plugged core can count backwards: such a mode counts as 0.
 */
export function modeShares(before: CpuTicks, now: CpuTicks): number[] | null {
  const steps = now.map((value, i) => Math.max(0, value - (before[i] ?? 0)));
  const total = steps.reduce((sum, step) => sum + step, 0);
  return total > 0 ? steps.map((step) => step / total) : null;
}

const busyShare = (shares: readonly number[]) => Math.max(0, 1 - (shares[3] ?? 0) - (shares[4] ?? 0));

/** The same object for the same attributes, so that the series registry can recognise it without hashing. */
const modeAttributes: readonly Attributes[] = cpuModes.map((mode) => ({ 'cpu.mode': mode }));
const coreAttributes: readonly Attributes[] = Array.from({ length: 256 }, (_, i) => ({
  'cpu.logical_number': String(i),
}));

function writeUtilization(
  now: ReadonlyMap<string, CpuTicks>,
  before: ReadonlyMap<string, CpuTicks>,
  perCoreLimit: number,
  out: SampleWriter,
): void {
  const withCores = now.size - 1 <= perCoreLimit;
  for (const [name, ticks] of now) {
    const earlier = before.get(name);
    if (earlier === undefined || (name !== 'cpu' && !withCores)) continue;
    const shares = modeShares(earlier, ticks);
    if (shares === null) continue;
    if (name === 'cpu') {
      out.write('system.cpu.utilization', busyShare(shares));
      shares.forEach((share, i) => {
        out.write('system.cpu.utilization', share, modeAttributes[i]);
      });
    } else {
      const attributes = coreAttributes[Number(name.slice(3))];
      if (attributes !== undefined) out.write('system.cpu.utilization', busyShare(shares), attributes);
    }
  }
}

/** `0.06 0.13 0.31 2/96 8894` → the three averages. */
export function parseLoadAverages(text: string): [window: '1m' | '5m' | '15m', value: number][] {
  const match = /^([\d.]+) ([\d.]+) ([\d.]+) /.exec(text);
  if (match === null) return [];
  return [
    ['1m', Number(match[1])],
    ['5m', Number(match[2])],
    ['15m', Number(match[3])],
  ];
}
