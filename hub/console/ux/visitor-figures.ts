import type { MetricSeries, MetricsAnswer } from '../api/types.ts';

/** What the page of visitors is made of; each is one metric over the page's time. */
export const visitorMetrics = {
  ratings: 'airis.rum.vitals',
  durations: 'airis.rum.vital.duration',
  views: 'airis.rum.page_views',
  errors: 'airis.rum.errors',
  calls: 'airis.rum.calls',
  callDurations: 'airis.rum.call.duration',
  steps: 'airis.rum.steps',
  exits: 'airis.rum.exits',
  visits: 'airis.rum.visits.active',
} as const;
export type VisitorMetric = keyof typeof visitorMetrics;
export type VisitorAnswers = Readonly<Record<VisitorMetric, MetricsAnswer | undefined>>;

export const vitals = ['lcp', 'inp', 'cls', 'fcp', 'ttfb'] as const;
export type Vital = (typeof vitals)[number];

/** How visitors fared by one vital: numbers of values. */
export interface VitalShare {
  readonly vital: Vital;
  readonly good: number;
  readonly middling: number;
  readonly poor: number;
}

export interface PageFigures {
  readonly route: string;
  readonly views: number;
  /** Values of any vital that were poor: how many visitors it hurt, and how. */
  readonly poor: number;
  /** s, 75th percentile of five minutes, mean over the time shown; null where nobody told. */
  readonly lcpSeconds: number | null;
  readonly inpSeconds: number | null;
  readonly errors: number;
}

export interface CallFigures {
  readonly route: string;
  readonly calls: number;
  /** 5xx, or no answer. */
  readonly failed: number;
  readonly seconds: number | null;
}

export interface WayFigures {
  readonly from: string;
  /** Null: the visit ended there. */
  readonly to: string | null;
  readonly visits: number;
}

const SITE = 'service.name';
const ROUTE = 'http.route';

/** Sites that anybody visited, the busiest first. */
export function sitesOf(answers: VisitorAnswers): readonly string[] {
  const named = [answers.views, answers.visits, answers.ratings].flatMap((answer) =>
    (answer?.series ?? []).flatMap(({ attributes }) => attributes[SITE] ?? []),
  );
  const views = (site: string) => countsBy(answers.views, site, () => '').get('') ?? 0;
  return [...new Set(named)].sort((a, b) => views(b) - views(a) || (a < b ? -1 : 1));
}

export function vitalShares(answers: VisitorAnswers, site: string): readonly VitalShare[] {
  const of = countsBy(
    answers.ratings,
    site,
    (attributes) => `${attributes['airis.rum.vital']} ${attributes['airis.rum.rating']}`,
  );
  return vitals
    .map((vital) => ({
      vital,
      good: of.get(`${vital} good`) ?? 0,
      middling: of.get(`${vital} needs-improvement`) ?? 0,
      poor: of.get(`${vital} poor`) ?? 0,
    }))
    .filter(({ good, middling, poor }) => good + middling + poor > 0);
}

export type Rating = 'good' | 'middling' | 'poor';

/** As web-vitals are judged: by the visitor whom three of four fared better than. */
export function ratingOf({ good, middling, poor }: VitalShare): Rating {
  const total = good + middling + poor;
  if (good >= 0.75 * total) return 'good';
  return good + middling >= 0.75 * total ? 'middling' : 'poor';
}

/** Pages, those that hurt most visitors first. */
export function pagesOf(answers: VisitorAnswers, site: string): readonly PageFigures[] {
  const views = countsBy(answers.views, site, routeOf);
  const errors = countsBy(answers.errors, site, routeOf);
  const poor = countsBy(answers.ratings, site, (attributes) =>
    attributes['airis.rum.rating'] === 'poor' ? routeOf(attributes) : null,
  );
  const means = (vital: Vital) =>
    meansBy(answers.durations, site, (attributes) =>
      attributes['airis.rum.vital'] === vital ? routeOf(attributes) : null,
    );
  const [lcp, inp] = [means('lcp'), means('inp')];
  const routes = new Set([views, errors, poor, lcp, inp].flatMap((known) => [...known.keys()]));
  return [...routes]
    .map((route) => ({
      route,
      views: views.get(route) ?? 0,
      poor: poor.get(route) ?? 0,
      lcpSeconds: lcp.get(route) ?? null,
      inpSeconds: inp.get(route) ?? null,
      errors: errors.get(route) ?? 0,
    }))
    .sort((a, b) => b.poor + b.errors - (a.poor + a.errors) || b.views - a.views || (a.route < b.route ? -1 : 1));
}

/** Calls of pages to their own site, those that failed most first. */
export function callsOf(answers: VisitorAnswers, site: string): readonly CallFigures[] {
  const calls = countsBy(answers.calls, site, routeOf);
  const failed = countsBy(answers.calls, site, (attributes) =>
    ['0xx', '5xx'].includes(attributes['http.response.status_class'] ?? '') ? routeOf(attributes) : null,
  );
  const seconds = meansBy(answers.callDurations, site, routeOf);
  return [...calls]
    .map(([route, count]) => ({
      route,
      calls: count,
      failed: failed.get(route) ?? 0,
      seconds: seconds.get(route) ?? null,
    }))
    .sort((a, b) => b.failed - a.failed || (b.seconds ?? 0) - (a.seconds ?? 0) || (a.route < b.route ? -1 : 1));
}

/** From page to page, and where visits ended, most trodden first. */
export function waysOf(answers: VisitorAnswers, site: string): readonly WayFigures[] {
  const steps = countsBy(answers.steps, site, (attributes) =>
    JSON.stringify([attributes['airis.rum.route.before'] ?? '', routeOf(attributes)]),
  );
  const exits = countsBy(answers.exits, site, (attributes) => JSON.stringify([routeOf(attributes), null]));
  return [...steps, ...exits]
    .map(([key, visits]) => {
      const [from, to] = JSON.parse(key) as [string, string | null]; // made above
      return { from, to, visits };
    })
    .filter(({ visits }) => visits >= 0.5)
    .sort((a, b) => b.visits - a.visits || (a.from < b.from ? -1 : 1));
}

type KeyOf = (attributes: MetricSeries['attributes']) => string | null;

const routeOf: KeyOf & ((attributes: MetricSeries['attributes']) => string) = (attributes) => attributes[ROUTE] ?? '?';

/** Counters come as rates: added up over the time shown they are numbers again. */
function countsBy(answer: MetricsAnswer | undefined, site: string, keyOf: KeyOf): Map<string, number> {
  return joinedBy(answer, site, keyOf, (values) => {
    const rates = values.reduce((sum, value) => sum + value, 0);
    return rates * (answer?.stepSeconds ?? 0);
  });
}

/** Of several hosts that take beacons of one site the mean. */
function meansBy(answer: MetricsAnswer | undefined, site: string, keyOf: KeyOf): Map<string, number> {
  const all = new Map<string, number[]>();
  for (const { attributes, mean } of answer?.series ?? []) {
    const key = attributes[SITE] === site ? keyOf(attributes) : null;
    if (key !== null) all.set(key, [...(all.get(key) ?? []), ...known(mean)]);
  }
  return new Map(
    [...all].flatMap(([key, values]) =>
      values.length === 0 ? [] : [[key, values.reduce((sum, value) => sum + value, 0) / values.length] as const],
    ),
  );
}

function joinedBy(
  answer: MetricsAnswer | undefined,
  site: string,
  keyOf: KeyOf,
  of: (values: readonly number[]) => number,
): Map<string, number> {
  const joined = new Map<string, number>();
  for (const { attributes, mean } of answer?.series ?? []) {
    const key = attributes[SITE] === site ? keyOf(attributes) : null;
    if (key !== null) joined.set(key, (joined.get(key) ?? 0) + of(known(mean)));
  }
  return joined;
}

const known = (values: MetricSeries['mean']): number[] => Array.from(values).filter((value) => value !== null);
