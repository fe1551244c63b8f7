import { describe, expect, it } from 'vitest';
import type { MetricsAnswer } from '../api/types.ts';
import { callsOf, pagesOf, ratingOf, sitesOf, type VisitorAnswers, vitalShares, waysOf } from './visitor-figures.ts';

type Row = readonly [attributes: Record<string, string>, mean: readonly (number | null)[]];
const answer = (...rows: readonly Row[]): MetricsAnswer => ({
  stepSeconds: 10,
  times: [0, 10_000],
  series: rows.map(([attributes, mean], i) => ({
    id: `${i}`,
    host: 'host:web-1',
    metric: '',
    attributes: { 'service.name': 'shop', ...attributes },
    unit: '',
    mean: [...mean],
    min: [...mean],
    max: [...mean],
  })),
  gaps: [],
});
const none: VisitorAnswers = {
  ratings: undefined,
  durations: undefined,
  views: undefined,
  errors: undefined,
  calls: undefined,
  callDurations: undefined,
  steps: undefined,
  exits: undefined,
  visits: undefined,
};
const lcp = (route: string, rating: string) => ({
  'http.route': route,
  'airis.rum.vital': 'lcp',
  'airis.rum.rating': rating,
});

describe('what visitors saw', () => {
  it('is counted from rates, by site', () => {
    const answers = {
      ...none,
      views: answer([{ 'http.route': '/' }, [1, 2]], [{ 'http.route': '/', 'service.name': 'blog' }, [5, 5]]),
      ratings: answer([lcp('/', 'good'), [0.6, 0.3]], [lcp('/order', 'poor'), [0.3, null]]),
    };
    expect(sitesOf(answers)).toEqual(['blog', 'shop']);
    expect(vitalShares(answers, 'shop')).toEqual([{ vital: 'lcp', good: 9, middling: 0, poor: 3 }]);
    expect(pagesOf(answers, 'shop').map(({ route, views, poor }) => [route, views, poor])).toEqual([
      ['/order', 0, 3],
      ['/', 30, 0],
    ]);
  });

  it.each([
    [{ good: 75, middling: 0, poor: 25 }, 'good'],
    [{ good: 74, middling: 26, poor: 0 }, 'middling'],
    [{ good: 0, middling: 74, poor: 26 }, 'poor'],
  ] as const)('%o is %s', (share, rating) => expect(ratingOf({ vital: 'lcp', ...share })).toBe(rating));

  it('names calls that fail first, and the ways through the site with their ends', () => {
    const answers = {
      ...none,
      calls: answer(
        [{ 'http.route': '/api/a', 'http.response.status_class': '2xx' }, [1]],
        [{ 'http.route': '/api/b', 'http.response.status_class': '0xx' }, [0.5]],
        [{ 'http.route': '/api/b', 'http.response.status_class': '2xx' }, [0.5]],
      ),
      callDurations: answer([{ 'http.route': '/api/a' }, [0.2, 0.4]]),
      steps: answer([{ 'http.route': '/cart', 'airis.rum.route.before': '/' }, [0.4]]),
      exits: answer([{ 'http.route': '/cart' }, [0.6]]),
    };
    expect(callsOf(answers, 'shop')).toEqual([
      { route: '/api/b', calls: 10, failed: 5, seconds: null },
      { route: '/api/a', calls: 10, failed: 0, seconds: expect.closeTo(0.3) },
    ]);
    expect(waysOf(answers, 'shop')).toEqual([
      { from: '/cart', to: null, visits: 6 },
      { from: '/', to: '/cart', visits: 4 },
    ]);
  });

  it('is nothing where nothing is known', () => {
    expect([sitesOf(none), vitalShares(none, 'x'), pagesOf(none, 'x'), callsOf(none, 'x'), waysOf(none, 'x')]).toEqual(
      Array(5).fill([]),
    );
  });
});
