import type { Attributes } from '@airis/protocol';
import type { LoggedRequest } from './access-log.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import type { MetricInfo, SampleWriter } from './collector.ts';
import { RouteClasses } from './route-classes.ts';

/** What any web server's access log gives. */
export const requestMetrics: Readonly<Record<string, MetricInfo>> = {
  'airis.http.server.requests': { unit: '{request}', kind: 'counter', about: 'requests answered, by class of status' },
  'airis.http.server.response.size': { unit: 'By', kind: 'counter', about: 'bytes sent in answers' },
  'airis.http.server.error_ratio': {
    unit: '1',
    kind: 'gauge',
    about: 'share of answers with a 5xx status since the reading before; nothing while nobody asks',
  },
  'http.server.request.duration': {
    unit: 's',
    kind: 'gauge',
    about: 'mean time of requests since the reading before: over all, and by route (at most 33)',
  },
  'airis.http.server.unparsed_lines': {
    unit: '{line}',
    kind: 'counter',
    about: 'lines of the access log that its format does not explain',
  },
};

const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;
const statusAttributes: readonly Attributes[] = statusClasses.map((name) => ({ 'http.response.status_class': name }));

/** Routes that have a series at one time are 33; those withdrawn since the start count too. */
const ROUTE_SERIES = 200;

interface Duration {
  sumSeconds: number;
  count: number;
}

/** Gathers requests between two readings. */
export class RequestStats {
  readonly #byClass = [0, 0, 0, 0, 0];
  readonly #routes = new RouteClasses();
  readonly #routeAttributes = new BoundedAttributes(ROUTE_SERIES, (route) => ({ 'http.route': route }));
  #responseBytes = 0;
  #unparsed = 0;
  #sinceRequests = 0;
  #sinceErrors = 0;
  readonly #all: Duration = { sumSeconds: 0, count: 0 };
  readonly #byRoute = new Map<string, Duration>();

  /** @returns the request's route; null where it has none */
  add(request: LoggedRequest | null): string | null {
    if (request === null) {
      this.#unparsed++;
      return null;
    }
    const { status, path, durationSeconds, responseBytes } = request;
    const index = Math.floor(status / 100) - 1;
    this.#byClass[index] = (this.#byClass[index] ?? 0) + 1;
    this.#responseBytes += responseBytes ?? 0;
    this.#sinceRequests++;
    if (status >= 500) this.#sinceErrors++;
    const route = path === null ? null : this.#routes.routeOf(path, status);
    if (durationSeconds === null) return route;
    addTo(this.#all, durationSeconds);
    if (route === null) return null;
    const duration = this.#byRoute.get(route) ?? { sumSeconds: 0, count: 0 };
    this.#byRoute.set(route, duration);
    addTo(duration, durationSeconds);
    return route;
  }

  write(out: SampleWriter): void {
    statusAttributes.forEach((attributes, i) => {
      out.write('airis.http.server.requests', this.#byClass[i] ?? 0, attributes);
    });
    out.write('airis.http.server.response.size', this.#responseBytes);
    out.write('airis.http.server.unparsed_lines', this.#unparsed);
    if (this.#sinceRequests > 0) out.write('airis.http.server.error_ratio', this.#sinceErrors / this.#sinceRequests);
    writeMean(out, this.#all);
    for (const [route, duration] of this.#byRoute) {
      if (!this.#routes.has(route)) continue;
      const attributes = this.#routeAttributes.get(route);
      if (attributes !== null) writeMean(out, duration, attributes);
    }
    this.#sinceRequests = 0;
    this.#sinceErrors = 0;
    this.#all.sumSeconds = 0;
    this.#all.count = 0;
    this.#byRoute.clear();
  }
}

function addTo(duration: Duration, seconds: number): void {
  duration.sumSeconds += seconds;
  duration.count++;
}

function writeMean(out: SampleWriter, { sumSeconds, count }: Duration, attributes?: Attributes): void {
  if (count > 0) out.write('http.server.request.duration', sumSeconds / count, attributes);
}
