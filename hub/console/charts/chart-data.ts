import type { MetricSeries, MetricsAnswer } from '../api/types.ts';
import { currentValue } from './cadence.ts';

/** One line of a chart, on the chart's times. */
export interface ChartLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

/** A stretch of time that stands out: an anomaly, or a usual range the values were judged against. */
export interface ChartShade {
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: 'anomaly' | 'silence';
  readonly label?: string;
}

export interface ChartBand {
  readonly fromMs: number;
  readonly toMs: number;
  readonly low: number;
  readonly high: number;
}

/** An instant that is the same on every chart of the page. */
export interface ChartMark {
  readonly atMs: number;
  readonly label: string;
  readonly kind: 'change' | 'incident';
}

export interface ChartData {
  readonly times: readonly number[];
  readonly stepMs: number;
  readonly lines: readonly ChartLine[];
  readonly unit: string;
}

/** Lines beyond this are folded into "and 12 more": six colours are what an eye tells apart. */
export const MAX_LINES = 6;

/**
 * The lines of a chart from the hub's answer: `group` names the line a series belongs to (null leaves it out), series of one
 * name are added up. The largest current value comes first, which is the legend's order; what no longer speaks comes last.
 */
export function linesOf(
  answer: MetricsAnswer,
  group: (series: MetricSeries) => string | null,
  combine: 'sum' | 'max' | 'mean' = 'sum',
): ChartLine[] {
  const byLabel = new Map<string, MetricSeries[]>();
  for (const series of answer.series) {
    const label = group(series);
    if (label !== null) byLabel.set(label, [...(byLabel.get(label) ?? []), series]);
  }
  const lines = [...byLabel].map(([label, members]) => ({ label, values: combineColumns(answer, members, combine) }));
  const lastMs = answer.times.findLast((_, index) => lines.some(({ values }) => values[index] !== null)) ?? 0;
  const rank = ({ values }: ChartLine): number =>
    currentValue(answer.times, values, answer.stepSeconds * 1000, lastMs) ?? Number.NEGATIVE_INFINITY;
  return lines
    .map((line) => ({ line, rank: rank(line) }))
    .toSorted((a, b) => (a.rank === b.rank ? 0 : b.rank - a.rank))
    .map(({ line }) => line);
}

function combineColumns(
  answer: MetricsAnswer,
  members: readonly MetricSeries[],
  combine: 'sum' | 'max' | 'mean',
): (number | null)[] {
  return answer.times.map((_, index) => {
    const known = members.map(({ mean }) => mean[index]).filter((value) => typeof value === 'number');
    if (known.length === 0) return null;
    if (combine === 'max') return Math.max(...known);
    const total = known.reduce((sum, value) => sum + value, 0);
    return combine === 'sum' ? total : total / known.length;
  });
}

export function lastKnown(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}
