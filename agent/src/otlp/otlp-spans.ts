import { isIP } from 'node:net';
import { semconv } from '@airis/protocol';
import { CallStats } from '../collectors/call-stats.ts';
import type { CallsSeen, SampleWriter } from '../collectors/collector.ts';
import { RouteClasses } from '../collectors/route-classes.ts';
import type { TransactionColumns } from '../transactions/transaction-columns.ts';
import type { OtlpAttributes, OtlpSpan } from './otlp-data.ts';
import { databaseOf, OtlpWork } from './otlp-work.ts';

const SERVER = 2;
const CLIENT = 3;
const NO_TIME = -1;
/** A span may be of another time than its export, but not of the future. */
const LONGEST_AGO_MS = 3_600_000;
const LONGEST_SPAN_MS = 24 * 3_600_000;
/** Spans that wait for the request they belong to, which ends last; the oldest traces go first. */
const MAX_TRACES = 2_000;
const MAX_WAITING = 20_000;
const FORGET_AFTER_MS = 60_000;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']);

interface Waiting {
  readonly spanId: string;
  readonly peer: string | null;
  readonly elapsedMs: number;
  readonly isDatabase: boolean;
}

/** What a request waited for. */
interface Waited {
  readonly longest: Waiting | null;
  readonly databaseMs: number;
}

interface Trace {
  readonly byParent: Map<string, Waiting[]>;
  readonly seenAtMs: number;
  size: number;
}

interface Service {
  readonly routes: RouteClasses;
  readonly http: CallStats;
  readonly database: CallStats;
}

/**
 * Spans as what the product thinks in: a server's span is a transaction, a client's a call to a peer (database or not).
 * Peers are known by address only, because the hub joins callers and called by it.
 */
export class OtlpSpans {
  readonly #columns: TransactionColumns;
  readonly #tellsRequests: boolean;
  readonly #services = new Map<string, Service>();
  readonly #work = new OtlpWork();
  readonly #traces = new Map<string, Trace>();
  #waiting = 0;

  /** @param tellsRequests - whether spans of requests become transactions, or only calls and times are taken */
  constructor(columns: TransactionColumns, tellsRequests = true) {
    this.#columns = columns;
    this.#tellsRequests = tellsRequests;
  }

  /** @returns why spans were not taken, and how many; SDKs send a request's inner spans before it or with it */
  add(service: string, spans: readonly OtlpSpan[], nowMs: number): { readonly rejected: number } {
    this.#forget(nowMs);
    const good = spans.filter(isGood);
    const of = this.#serviceOf(service);
    for (const span of good) if (span.kind !== SERVER) this.#noteInner(service, of, span, nowMs);
    for (const span of good) if (span.kind === SERVER) this.#noteRequest(service, of, span, nowMs);
    return { rejected: spans.length - good.length };
  }

  write(out: SampleWriter): void {
    for (const { http, database } of this.#services.values()) {
      http.write(out);
      database.write(out);
    }
    this.#work.write(out);
  }

  calls(): CallsSeen[] {
    return [...this.#services].flatMap(([name, { http, database }]) =>
      [...http.calls(), ...database.calls()].map((call) => ({
        ...call,
        text: `OTLP spans: ${call.count} calls to ${call.address}`,
        ...(name === '' ? {} : { client: `service:${name}` }),
      })),
    );
  }

  #noteInner(name: string, service: Service, span: OtlpSpan, nowMs: number): void {
    const { traceId, spanId, parentSpanId, attributes } = span;
    const elapsedMs = span.endMs - span.startMs;
    const peer = span.kind === CLIENT ? peerOf(attributes) : null;
    const isDatabase = span.kind === CLIENT && databaseOf(attributes) !== null;
    this.#await(traceId, parentSpanId, { spanId, peer, elapsedMs, isDatabase }, nowMs);
    this.#work.noteInner(name, span);
    if (peer === null) return;
    const status = statusOf(attributes);
    (isDatabase ? service.database : service.http).add({
      path: null,
      responseBytes: null,
      durationSeconds: null,
      endUnixMs: null,
      method: null,
      traceId,
      spanId,
      parentSpanId,
      peer,
      peerSeconds: elapsedMs / 1_000,
      status,
      // A span that failed without an answer is a call that the peer did not answer.
      peerStatus: status === 0 && span.isError ? 503 : status,
    });
  }

  #noteRequest(name: string, { routes }: Service, span: OtlpSpan, nowMs: number): void {
    const { traceId, spanId, parentSpanId, attributes, endMs, startMs, isError } = span;
    const status = statusOf(attributes);
    const { longest, databaseMs } = this.#waitedFor(traceId, spanId);
    const route = routeOf(attributes, routes, status);
    this.#work.noteRequest(name, route, endMs - startMs, databaseMs);
    if (!this.#tellsRequests) return;
    const isBelievable = endMs <= nowMs && endMs >= nowMs - LONGEST_AGO_MS;
    this.#columns.add(
      isBelievable ? endMs : nowMs,
      endMs - startMs,
      status,
      name === '' ? '' : `service:${name}`,
      route,
      traceId,
      // Who was called says this id as its parent, and the hub joins by it; a row tells of one call, the longest.
      longest?.spanId ?? spanId,
      parentSpanId,
      longest?.peer ?? '',
      longest?.elapsedMs ?? NO_TIME,
      isError || status >= 500,
    );
  }

  #await(traceId: string, parentSpanId: string, span: Waiting, nowMs: number): void {
    const trace = this.#traces.get(traceId) ?? { byParent: new Map(), seenAtMs: nowMs, size: 0 };
    if (!this.#traces.has(traceId)) {
      if (this.#traces.size >= MAX_TRACES || this.#waiting >= MAX_WAITING)
        this.#drop(this.#traces.keys().next().value!);
      this.#traces.set(traceId, trace);
    }
    if (this.#waiting >= MAX_WAITING) return;
    const siblings = trace.byParent.get(parentSpanId);
    if (siblings === undefined) trace.byParent.set(parentSpanId, [span]);
    else siblings.push(span);
    trace.size++;
    this.#waiting++;
  }

  /** The longest call made for a request, and all of its statements, by itself or by spans within it; these wait no longer. */
  #waitedFor(traceId: string, requestId: string): Waited {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return { longest: null, databaseMs: 0 };
    let databaseMs = 0;
    let longest: Waiting | null = null;
    const parents = [requestId];
    for (let parent = parents.pop(); parent !== undefined; parent = parents.pop()) {
      const within = trace.byParent.get(parent) ?? [];
      // Taken out before it is followed: spans may name each other as parents.
      trace.byParent.delete(parent);
      trace.size -= within.length;
      this.#waiting -= within.length;
      for (const span of within) {
        if (span.isDatabase) databaseMs += span.elapsedMs;
        parents.push(span.spanId);
        if (span.peer !== null && (longest === null || span.elapsedMs > longest.elapsedMs)) longest = span;
      }
    }
    if (trace.size === 0) this.#traces.delete(traceId);
    return { longest, databaseMs };
  }

  #drop(traceId: string): void {
    this.#waiting -= this.#traces.get(traceId)?.size ?? 0;
    this.#traces.delete(traceId);
  }

  #serviceOf(name: string): Service {
    const known = this.#services.get(name);
    if (known !== undefined) return known;
    const own = name === '' ? {} : { [semconv.attribute.serviceName]: name };
    const made = {
      routes: new RouteClasses(),
      http: new CallStats('http', own),
      database: new CallStats('database', own),
    };
    this.#services.set(name, made);
    return made;
  }

  #forget(nowMs: number): void {
    for (const [id, { seenAtMs }] of this.#traces) {
      if (Math.abs(nowMs - seenAtMs) <= FORGET_AFTER_MS) return;
      this.#drop(id);
    }
  }
}

const isGood = ({ traceId, spanId, startMs, endMs }: OtlpSpan): boolean =>
  /[1-9a-f]/.test(traceId) &&
  /[1-9a-f]/.test(spanId) &&
  startMs > 0 &&
  endMs >= startMs &&
  endMs - startMs <= LONGEST_SPAN_MS;

function statusOf(attributes: OtlpAttributes): number {
  const status = Number(attributes.get('http.response.status_code') ?? attributes.get('http.status_code') ?? 0);
  return Number.isInteger(status) && status >= 100 && status <= 599 ? status : 0;
}

/** Method and learnt shape; a route that the program says is known at once, but masked like any, since some say the path. */
function routeOf(attributes: OtlpAttributes, routes: RouteClasses, status: number): string {
  const text = (key: string): string | null => {
    const value = attributes.get(key);
    return typeof value === 'string' && value !== '' ? value.slice(0, 2_000) : null;
  };
  const rpc = text('rpc.method');
  if (rpc !== null) return `RPC ${routes.routeOf(`/${text('rpc.service') ?? ''}/${rpc}`, status, true)}`;
  const method = text('http.request.method') ?? text('http.method') ?? '?';
  const declared = text('http.route');
  const path = declared ?? text('url.path') ?? text('http.target');
  const route = path === null ? '(other)' : routes.routeOf(path.split('?')[0]!, status, declared !== null);
  return `${METHODS.has(method) ? method : '?'} ${route}`;
}

/** `ip:port` as sockets say it; a name alone says nothing that the hub could join. */
function peerOf(attributes: OtlpAttributes): string | null {
  const pairs = [
    ['network.peer.address', 'network.peer.port'],
    ['server.address', 'server.port'],
    ['net.sock.peer.addr', 'net.sock.peer.port'],
    ['net.peer.ip', 'net.peer.port'],
    ['net.peer.name', 'net.peer.port'],
  ] as const;
  for (const [addressKey, portKey] of pairs) {
    const said = attributes.get(addressKey);
    const address = said === 'localhost' ? '127.0.0.1' : said;
    const port = Number(attributes.get(portKey));
    if (typeof address !== 'string' || !Number.isInteger(port) || port < 1 || port > 65_535) continue;
    const version = isIP(address);
    if (version !== 0) return version === 6 ? `[${address}]:${port}` : `${address}:${port}`;
  }
  return null;
}
