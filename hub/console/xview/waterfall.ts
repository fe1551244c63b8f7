import type { TraceSpan } from '../api/types.ts';

/** One line of a trace: where it stands between the start and the end of the whole, 0..1. */
export interface WaterfallRow {
  readonly key: string;
  readonly depth: number;
  readonly name: string;
  /** Empty for what is known only from its caller's side. */
  readonly route: string;
  readonly start: number;
  readonly share: number;
  readonly elapsedMs: number;
  readonly selfMs: number;
  readonly isFailed: boolean;
  /** Seen by its caller alone: a database, a service without an agent. */
  readonly isFromCaller: boolean;
  /** Where most of the time went. */
  readonly isLongest: boolean;
}

/** A trace as lines from its first start to its last end. What was waited for without an own record gets a line too. */
export function waterfall(spans: readonly TraceSpan[]): readonly WaterfallRow[] {
  const startMs = Math.min(...spans.map((span) => span.startUnixMs));
  const lengthMs = Math.max(1, Math.max(...spans.map((span) => span.endUnixMs)) - startMs);
  const rows = spans.flatMap((span, index): WaterfallRow[] => {
    const isLeaf = !spans.some((other) => other.parentSpanId === span.spanId && other.spanId !== span.spanId);
    const waitedMs = isLeaf && span.peerElapsedMs !== null ? Math.min(span.peerElapsedMs, span.elapsedMs) : 0;
    const start = (span.startUnixMs - startMs) / lengthMs;
    const own: WaterfallRow = {
      key: `${index}`,
      depth: span.depth,
      name: span.service,
      route: span.route,
      start,
      share: span.elapsedMs / lengthMs,
      elapsedMs: span.elapsedMs,
      selfMs: Math.max(0, span.selfMs - waitedMs),
      isFailed: span.failed,
      isFromCaller: false,
      isLongest: false,
    };
    const peer = span.callee ?? span.peer;
    if (waitedMs <= 0 || peer === null) return [own];
    const waited: WaterfallRow = {
      ...own,
      key: `${index} peer`,
      depth: span.depth + 1,
      name: peer,
      route: '',
      // When it was asked is not known: it is drawn at the end, where its answer let the caller go on.
      start: start + (span.elapsedMs - waitedMs) / lengthMs,
      share: waitedMs / lengthMs,
      elapsedMs: waitedMs,
      selfMs: waitedMs,
      isFailed: false,
      isFromCaller: true,
    };
    return [own, waited];
  });
  const longestMs = Math.max(...rows.map((row) => row.selfMs));
  return rows.map((row) => ({ ...row, isLongest: row.selfMs === longestMs && longestMs > 0 }));
}
