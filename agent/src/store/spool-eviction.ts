import type { SpoolStatements } from './spool-file.ts';
import type { LossReason } from './spool-item.ts';
import { type BatchRow, batchRow, classOfId, ROW_OVERHEAD_BYTES, toId, toSeq } from './spool-row.ts';

export interface Evicted {
  readonly bytes: number;
  readonly rows: number;
  /** Rows of the table that merging removed. */
  readonly merged: number;
}

/**
 * Turns the least important, oldest batches into tombstones until `bytes` are free. Neighbouring tombstones of one
 * reason become one range; what may already have been published stays a range of its own, so that a range's message id
 * is never one that the broker knows.
 *
 * @param publishedUpTo - by class, highest sequence that may have been handed to the link
 */
export function evict(
  statements: SpoolStatements,
  bytes: number,
  reason: LossReason,
  publishedUpTo: readonly number[],
): Evicted {
  let freed = 0;
  let rows = 0;
  let merged = 0;
  while (freed < bytes) {
    const candidates = statements.evictable.all();
    if (candidates.length === 0) break;
    for (const candidate of candidates) {
      if (freed >= bytes) break;
      const result = bury(statements, Number(candidate.id), reason, publishedUpTo);
      freed += result.bytes;
      rows += result.rows;
      merged += result.merged;
    }
  }
  return { bytes: freed, rows, merged };
}

/** Replaces one batch by a tombstone, merged with the tombstones beside it where that is safe. */
export function bury(
  statements: SpoolStatements,
  id: number,
  reason: LossReason,
  publishedUpTo: readonly number[],
): Evicted {
  const found = statements.get.get(id);
  if (found === undefined) return { bytes: 0, rows: 0, merged: 0 };
  const row = batchRow(found);
  const base = publishedUpTo[classOfId(id)] ?? 0;
  const mergeable = (other: BatchRow | null): other is BatchRow =>
    other !== null && other.reason === reason && other.fromSeq > base && row.fromSeq > base;

  let freed = row.size;
  let merged = 0;
  let grave = { ...row, reason };
  const before = row.fromSeq > 1 ? rowAt(statements, toId(classOfId(id), row.fromSeq - 1)) : null;
  if (mergeable(before)) {
    statements.deleteOne.run(before.id);
    freed += before.size;
    merged++;
    grave = joined(before, grave);
  }
  const after = nextRow(statements, id);
  if (mergeable(after) && after.fromSeq === toSeq(id) + 1) {
    statements.deleteOne.run(id);
    freed += after.size;
    merged++;
    grave = joined(grave, { ...after, reason });
  }
  statements.bury.run(reason, ROW_OVERHEAD_BYTES, grave.fromSeq, grave.rows, grave.fromMs, grave.toMs, grave.id);
  return { bytes: freed - ROW_OVERHEAD_BYTES, rows: row.rows, merged };
}

/** The later row's place, covering both. */
function joined<T extends BatchRow>(earlier: BatchRow, later: T): T {
  return {
    ...later,
    fromSeq: earlier.fromSeq,
    rows: earlier.rows + later.rows,
    fromMs: Math.min(earlier.fromMs, later.fromMs),
    toMs: Math.max(earlier.toMs, later.toMs),
  };
}

function rowAt(statements: SpoolStatements, id: number): BatchRow | null {
  const found = statements.get.get(id);
  return found === undefined ? null : batchRow(found);
}

function nextRow(statements: SpoolStatements, id: number): BatchRow | null {
  const found = statements.after.get(id);
  return found === undefined || classOfId(Number(found.id)) !== classOfId(id) ? null : batchRow(found);
}
