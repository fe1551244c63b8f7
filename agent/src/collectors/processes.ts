import type { Attributes } from '@airis/protocol';
import { z } from 'zod';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, type SampleWriter } from './collector.ts';
import { parseProcStat } from './cpu.ts';
import { ExecutableNames, OTHER_NAME } from './executable-names.ts';
import type { Host } from './host.ts';
import { ProcessTable, type TableReading } from './process-table.ts';

const config = z.strictObject({
  top: z.int().min(1).max(16).default(8).describe('executables by CPU, and again by memory, that get a series'),
  perReading: z
    .int()
    .min(100)
    .max(100_000)
    .default(1_000)
    .describe('processes read a second; with twice as many each is read every other second'),
});

const states = ['running', 'sleeping', 'uninterruptible', 'stopped', 'defunct'] as const;
const stateAttributes: readonly Attributes[] = states.map((state) => ({ 'process.state': state }));

interface State {
  readonly table: ProcessTable;
  readonly names: ExecutableNames;
  readonly of: BoundedAttributes;
  readonly restartsOf: BoundedAttributes;
  /** Executables whose count of restarts was written: it begins with a 0, else the first would show no increase. */
  readonly restartsBegun: Set<string>;
  last: TableReading | null;
  /** Readings to let pass before the table is read again. */
  skip: number;
}

/** Processes: how many, in which state, and which executables use most processor and memory. From /proc/<pid>/stat. */
export const processesCollector = defineCollector({
  name: 'processes',
  config,
  emits: {
    'system.process.count': { unit: '{process}', kind: 'gauge', about: 'processes by state, kernel threads included' },
    'system.process.created': { unit: '{process}', kind: 'counter', about: 'processes and threads started since boot' },
    'airis.process.threads': { unit: '{thread}', kind: 'gauge', about: 'threads of all processes' },
    'airis.process.restarts': {
      unit: '{restart}',
      kind: 'counter',
      about:
        'processes that ran for 10 readings or longer, ended, and came again under a new pid within 30: same executable, same arguments. Without attributes: all',
    },
    'process.cpu.utilization': {
      unit: '1',
      kind: 'gauge',
      about: 'share of the whole host used by all processes of this executable, 0..1; the rest is `other`',
    },
    'process.memory.usage': {
      unit: 'By',
      kind: 'gauge',
      about: 'resident memory of all processes of this executable; shared pages count in each',
    },
  },
  state: (): State => ({
    table: new ProcessTable(),
    names: new ExecutableNames(),
    // 200 names and `other`: what ExecutableNames can ever admit.
    of: new BoundedAttributes(201, (name) => ({ 'process.executable.name': name })),
    restartsOf: new BoundedAttributes(65, (name) => ({ 'process.executable.name': name })),
    restartsBegun: new Set(),
    last: null,
    skip: 0,
  }),
  applies: async (host) => (await host.tryReadText('/proc/stat')) !== null,
  async collect(host, { top, perReading }, out, state) {
    const stat = await host.readText('/proc/stat');
    const created = /^processes (\d+)\n/m.exec(stat)?.[1];
    if (created !== undefined) out.write('system.process.created', Number(created));
    if (state.skip > 0 && state.last !== null) state.skip--;
    else {
      state.last = await readTable(host, stat, state.table);
      state.skip = Math.ceil(state.last.processes / perReading) - 1;
    }
    writeReading(state.last, top, out, state);
    writeRestarts(state.last, out, state);
  },
  context: ({ last }) => ({ topProcesses: last?.topProcesses ?? [] }),
});

async function readTable(host: Host, stat: string, table: ProcessTable): Promise<TableReading> {
  const ticks = parseProcStat(stat).ticks.get('cpu') ?? [];
  return table.read(
    host,
    ticks.reduce((sum, value) => sum + value, 0),
  );
}

function writeReading(reading: TableReading, top: number, out: SampleWriter, { names, of }: State): void {
  states.forEach((state, i) => {
    out.write('system.process.count', reading.byState[state], stateAttributes[i]);
  });
  out.write('airis.process.threads', reading.threads);
  const all = [...reading.byName];
  const busiest = all
    .filter(([, use]) => use.cpuRatio >= MIN_RANKED_RATIO)
    .sort(([, a], [, b]) => b.cpuRatio - a.cpuRatio);
  const largest = [...all].sort(([, a], [, b]) => b.rssBytes - a.rssBytes);
  const held = names.held([...busiest.slice(0, top), ...largest.slice(0, top)].map(([name]) => name));
  let otherRatio = 0;
  let otherBytes = 0;
  for (const [name, use] of all) {
    const attributes = held.has(name) ? of.get(name) : null;
    if (attributes === null) {
      otherRatio += use.cpuRatio;
      otherBytes += use.rssBytes;
      continue;
    }
    if (reading.hasRatios) out.write('process.cpu.utilization', use.cpuRatio, attributes);
    out.write('process.memory.usage', use.rssBytes, attributes);
  }
  const other = of.get(OTHER_NAME);
  if (other === null) return;
  if (reading.hasRatios) out.write('process.cpu.utilization', otherRatio, other);
  out.write('process.memory.usage', otherBytes, other);
}

function writeRestarts(reading: TableReading, out: SampleWriter, { restartsOf, restartsBegun }: State): void {
  out.write('airis.process.restarts', reading.restarts);
  for (const [name, count] of reading.restartsByName) {
    const attributes = restartsOf.get(name);
    if (attributes === null) continue;
    out.write('airis.process.restarts', restartsBegun.has(name) ? count : 0, attributes);
    restartsBegun.add(name);
  }
}

/** Below half a percent of the host a process is not worth a series for its processor time. */
const MIN_RANKED_RATIO = 0.005;
