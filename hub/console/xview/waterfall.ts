import type { TraceSpan } from '../api/types.ts';

/** One line of a trace: where it stands between the start and the end of the whole, 0..1. */
export interface WaterfallRow {
  readonly key: string;
  readonly depth: number;
  readonly name: string;
  /** Empty for what is known only from its caller's side. */
  readonly route: string;
  /** Whom a call asked, where its own line does not say it. */
  readonly callee: string | null;
  readonly start: number;
  readonly share: number;
  readonly elapsedMs: number;
  readonly selfMs: number;
  readonly isFailed: boolean;
  /** Seen by its caller alone: a database, a service without an agent. */
  readonly isFromCaller: boolean;
  readonly isDetached: boolean;
  readonly isGuessed: boolean;
  /** The host that said it when it was asked; `null` for what the hub has stored. */
  readonly heldBy: string | null;
  /** Where most of the time went. */
  readonly isLongest: boolean;
}

/** A trace as lines from its first start to its last end. What was waited for without an own record gets a line too. */
export function waterfall(spans: readonly TraceSpan[]): readonly WaterfallRow[] {
  const { startMs, lengthMs } = extentOf(spans);
  const rows = spans.flatMap((span, index): WaterfallRow[] => {
    const waitedMs = span.calls === 0 && span.peerElapsedMs !== null ? Math.min(span.peerElapsedMs, span.elapsedMs) : 0;
    const own: WaterfallRow = {
      key: `${index}`,
      depth: span.depth,
      name: span.service,
      route: span.route,
      callee: span.kind === 'client' ? (span.callee ?? span.peer) : null,
      ...placeOf(span.startUnixMs - startMs, span.elapsedMs, lengthMs),
      elapsedMs: span.elapsedMs,
      selfMs: Math.max(0, span.selfMs - waitedMs),
      isFailed: span.failed,
      isFromCaller: false,
      isDetached: span.isDetached,
      isGuessed: span.isGuessed,
      heldBy: span.isHeld ? span.host : null,
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
      callee: null,
      // When it was asked is not known: it is drawn at the end, where its answer let the caller go on.
      ...placeOf(span.startUnixMs - startMs + span.elapsedMs - waitedMs, waitedMs, lengthMs),
      elapsedMs: waitedMs,
      selfMs: waitedMs,
      isFailed: false,
      isFromCaller: true,
      isDetached: false,
      isGuessed: false,
    };
    return [own, waited];
  });
  const longestMs = rows.reduce((most, row) => Math.max(most, row.selfMs), 0);
  return rows.map((row) => ({ ...row, isLongest: row.selfMs === longestMs && longestMs > 0 }));
}

/** From the first start to the last end, by the clocks of all hosts; at least 1 ms. */
export function extentOf(spans: readonly TraceSpan[]): { readonly startMs: number; readonly lengthMs: number } {
  const startMs = spans.reduce((least, span) => Math.min(least, span.startUnixMs), Number.POSITIVE_INFINITY);
  const endMs = spans.reduce((most, span) => Math.max(most, span.endUnixMs), Number.NEGATIVE_INFINITY);
  return { startMs, lengthMs: Math.max(1, endMs - startMs) };
}

/** Within the picture, whatever the clocks of two hosts say. */
function placeOf(sinceStartMs: number, elapsedMs: number, lengthMs: number) {
  const start = Math.max(0, Math.min(1, sinceStartMs / lengthMs));
  return { start, share: Math.max(0, Math.min(1 - start, elapsedMs / lengthMs)) };
}
