import { RouteTimes } from './route-times.ts';
import { SERVER_SPAN, type TraceSpan } from './trace-span.ts';

export type KeptBecause = 'error' | 'slow' | 'share';

/** Spans of one trace that go to the hub. */
export interface KeptTrace {
  readonly why: KeptBecause;
  readonly spans: readonly TraceSpan[];
}

/** Exporters send every few seconds, inner spans often before the request: so long nothing new means it is whole. */
const DECIDE_AFTER_MS = 10_000;
/** A trace that never ends is judged by what there is. */
export const LONGEST_WAIT_MS = 60_000;
/** Beyond, the trace that began first is judged early. */
const MAX_TRACES = 2_000;
const MAX_SPANS = 20_000;
const SPANS_OF_ONE = 500;
/** Traces judged to be kept, so that what comes late goes after them. */
const REMEMBERED = 5_000;
const MAX_ROUTES = 256;
const SHARE = 0.01;
/** A route of which nothing was kept for so long has its next trace kept. */
const SHOW_EVERY_MS = 10 * 60_000;

interface Gathered {
  readonly spans: TraceSpan[];
  readonly firstAtMs: number;
  lastAtMs: number;
}

interface Route {
  readonly times: RouteTimes;
  keptAtMs: number;
}

/**
 * Which traces the hub gets, decided when a trace is whole: all with an error, those slower than 99 of 100 of their
 * route, and one of a hundred of the rest. That one is chosen by the trace's id, so that every host keeps the same.
 */
export class TailSampler {
  readonly #traces = new Map<string, Gathered>();
  readonly #kept = new Map<string, KeptBecause>();
  readonly #routes = new Map<string, Route>();
  #waiting = 0;
  #dropped = 0;
  #early: KeptTrace[] = [];

  add(span: TraceSpan, nowMs: number): void {
    const kept = this.#kept.get(span.traceId);
    if (kept !== undefined) {
      this.#early.push({ why: kept, spans: [span] });
      return;
    }
    const trace = this.#traces.get(span.traceId) ?? this.#begin(span.traceId, nowMs);
    trace.lastAtMs = nowMs;
    if (trace.spans.length >= SPANS_OF_ONE) {
      this.#dropped++;
      return;
    }
    trace.spans.push(span);
    this.#waiting++;
    while (this.#waiting > MAX_SPANS) this.#judgeOldest(nowMs);
  }

  /** Traces that are whole by now and are kept. */
  step(nowMs: number): readonly KeptTrace[] {
    for (const [traceId, { firstAtMs, lastAtMs }] of this.#traces) {
      const isWhole = Math.abs(nowMs - lastAtMs) >= DECIDE_AFTER_MS || Math.abs(nowMs - firstAtMs) >= LONGEST_WAIT_MS;
      if (isWhole) this.#judge(traceId, nowMs);
    }
    const kept = this.#early;
    this.#early = [];
    return kept;
  }

  /** Spans beyond what one trace may have, since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  #begin(traceId: string, nowMs: number): Gathered {
    if (this.#traces.size >= MAX_TRACES) this.#judgeOldest(nowMs);
    const made: Gathered = { spans: [], firstAtMs: nowMs, lastAtMs: nowMs };
    this.#traces.set(traceId, made);
    return made;
  }

  #judgeOldest(nowMs: number): void {
    const first = this.#traces.keys().next();
    if (first.done !== true) this.#judge(first.value, nowMs);
  }

  #judge(traceId: string, nowMs: number): void {
    const { spans } = this.#traces.get(traceId)!;
    this.#traces.delete(traceId);
    this.#waiting -= spans.length;
    const why = this.#reason(traceId, spans, nowMs);
    if (why === null) return;
    this.#early.push({ why, spans });
    this.#kept.set(traceId, why);
    if (this.#kept.size > REMEMBERED) this.#kept.delete(this.#kept.keys().next().value!);
  }

  #reason(traceId: string, spans: readonly TraceSpan[], nowMs: number): KeptBecause | null {
    const root = rootOf(spans);
    const route = this.#routeOf(root);
    // Every trace teaches its route, kept or not.
    const isSlow = route.times.add(root.elapsedMs);
    const why = spans.some(({ isError }) => isError) ? 'error' : isSlow ? 'slow' : null;
    const isShown = Math.abs(nowMs - route.keptAtMs) >= SHOW_EVERY_MS;
    if (why === null && !isShown && shareOf(traceId) >= SHARE) return null;
    route.keptAtMs = nowMs;
    return why ?? 'share';
  }

  #routeOf({ service, name }: TraceSpan): Route {
    const key = `${service} ${name}`;
    const known = this.#routes.get(key) ?? (this.#routes.size < MAX_ROUTES ? undefined : this.#routes.get(''));
    if (known !== undefined) return known;
    const made = { times: new RouteTimes(), keptAtMs: Number.NEGATIVE_INFINITY };
    // The last place is for all routes beyond.
    this.#routes.set(this.#routes.size < MAX_ROUTES - 1 ? key : '', made);
    return made;
  }
}

/** The request as this host saw it: its longest server span, or what took longest where there is none. */
function rootOf(spans: readonly TraceSpan[]): TraceSpan {
  const servers = spans.filter(({ kind }) => kind === SERVER_SPAN);
  const candidates = servers.length > 0 ? servers : spans;
  return candidates.reduce((longest, span) => (span.elapsedMs > longest.elapsedMs ? span : longest));
}

/** 0..1 by the last digits, which are the random ones in W3C trace context. */
const shareOf = (traceId: string): number => Number.parseInt(traceId.slice(-8), 16) / 2 ** 32;
