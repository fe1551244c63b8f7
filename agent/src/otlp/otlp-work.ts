import { semconv } from '@airis/protocol';
import { BoundedAttributes } from '../collectors/bounded-attributes.ts';
import type { MetricInfo, SampleWriter } from '../collectors/collector.ts';
import { statementText } from '../collectors/statement-text.ts';
import type { OtlpAttributes, OtlpSpan } from './otlp-data.ts';

/** Series of one kind over all services, since the agent started; the time of what comes later is in none. */
const MAX_STATEMENTS = 200;
const MAX_METHODS = 200;
const MAX_ROUTES = 200;
const MAX_STATEMENT = 200;
const METHOD = /^[\p{L}_$][\p{L}\p{N}_$.<>/#:-]{0,149}$/u;
/** Databases whose statements are no SQL: what stands in them is not known to be without values. */
const noSql =
  /^(?:redis|memcached|mongodb|elasticsearch|opensearch|dynamodb|aws\.dynamodb|neo4j|couchdb|couchbase|geode)$/;
const MYSQL = /^(?:mysql|mariadb)$/;

/** What programs tell of where the time of their requests goes. */
export const workMetrics: Readonly<Record<string, MetricInfo>> = {
  'airis.request.time': { unit: 's', kind: 'counter', about: 'time of requests that spans tell of, by route' },
  'airis.request.database.time': {
    unit: 's',
    kind: 'counter',
    about: 'of it the time in statements of databases, by route',
  },
  'airis.db.client.statement.time': {
    unit: 's',
    kind: 'counter',
    about: 'time in a statement as its caller saw it, by statement without its values (at most 200)',
  },
  'airis.db.client.statement.calls': { unit: '{call}', kind: 'counter', about: 'how often it ran' },
  'airis.code.function.time': {
    unit: 's',
    kind: 'counter',
    about: 'time in a method that has a span of its own, with what it calls (at most 200)',
  },
  'airis.code.function.calls': { unit: '{call}', kind: 'counter', about: 'how often it was called' },
};

/** Times by what they were spent on, for counters. */
class Times {
  readonly #attributes: BoundedAttributes;
  readonly #of = new Map<string, { readonly parts: readonly string[]; seconds: number; calls: number; more: number }>();

  constructor(limit: number, keys: readonly string[]) {
    this.#attributes = new BoundedAttributes(limit, (key) => {
      const parts = key.split('\0');
      const named = keys.map((name, i) => [name, parts[i] ?? ''] as const);
      return Object.fromEntries(named.filter(([, value]) => value !== ''));
    });
  }

  add(parts: readonly string[], ms: number, more = 0): void {
    const key = parts.join('\0');
    if (this.#attributes.get(key) === null) return;
    const known = this.#of.get(key) ?? { parts, seconds: 0, calls: 0, more: 0 };
    this.#of.set(key, known);
    known.seconds += ms / 1_000;
    known.calls++;
    known.more += more;
  }

  *entries() {
    for (const [key, of] of this.#of) {
      const attributes = this.#attributes.get(key);
      if (attributes !== null) yield { attributes, ...of };
    }
  }
}

const { serviceName, httpRoute } = semconv.attribute;

/** Sums up spans of statements and methods, and how much of each route's time they are. */
export class OtlpWork {
  readonly #routes = new Times(MAX_ROUTES, [serviceName, httpRoute]);
  readonly #statements = new Times(MAX_STATEMENTS, [serviceName, 'db.system.name', 'db.query.text']);
  readonly #methods = new Times(MAX_METHODS, [serviceName, 'code.function.name']);

  noteInner(service: string, { attributes, startMs, endMs }: OtlpSpan): void {
    const elapsedMs = endMs - startMs;
    const system = databaseOf(attributes);
    if (system !== null) {
      const statement = statementOf(attributes, system);
      if (statement !== '') this.#statements.add([service, system, statement], elapsedMs);
      return;
    }
    const method = methodOf(attributes);
    if (method !== null) this.#methods.add([service, method], elapsedMs);
  }

  noteRequest(service: string, route: string, elapsedMs: number, databaseMs: number): void {
    // Statements may run side by side; more than all of it is none of the request's time.
    this.#routes.add([service, route], elapsedMs, Math.min(elapsedMs, databaseMs) / 1_000);
  }

  write(out: SampleWriter): void {
    for (const { attributes, seconds, more } of this.#routes.entries()) {
      out.write('airis.request.time', seconds, attributes);
      out.write('airis.request.database.time', more, attributes);
    }
    for (const { attributes, seconds, calls } of this.#statements.entries()) {
      out.write('airis.db.client.statement.time', seconds, attributes);
      out.write('airis.db.client.statement.calls', calls, attributes);
    }
    for (const { attributes, seconds, calls } of this.#methods.entries()) {
      out.write('airis.code.function.time', seconds, attributes);
      out.write('airis.code.function.calls', calls, attributes);
    }
  }
}

/** `null` for a span that is no call of a database. */
export function databaseOf(attributes: OtlpAttributes): string | null {
  const said = attributes.get('db.system.name') ?? attributes.get('db.system');
  if (typeof said !== 'string') return null;
  return /^[a-z][a-z0-9._]{0,39}$/.test(said) ? said : 'other';
}

/** Without values, whatever the program has left in it; empty where none is told. */
function statementOf(attributes: OtlpAttributes, system: string): string {
  const said = attributes.get('db.query.text') ?? attributes.get('db.statement');
  if (typeof said !== 'string' || noSql.test(system)) return '';
  const first = statementText(said, MYSQL.test(system) ? 'mysql' : 'postgresql');
  // Of others nobody knows whether `"` holds a name or a value, so it goes.
  const text = system === 'postgresql' || MYSQL.test(system) ? first : statementText(first, 'mysql');
  return text.length > MAX_STATEMENT ? `${text.slice(0, MAX_STATEMENT - 1)}…` : text;
}

function methodOf(attributes: OtlpAttributes): string | null {
  const named = attributes.get('code.function.name');
  const [within, name] = [attributes.get('code.namespace'), attributes.get('code.function')];
  const said = named ?? (typeof name === 'string' ? `${within === undefined ? '' : `${within}.`}${name}` : null);
  return typeof said === 'string' && METHOD.test(said) && !/\d{6}/.test(said) ? said : null;
}
