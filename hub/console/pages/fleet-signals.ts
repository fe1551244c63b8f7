import type { MetricSeries, MetricsAnswer } from '../api/types.ts';
import { type ChartData, linesOf } from '../charts/chart-data.ts';
import type { MessageKey } from '../i18n/translate.ts';
import { entityName } from '../parts/entity-name.ts';

export interface FleetSignal<Name extends string = string> {
  readonly name: Name;
  readonly title: MessageKey;
  readonly metric: string;
  readonly unit: string;
  readonly highest: number | null;
  /** Whether a series speaks for its whole host. */
  readonly isWhole: (series: MetricSeries) => boolean;
  /** How the series of one host become one line. */
  readonly combine: 'sum' | 'max';
}

const withoutAttributes = ({ attributes }: MetricSeries): boolean => Object.keys(attributes).length === 0;

/** What the fleet is judged by at a glance. One line per host, the busiest first. */
export const fleetSignals = [
  {
    name: 'cpu',
    title: 'signal.cpu',
    metric: 'system.cpu.utilization',
    unit: '1',
    highest: 1,
    isWhole: withoutAttributes,
    combine: 'max',
  },
  {
    name: 'memory',
    title: 'signal.memory',
    metric: 'system.memory.utilization',
    unit: '1',
    highest: 1,
    isWhole: withoutAttributes,
    combine: 'max',
  },
  {
    name: 'disk',
    title: 'signal.disk',
    metric: 'system.filesystem.utilization',
    unit: '1',
    highest: 1,
    // What lives in memory fills and empties with each run: it is not the disk.
    isWhole: ({ attributes }) => !['tmpfs', 'ramfs'].includes(attributes['system.filesystem.type'] ?? ''),
    combine: 'max',
  },
  {
    name: 'network',
    title: 'signal.network',
    metric: 'system.network.io',
    unit: 'By/s',
    highest: null,
    isWhole: () => true,
    combine: 'sum',
  },
] as const satisfies readonly FleetSignal[];

/** What users of services feel. One line per service, the highest first. */
export const serviceSignals = [
  {
    name: 'tps',
    title: 'signal.tps',
    metric: 'airis.http.server.requests',
    unit: '{request}/s',
    highest: null,
    // One series for each class of status.
    isWhole: () => true,
    combine: 'sum',
  },
  {
    name: 'response',
    title: 'signal.response',
    metric: 'http.server.request.duration',
    unit: 's',
    highest: null,
    isWhole: withoutAttributes,
    combine: 'max',
  },
  {
    name: 'errors',
    title: 'signal.errors',
    metric: 'airis.http.server.error_ratio',
    unit: '1',
    highest: null,
    isWhole: withoutAttributes,
    combine: 'max',
  },
  {
    name: 'active',
    title: 'signal.active',
    metric: 'http.server.active_requests',
    // What is counted stands in the title.
    unit: '',
    highest: null,
    isWhole: () => true,
    combine: 'sum',
  },
] as const satisfies readonly FleetSignal[];

export function readSignal(signal: FleetSignal, answer: MetricsAnswer): ChartData {
  return {
    times: answer.times,
    stepMs: answer.stepSeconds * 1000,
    unit: signal.unit,
    lines: linesOf(
      answer,
      (series) => (signal.isWhole(series) ? entityName(series.host) : null),
      signal.combine,
    ).filter(({ values }) => values.some((value) => value !== null)),
  };
}
