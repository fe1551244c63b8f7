import type { ApiClient } from '../api/client.ts';
import type { Resource } from '../api/resource.ts';
import type { MetricsAnswer, MetricsQuery } from '../api/types.ts';
import { printRange, resolveRange, type TimeRange } from '../shell/time-range.ts';

const THREE_HOURS_MS = 3 * 3_600_000;

/** One metric over the page's time. A fixed range is asked for once. */
export function metricResource(
  api: ApiClient,
  range: TimeRange,
  query: Omit<MetricsQuery, 'from' | 'to'>,
  liveEveryMs = 5000,
): Resource<MetricsAnswer> {
  const full: MetricsQuery = { ...query, ...printRange(range) };
  return {
    key: `metrics ${JSON.stringify(full)} ${liveEveryMs}`,
    fetch: (signal) => api.metrics(full, signal),
    // A long range moves slowly: a new value of it is minutes wide.
    everyMs: range.kind === 'absolute' ? null : range.lastMs > THREE_HOURS_MS ? 3 * liveEveryMs : liveEveryMs,
  };
}

/** The picture's edges when the values were asked for. */
export const windowOf = (range: TimeRange) => (atMs: number) => resolveRange(range, atMs);
