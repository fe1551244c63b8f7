/** What the tree needs to know of one transaction. */
export interface TraceRow {
  readonly endUnixMs: number;
  readonly elapsedMs: number;
  readonly spanId: string;
  readonly parentSpanId: string;
}

export interface TraceNode<R extends TraceRow> {
  readonly row: R;
  /** 0 for a span whose caller is not among the rows. */
  readonly depth: number;
  /** Its time without what its own calls took, never below 0. */
  readonly selfMs: number;
}

/** The rows of one trace as a walk down its tree: a caller before what it called, siblings by start. Circles are cut. */
export function traceTree<R extends TraceRow>(rows: readonly R[]): readonly TraceNode<R>[] {
  const known = new Set(rows.map((row) => row.spanId).filter((id) => id !== ''));
  const isRoot = (row: R) => !known.has(row.parentSpanId) || row.parentSpanId === row.spanId;
  const children = Map.groupBy(
    rows.filter((row) => !isRoot(row)),
    (row) => row.parentSpanId,
  );
  const walk: TraceNode<R>[] = [];
  const seen = new Set<R>();
  const visit = (row: R, depth: number): void => {
    if (seen.has(row)) return;
    seen.add(row);
    const called = row.spanId === '' ? [] : (children.get(row.spanId) ?? []);
    const waitedMs = called.reduce((sum, child) => sum + child.elapsedMs, 0);
    walk.push({ row, depth, selfMs: Math.max(0, row.elapsedMs - waitedMs) });
    for (const child of called.toSorted(byStart)) visit(child, depth + 1);
  };
  for (const row of rows.filter(isRoot).sort(byStart)) visit(row, 0);
  // What is left lies on circles: each is entered where it begins earliest.
  for (const row of rows.toSorted(byStart)) visit(row, 0);
  return walk;
}

const startOf = ({ endUnixMs, elapsedMs }: TraceRow): number => endUnixMs - elapsedMs;
const byStart = (left: TraceRow, right: TraceRow): number => startOf(left) - startOf(right);
