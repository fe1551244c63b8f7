import type { MetricsAnswer, MetricsQuery } from '../../hub/src/api/types.ts';

type Row = readonly [attributes: Readonly<Record<string, string>>, value: number];

const page = (route: string, site = 'shop') => ({ 'service.name': site, 'http.route': route });
const vital = (route: string, name: string, rating: string) => ({
  ...page(route),
  'airis.rum.vital': name,
  'airis.rum.rating': rating,
});
const call = (route: string, status: string) => ({ ...page(route), 'http.response.status_class': status });

/** A shop whose product page shows late, and a call that fails now and then; rates a second, and seconds. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  'airis.rum.vitals': [
    [vital('/', 'lcp', 'good'), 0.8],
    [vital('/products/{}', 'lcp', 'poor'), 0.6],
    [vital('/products/{}', 'lcp', 'needs-improvement'), 0.3],
    [vital('/', 'inp', 'good'), 1.4],
    [vital('/products/{}', 'inp', 'needs-improvement'), 0.2],
    [vital('/', 'cls', 'good'), 0.9],
    [vital('/', 'ttfb', 'good'), 1.6],
    [vital('/products/{}', 'fcp', 'needs-improvement'), 0.7],
    [vital('/', 'fcp', 'good'), 1],
  ],
  'airis.rum.vital.duration': [
    [{ ...page('/'), 'airis.rum.vital': 'lcp' }, 1.4],
    [{ ...page('/products/{}'), 'airis.rum.vital': 'lcp' }, 4.8],
    [{ ...page('/products/{}'), 'airis.rum.vital': 'inp' }, 0.31],
  ],
  'airis.rum.page_views': [
    [page('/'), 1.2],
    [page('/products/{}'), 0.9],
    [page('/cart'), 0.2],
    [page('/', 'blog'), 0.1],
  ],
  'airis.rum.errors': [[page('/cart'), 0.01]],
  'airis.rum.calls': [
    [call('/api/products/{}', '2xx'), 1.1],
    [call('/api/cart', '5xx'), 0.05],
    [call('/api/cart', '2xx'), 0.4],
  ],
  'airis.rum.call.duration': [
    [page('/api/products/{}'), 0.9],
    [page('/api/cart'), 0.2],
  ],
  'airis.rum.steps': [
    [{ ...page('/products/{}'), 'airis.rum.route.before': '/' }, 0.5],
    [{ ...page('/cart'), 'airis.rum.route.before': '/products/{}' }, 0.15],
  ],
  'airis.rum.exits': [[page('/products/{}'), 0.3]],
  'airis.rum.visits.active': [
    [{ 'service.name': 'shop' }, 42],
    [{ 'service.name': 'blog' }, 3],
  ],
};

export const isOfVisitors = (metric: string): boolean => metric.startsWith('airis.rum.');

export function fixtureVisitors(
  { metric, stepSeconds = 10 }: MetricsQuery,
  nowMs: number,
  isThere: boolean,
): MetricsAnswer {
  const times = Array.from({ length: 60 }, (_, i) => nowMs - (60 - i) * stepSeconds * 1_000);
  const series = (isThere ? (rows[metric] ?? []) : []).map(([attributes, value], index) => {
    const mean = times.map((_, i) => value * (1 + 0.1 * Math.sin(i / 5)));
    const id = index.toString(16).padStart(16, '0');
    return { id, host: 'host:shop-web', metric, attributes, unit: '', mean, min: mean, max: mean };
  });
  return { stepSeconds, times, series, gaps: [] };
}
