import { lazy } from 'react';
import type { MetricsAnswer } from '../api/types.ts';
import { definePage } from '../shell/define-page.tsx';
import { resolveRange, type TimeRange } from '../shell/time-range.ts';
import { type VisitorMetric, visitorMetrics } from '../ux/visitor-figures.ts';
import { metricResource } from './metric-resource.ts';

export type UxData = Readonly<Record<VisitorMetric, MetricsAnswer>>;

/** Counts are added up over the time shown: fewer, wider steps are the same sum. */
function stepOf(range: TimeRange): number {
  const { fromMs, toMs } = resolveRange(range, 0);
  return Math.min(86_400, Math.max(10, Math.ceil((toMs - fromMs) / 60 / 10_000) * 10));
}

const REFRESH_MS = 15_000;

export const uxPage = definePage<UxData>({
  path: '/ux',
  title: 'page.ux',
  menu: { group: 'watch', icon: 'visitors', goKey: 'KeyU' },
  load: ({ api, url }) => {
    const of = (name: VisitorMetric) =>
      metricResource(api, url.range, { metric: visitorMetrics[name], stepSeconds: stepOf(url.range) }, REFRESH_MS);
    return {
      ratings: of('ratings'),
      durations: of('durations'),
      views: of('views'),
      errors: of('errors'),
      calls: of('calls'),
      callDurations: of('callDurations'),
      steps: of('steps'),
      exits: of('exits'),
      visits: of('visits'),
    };
  },
  view: lazy(async () => ({ default: (await import('../ux/ux-view.tsx')).UxView })),
});
