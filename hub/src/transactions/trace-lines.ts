import { SPAN_ERROR, TRANSACTION_ERROR } from '@airis/protocol';
import type { TraceSpanRow, TransactionRow } from '../api/ports.ts';

/** One line of a trace: a request, a call, or what a program did within. */
export interface TraceLine {
  readonly endUnixMs: number;
  readonly elapsedMs: number;
  /** HTTP status, 0 for none. */
  readonly status: number;
  readonly failed: boolean;
  readonly service: string;
  /** Route, statement without literals, or masked name. */
  readonly route: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly peer: string | null;
  /** Of a transaction: how long it waited for the peer. */
  readonly peerElapsedMs: number | null;
  readonly agent: string;
  /** As OpenTelemetry; a transaction is a server's. */
  readonly kind: number;
  /** The hub has it from its host's answer alone. */
  readonly isHeld: boolean;
}

const SERVER = 2;
/** An end is told in whole ms. */
const SAME_END_MS = 1;
const SAME_ELAPSED_MS = 0.5;

/**
 * Transactions and spans of one trace as lines: a request that both tell is one line, and so is a span that is stored and was
 * answered by its host too.
 *
 * Only what one agent says is put together: no host's answer can take the place of what another has told.
 *
 * @param held - what hosts answered; what is stored already is not taken from them
 */
export function traceLines(
  transactions: readonly TransactionRow[],
  stored: readonly TraceSpanRow[],
  held: readonly TraceSpanRow[] = [],
): readonly TraceLine[] {
  const unique = new Map<string, TraceLine>();
  for (const [spans, isHeld] of [
    [stored, false],
    [held, true],
  ] as const) {
    for (const span of spans) {
      const key = `${span.agent} ${span.spanId} ${span.kind}`;
      if (!unique.has(key)) unique.set(key, lineOfSpan(span, isHeld));
    }
  }
  const spans = [...unique.values()];
  const requestOf = requestFinder(spans);
  const merged = new Set<TraceLine>();
  const requests = transactions.map((row) => {
    const { span, spanId } = requestOf(row, merged);
    if (span !== null) merged.add(span);
    return { ...lineOfTransaction(row), spanId };
  });
  return [...requests, ...spans.filter((span) => !merged.has(span))];
}

interface Found {
  readonly span: TraceLine | null;
  /** The request's own id, as far as the spans tell. */
  readonly spanId: string;
}

/**
 * Finds a transaction's own span. A transaction that was made of spans says the id of the call it waited for longest, because
 * the hub joins callers and callees by it: its own is found above that call. One of a log that gives no ids is found by its
 * times.
 */
function requestFinder(spans: readonly TraceLine[]) {
  const byId = Map.groupBy(spans, ({ agent, spanId }) => `${agent} ${spanId}`);
  const servers = Map.groupBy(
    spans.filter(({ kind }) => kind === SERVER),
    ({ agent, service, parentSpanId }) => `${agent} ${service} ${parentSpanId}`,
  );
  return (row: TransactionRow, taken: ReadonlySet<TraceLine>): Found => {
    const named = row.spanId === '' ? [] : (byId.get(`${row.agent} ${row.spanId}`) ?? []);
    const own = named.find(({ kind }) => kind === SERVER);
    if (own !== undefined) return { span: taken.has(own) ? null : own, spanId: row.spanId };
    const call = named.find(({ service }) => service === row.service);
    if (call !== undefined) return aboveCall(call, byId, taken);
    const same = servers
      .get(`${row.agent} ${row.service} ${row.parentSpanId}`)
      ?.find((span) => !taken.has(span) && isSame(row, span));
    return same === undefined ? { span: null, spanId: row.spanId } : { span: same, spanId: same.spanId };
  };
}

/** Up from a call to the request of the same service; where a span between is missing, to the id it would have. */
function aboveCall(
  call: TraceLine,
  byId: ReadonlyMap<string, readonly TraceLine[]>,
  taken: ReadonlySet<TraceLine>,
): Found {
  const seen = new Set<TraceLine>();
  for (let at = call; !seen.has(at); ) {
    seen.add(at);
    const above = byId.get(`${at.agent} ${at.parentSpanId}`)?.find(({ service }) => service === call.service);
    if (above === undefined) return { span: null, spanId: at.parentSpanId };
    if (above.kind === SERVER) return { span: taken.has(above) ? null : above, spanId: above.spanId };
    at = above;
  }
  return { span: null, spanId: '' };
}

const isSame = (row: TransactionRow, span: TraceLine): boolean =>
  Math.abs(row.endUnixMs - span.endUnixMs) <= SAME_END_MS &&
  Math.abs(row.elapsedMs - span.elapsedMs) <= SAME_ELAPSED_MS;

function lineOfTransaction({ flags, ...row }: TransactionRow): TraceLine {
  return { ...row, failed: (flags & TRANSACTION_ERROR) !== 0, kind: SERVER, isHeld: false };
}

function lineOfSpan({ flags, name, ...span }: TraceSpanRow, isHeld: boolean): TraceLine {
  return { ...span, route: name, failed: (flags & SPAN_ERROR) !== 0, status: 0, peerElapsedMs: null, isHeld };
}
