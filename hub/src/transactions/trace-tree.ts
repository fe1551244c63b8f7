/** What the tree needs to know of one line of a trace. */
export interface TraceRow {
  readonly endUnixMs: number;
  readonly elapsedMs: number;
  /** Empty where what told of it gives no ids. */
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly service: string;
  /** Address that it waited for, and who answers there, as far as they are known. */
  readonly peer: string | null;
  readonly callee: string | null;
}

export interface TraceNode<R extends TraceRow> {
  readonly row: R;
  readonly depth: number;
  /** Its time without that in which its own calls ran, never below 0. */
  readonly selfMs: number;
  /** Calls of it that are among the rows. */
  readonly calls: number;
  /** Its caller is not among the rows: it hangs under the longest of those that begin the trace. */
  readonly isDetached: boolean;
  /** Its caller was found by time alone. */
  readonly isGuessed: boolean;
}

/** Logs tell elapsed times in whole ms. */
const LOGGED_AS_MS = 1;
/** Some tell ends in whole seconds. */
const LOGGED_TO_MS = 1_000;

interface Links<R> {
  readonly callerOf: ReadonlyMap<R, R>;
  readonly guessed: ReadonlySet<R>;
  /** What the rest hangs under that names a caller nobody has seen. */
  readonly anchor: R | null;
}

/**
 * The rows of one trace as a walk down its tree: a caller before what it called, siblings by start. Circles are cut.
 *
 * A caller is known by its id. A proxy that hands on the context it was given is no caller by id: whoever it asked names the
 * proxy's own caller. There the row that waited for that service hangs above it; where nobody knows who answers at that
 * address, one that took longer and ended at about the same time. Of several it is the one that ended nearest.
 */
export function traceTree<R extends TraceRow>(rows: readonly R[]): readonly TraceNode<R>[] {
  const { callerOf, guessed, anchor } = linksOf(rows);
  const calls = Map.groupBy(callerOf.keys(), (row) => callerOf.get(row)!);
  const isDetached = (row: R) => anchor !== null && row !== anchor && !callerOf.has(row) && row.parentSpanId !== '';
  const detached = rows.filter(isDetached);
  const walk: TraceNode<R>[] = [];
  const seen = new Set<R>();
  const waiting: { readonly row: R; readonly depth: number }[] = [];
  const visitFrom = (first: R): void => {
    waiting.push({ row: first, depth: 0 });
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { row, depth } = next;
      if (seen.has(row)) continue;
      seen.add(row);
      const own = calls.get(row) ?? [];
      const selfMs = Math.max(0, row.elapsedMs - coveredMs(own));
      const how = { isDetached: isDetached(row), isGuessed: guessed.has(row) };
      walk.push({ row, depth, selfMs, calls: own.length, ...how });
      const below = row === anchor ? [...own, ...detached] : own;
      // What is pushed last is taken first.
      for (const child of below.toSorted(byStart).reverse()) waiting.push({ row: child, depth: depth + 1 });
    }
  };
  const begins = (row: R) => !callerOf.has(row) && !isDetached(row);
  for (const row of rows.filter(begins).sort(byStart)) visitFrom(row);
  // What is left lies on circles: each is entered where it begins earliest.
  for (const row of rows.toSorted(byStart)) visitFrom(row);
  return walk;
}

function linksOf<R extends TraceRow>(rows: readonly R[]): Links<R> {
  const byId = new Map<string, R>();
  for (const row of rows) if (row.spanId !== '' && !byId.has(row.spanId)) byId.set(row.spanId, row);
  const named = (row: R): R | null => {
    const caller = byId.get(row.parentSpanId) ?? null;
    return caller === row ? null : caller;
  };
  const handedOn = contextsHandedOn(rows, named);
  const callsOf = Map.groupBy(
    rows.filter((row) => row.peer !== null && named(row)?.service === row.service),
    named,
  );
  /** Programs that log requests hand on the id of the request: it is the call to this service that the row hangs under. */
  const callOf = (row: R, caller: R): R => {
    const isAbove = (call: R) => call.callee === row.service && call.elapsedMs + LOGGED_AS_MS >= row.elapsedMs;
    return nearest(row, callsOf.get(caller)?.filter(isAbove) ?? []) ?? caller;
  };
  const services = new Set(rows.map(({ service }) => service));
  const callerOf = new Map<R, R>();
  const guessed = new Set<R>();
  for (const row of rows) {
    const known = named(row);
    const proxy = known === null ? proxyOf(row, handedOn.get(row.parentSpanId) ?? [], services) : null;
    if (known !== null) callerOf.set(row, known.service === row.service ? known : callOf(row, known));
    else if (proxy !== null) callerOf.set(row, proxy);
    if (proxy !== null && proxy.callee !== row.service) guessed.add(row);
  }
  const tops = rows.filter((row) => !callerOf.has(row));
  const roots = tops.filter((row) => row.parentSpanId === '');
  return { callerOf, guessed, anchor: longest(roots.length > 0 ? roots : tops) };
}

/** Rows that waited for something, by the context of their request; of a request's rows the innermost. */
function contextsHandedOn<R extends TraceRow>(
  rows: readonly R[],
  named: (row: R) => R | null,
): ReadonlyMap<string, readonly R[]> {
  const waited = rows.filter(({ peer }) => peer !== null);
  const ownRequest = (row: R): R | null => {
    const caller = named(row);
    return caller?.service === row.service ? caller : null;
  };
  const hasInner = new Set(waited.map(ownRequest));
  return Map.groupBy(
    waited.filter((row) => !hasInner.has(row)),
    (row) => (ownRequest(row) ?? row).parentSpanId,
  );
}

function proxyOf<R extends TraceRow>(row: R, waited: readonly R[], services: ReadonlySet<string>): R | null {
  if (row.parentSpanId === '') return null;
  const others = waited.filter(({ service }) => service !== row.service);
  const sure = others.filter(({ callee }) => callee === row.service);
  if (sure.length > 0) return nearest(row, sure);
  const isUnknown = ({ callee }: R) => callee === null || !services.has(callee);
  const mayHaveAsked = (other: R) => other.elapsedMs > row.elapsedMs && awayMs(row, other) <= LOGGED_TO_MS;
  return nearest(
    row,
    others.filter((other) => isUnknown(other) && mayHaveAsked(other)),
  );
}

const awayMs = (row: TraceRow, other: TraceRow): number => Math.abs(other.endUnixMs - row.endUnixMs);

const nearest = <R extends TraceRow>(row: R, candidates: readonly R[]): R | null =>
  candidates.reduce<R | null>(
    (best, other) => (best === null || awayMs(row, other) < awayMs(row, best) ? other : best),
    null,
  );

const longest = <R extends TraceRow>(rows: readonly R[]): R | null =>
  rows.reduce<R | null>((best, row) => (best === null || row.elapsedMs > best.elapsedMs ? row : best), null);

/** Time in which at least one of them ran: calls that ran side by side count once. */
function coveredMs(rows: readonly TraceRow[]): number {
  let covered = 0;
  let untilMs = Number.NEGATIVE_INFINITY;
  for (const row of rows.toSorted(byStart)) {
    covered += Math.max(0, row.endUnixMs - Math.max(startOf(row), untilMs));
    untilMs = Math.max(untilMs, row.endUnixMs);
  }
  return covered;
}

const startOf = ({ endUnixMs, elapsedMs }: TraceRow): number => endUnixMs - elapsedMs;
const byStart = (left: TraceRow, right: TraceRow): number => startOf(left) - startOf(right);
