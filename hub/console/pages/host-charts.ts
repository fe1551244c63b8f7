import type { Host, MetricSeries, MetricsAnswer } from '../api/types.ts';
import { type ChartData, linesOf } from '../charts/chart-data.ts';
import type { Translate } from '../i18n/translate.ts';

export interface HostChart {
  readonly title:
    | 'signal.cpu'
    | 'signal.memory'
    | 'signal.filesystem'
    | 'signal.diskIo'
    | 'signal.network'
    | 'signal.pressure'
    | 'signal.scopeCpu'
    | 'signal.scopeMemory'
    | 'signal.tps'
    | 'signal.response'
    | 'signal.errors'
    | 'signal.statements'
    | 'signal.lockWaiters'
    | 'signal.lockWait'
    | 'signal.folder';
  readonly metric: string;
  readonly unit: string;
  readonly highest: number | null;
  /** The line a series belongs to; `null` leaves it out. */
  readonly line: (series: MetricSeries, t: Translate) => string | null;
  readonly combine: 'sum' | 'max';
}

const direction = (series: MetricSeries, key: string): string | null => series.attributes[key] ?? null;

/** What a host page draws, in order of how often it explains trouble. */
const hostCharts = {
  cpu: {
    title: 'signal.cpu',
    metric: 'system.cpu.utilization',
    unit: '1',
    highest: 1,
    line: ({ attributes }, t) => {
      const mode = attributes['cpu.mode'];
      if (Object.keys(attributes).length === 0) return t('line.total');
      return mode !== undefined && ['user', 'system', 'iowait'].includes(mode) ? mode : null;
    },
    combine: 'max',
  },
  memory: {
    title: 'signal.memory',
    metric: 'system.memory.utilization',
    unit: '1',
    highest: 1,
    line: (_, t) => t('line.used'),
    combine: 'max',
  },
  filesystem: {
    title: 'signal.filesystem',
    metric: 'system.filesystem.utilization',
    unit: '1',
    highest: 1,
    line: ({ attributes }) => attributes['system.filesystem.mountpoint'] ?? attributes['system.device'] ?? '/',
    combine: 'max',
  },
  diskIo: {
    title: 'signal.diskIo',
    metric: 'system.disk.io',
    unit: 'By/s',
    highest: null,
    line: (series) => direction(series, 'disk.io.direction'),
    combine: 'sum',
  },
  network: {
    title: 'signal.network',
    metric: 'system.network.io',
    unit: 'By/s',
    highest: null,
    line: (series) => direction(series, 'network.io.direction'),
    combine: 'sum',
  },
  pressure: {
    title: 'signal.pressure',
    metric: 'airis.pressure.stall.ratio',
    unit: '1',
    highest: null,
    line: ({ attributes }) => {
      const [resource, kind] = [attributes['airis.pressure.resource'], attributes['airis.pressure.kind']];
      return resource === undefined ? null : `${resource}${kind === undefined ? '' : ` ${kind}`}`;
    },
    combine: 'max',
  },
} as const satisfies Readonly<Record<string, HostChart>>;

const whole = ({ attributes }: MetricSeries, t: Translate): string | null =>
  Object.keys(attributes).length === 0 ? t('line.total') : null;

/** What is drawn for an agent that watches one service: the service's own share of the machine, and what its users feel. */
const scopeCharts = {
  scopeCpu: {
    title: 'signal.scopeCpu',
    metric: 'airis.scope.cpu.usage',
    unit: '{cpu}',
    highest: null,
    line: (_, t) => t('line.used'),
    combine: 'sum',
  },
  scopeMemory: {
    title: 'signal.scopeMemory',
    metric: 'airis.scope.memory.usage',
    unit: 'By',
    highest: null,
    line: (_, t) => t('line.used'),
    combine: 'sum',
  },
  tps: {
    title: 'signal.tps',
    metric: 'airis.http.server.requests',
    unit: '{request}/s',
    highest: null,
    line: (series) => direction(series, 'http.response.status_class'),
    combine: 'sum',
  },
  response: {
    title: 'signal.response',
    metric: 'http.server.request.duration',
    unit: 's',
    highest: null,
    line: whole,
    combine: 'max',
  },
  errors: {
    title: 'signal.errors',
    metric: 'airis.http.server.error_ratio',
    unit: '1',
    highest: null,
    line: whole,
    combine: 'max',
  },
  folder: {
    title: 'signal.folder',
    metric: 'airis.directory.utilization',
    unit: '1',
    highest: 1,
    line: (series) => direction(series, 'airis.directory.name'),
    combine: 'max',
  },
  statements: {
    title: 'signal.statements',
    metric: 'airis.db.server.statement.longest',
    unit: 's',
    highest: null,
    line: (_, t) => t('line.total'),
    combine: 'max',
  },
  lockWaiters: {
    title: 'signal.lockWaiters',
    metric: 'airis.db.server.lock.waiters',
    unit: '{session}',
    highest: null,
    line: (_, t) => t('line.total'),
    combine: 'sum',
  },
  lockWait: {
    title: 'signal.lockWait',
    metric: 'airis.db.server.lock.longest_wait',
    unit: 's',
    highest: null,
    line: (_, t) => t('line.total'),
    combine: 'max',
  },
} as const satisfies Readonly<Record<string, HostChart>>;

export const allHostCharts = { ...hostCharts, ...scopeCharts };
export type HostChartName = keyof typeof allHostCharts;

/** A part of a machine has charts of its own; a database others than what answers HTTP. */
export function chartsFor(scope: Host['scope']): readonly HostChartName[] {
  if (scope == null) return hostChartNames;
  if (scope.entity.startsWith('database:')) {
    return ['lockWaiters', 'lockWait', 'statements', 'scopeCpu', 'scopeMemory', 'folder'];
  }
  return ['tps', 'response', 'errors', 'scopeCpu', 'scopeMemory', 'folder'];
}

const hostChartNames: readonly (keyof typeof hostCharts)[] = [
  'cpu',
  'memory',
  'filesystem',
  'diskIo',
  'network',
  'pressure',
];

export function readHostChart(chart: HostChart, answer: MetricsAnswer, t: Translate): ChartData {
  return {
    times: answer.times,
    stepMs: answer.stepSeconds * 1000,
    unit: chart.unit,
    lines: linesOf(answer, (series) => chart.line(series, t), chart.combine),
  };
}
