import { cpus } from 'node:os';
import { semconv } from '@airis/protocol';
import { defineCollector, type TopProcess } from '../collectors/collector.ts';
import { scopeConfig } from './scope-config.ts';
import { ScopeUse } from './scope-use.ts';

const { metric } = semconv;
const CORES = Math.max(1, cpus().length);

interface State {
  readonly use: ScopeUse;
  busiest: readonly TopProcess[];
}

/** Processor time, memory and number of the processes of a scope. */
export const scopeProcessesCollector = defineCollector({
  name: 'scope-processes',
  watches: 'scope',
  // The settings of the whole scope come in; the other keys belong to others.
  config: scopeConfig.pick({ memoryLimitBytes: true }).strip(),
  emits: {
    [metric.scopeCpuUsage]: { unit: '{cpu}', kind: 'gauge', about: 'cores in use by the processes of the scope' },
    [metric.scopeMemoryUsage]: {
      unit: 'By',
      kind: 'gauge',
      about: 'memory of the processes of the scope; of what they share the most that one of them uses',
    },
    [metric.scopeMemoryLimit]: { unit: 'By', kind: 'gauge', about: 'memory that the scope may use, as configured' },
    [metric.scopeMemoryUtilization]: { unit: '1', kind: 'gauge', about: 'memory in use of that limit' },
    [metric.scopeProcesses]: { unit: '{process}', kind: 'gauge', about: 'processes of the scope' },
  },
  state: (): State => ({ use: new ScopeUse(), busiest: [] }),
  async collect(host, { memoryLimitBytes }, out, state) {
    const { processes, cores, memoryBytes, busiest } = await state.use.read(host);
    state.busiest = busiest.map(({ cores: used, ...process }) => ({ ...process, cpuRatio: used / CORES }));
    out.write(metric.scopeProcesses, processes);
    // A scope that is away uses nothing, but that is said by its absence: zeros would look like a quiet program.
    if (processes === 0) return;
    if (cores !== null) out.write(metric.scopeCpuUsage, cores);
    out.write(metric.scopeMemoryUsage, memoryBytes);
    if (memoryLimitBytes === undefined) return;
    out.write(metric.scopeMemoryLimit, memoryLimitBytes);
    out.write(metric.scopeMemoryUtilization, memoryBytes / memoryLimitBytes);
  },
  context: ({ busiest }) => ({ topProcesses: busiest }),
});
