import { type Attributes, semconv } from '@airis/protocol';
import { BoundedAttributes } from '../collectors/bounded-attributes.ts';
import type { SampleWriter } from '../collectors/collector.ts';
import { RouteClasses } from '../collectors/route-classes.ts';
import type { RumEvent } from './beacon.ts';
import { Journeys } from './journeys.ts';
import { PageValues } from './page-values.ts';

const SERIES_LIMIT = 1_500;

/** Up to the first a value is good, beyond the second it is poor; https://web.dev/articles/vitals */
const ratings = {
  lcp: [2_500, 4_000],
  inp: [200, 500],
  cls: [0.1, 0.25],
  fcp: [1_800, 3_000],
  ttfb: [800, 1_800],
} as const;

/** What visitors told, as series by site and page: `SERIES_LIMIT` of them, what finds no place is not counted either. */
export class VisitorFigures {
  readonly #routes = new Map<string, RouteClasses>();
  readonly #counts = new Map<string, number>();
  readonly #values = new PageValues();
  readonly #journeys = new Journeys();
  readonly #attributes = new BoundedAttributes(SERIES_LIMIT, (key) => JSON.parse(key) as Attributes); // made by keyOf below

  take(site: string, session: string, event: RumEvent, nowMs: number): void {
    const route = this.routeOf(site, event.path);
    const place = { 'service.name': site, [semconv.attribute.httpRoute]: route };
    switch (event.type) {
      case 'view': {
        this.#count('airis.rum.page_views', place);
        const before = this.#journeys.view(site, session, route, nowMs);
        if (before !== null && before !== route)
          this.#count('airis.rum.steps', { ...place, 'airis.rum.route.before': before });
        break;
      }
      case 'click':
        this.#count('airis.rum.clicks', place);
        break;
      case 'error':
        this.#count('airis.rum.errors', place);
        break;
      case 'load':
        this.#time('airis.rum.vital.duration', { ...place, 'airis.rum.vital': 'load' }, event.value, nowMs);
        break;
      case 'vital': {
        const [good, poor] = ratings[event.name];
        const rating = event.value <= good ? 'good' : event.value <= poor ? 'needs-improvement' : 'poor';
        const vital = { ...place, 'airis.rum.vital': event.name };
        this.#count('airis.rum.vitals', { ...vital, 'airis.rum.rating': rating });
        if (event.name === 'cls') this.#values.add(keyOf('airis.rum.vital.layout_shift', place), event.value, nowMs);
        else this.#time('airis.rum.vital.duration', vital, event.value, nowMs);
        break;
      }
      case 'call': {
        const called = { 'service.name': site, [semconv.attribute.httpRoute]: this.routeOf(site, event.to) };
        const status = `${Math.floor(event.status / 100)}xx`;
        this.#count('airis.rum.calls', { ...called, 'http.response.status_class': status });
        this.#time('airis.rum.call.duration', called, event.value, nowMs);
      }
    }
  }

  /** As access logs are read: what people typed or are called stays out, and there is no end of pages. */
  routeOf(site: string, path: string): string {
    const known = this.#routes.get(site) ?? new RouteClasses();
    this.#routes.set(site, known);
    return known.routeOf(path, 200);
  }

  write(nowMs: number, out: SampleWriter): void {
    for (const { site, route } of this.#journeys.takeEnded(nowMs)) {
      this.#count('airis.rum.exits', { 'service.name': site, [semconv.attribute.httpRoute]: route });
    }
    const put = (key: string, value: number): void => {
      const at = key.indexOf(' ');
      const named = this.#attributes.get(key.slice(at + 1));
      if (named !== null) out.write(key.slice(0, at), value, named);
    };
    for (const [key, howOften] of this.#counts) put(key, howOften);
    for (const [key, value] of this.#values.percentiles(nowMs)) put(key, value);
    for (const [site, visits] of this.#journeys.activeBySite(nowMs)) {
      put(keyOf('airis.rum.visits.active', { 'service.name': site }), visits);
    }
  }

  #count(metric: string, attributes: Attributes): void {
    const key = keyOf(metric, attributes);
    const before = this.#counts.get(key);
    if (before === undefined && this.#counts.size >= SERIES_LIMIT) return;
    this.#counts.set(key, (before ?? 0) + 1);
  }

  #time(metric: string, attributes: Attributes, milliseconds: number, nowMs: number): void {
    this.#values.add(keyOf(metric, attributes), milliseconds / 1_000, nowMs);
  }
}

const keyOf = (metric: string, attributes: Attributes): string => `${metric} ${JSON.stringify(attributes)}`;
