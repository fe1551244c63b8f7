import type { MetricSeries, MetricsAnswer } from '../api/types.ts';
import { type ChartData, linesOf } from '../charts/chart-data.ts';
import type { Translate } from '../i18n/translate.ts';

export interface HostChart {
  readonly title:
    | 'signal.cpu'
    | 'signal.memory'
    | 'signal.filesystem'
    | 'signal.diskIo'
    | 'signal.network'
    | 'signal.pressure';
  readonly metric: string;
  readonly unit: string;
  readonly highest: number | null;
  /** The line a series belongs to; `null` leaves it out. */
  readonly line: (series: MetricSeries, t: Translate) => string | null;
  readonly combine: 'sum' | 'max';
}

const direction = (series: MetricSeries, key: string): string | null => series.attributes[key] ?? null;

/** What a host page draws, in order of how often it explains trouble. */
export const hostCharts = {
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

export type HostChartName = keyof typeof hostCharts;
export const hostChartNames: readonly HostChartName[] = [
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
