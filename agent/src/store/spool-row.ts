import type { DeliveryClass, Tombstone } from '@airis/protocol';
import type { HeldBatch, LossReason } from './spool-item.ts';

/** A row of the spool's table, read. */
export interface BatchRow {
  readonly id: number;
  readonly fromSeq: number;
  readonly size: number;
  readonly rows: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: string;
  readonly schema: string;
  readonly reason: string | null;
  readonly payload: Uint8Array | null;
}

/** What a row costs beside its payload (columns, index entry, share of the page); a tombstone costs nothing else. */
export const ROW_OVERHEAD_BYTES = 160;

const CLASS_STRIDE = 2 ** 50;
export const classes: readonly DeliveryClass[] = ['event', 'data'];
export const classIndex = (name: DeliveryClass): number => (name === 'event' ? 0 : 1);

/** Order of ids is the order of delivery within a class; sequences stay far below 2^50. */
export const toId = (index: number, seq: number): number => index * CLASS_STRIDE + seq;
export const toSeq = (id: number): number => id % CLASS_STRIDE;
export const classOfId = (id: number): number => Math.floor(id / CLASS_STRIDE);

/** Rows come from our own STRICT table, so the types are the column types. */
export function batchRow(row: Record<string, unknown>): BatchRow {
  return {
    id: Number(row.id),
    fromSeq: Number(row.from_seq),
    size: Number(row.size),
    rows: Number(row.rows),
    fromMs: Number(row.from_ms),
    toMs: Number(row.to_ms),
    kind: String(row.kind),
    schema: String(row.schema),
    reason: typeof row.reason === 'string' ? row.reason : null,
    payload: row.payload instanceof Uint8Array ? row.payload : null,
  };
}

/** The row as it goes out; a tombstone's payload is made here. */
export function heldBatch(row: BatchRow): HeldBatch {
  const seq = toSeq(row.id);
  const place = { class: classes[classOfId(row.id)]!, seq, from: row.fromSeq, kind: row.kind, schema: row.schema };
  if (row.reason === null) {
    return { ...place, rows: row.rows, isTombstone: false, payload: row.payload ?? new Uint8Array(0) };
  }
  const tombstone: Tombstone = {
    from: row.fromSeq,
    to: seq,
    rows: row.rows,
    // Only reasons of the union are ever written.
    reason: row.reason as LossReason,
    fromUnixMs: row.fromMs,
    toUnixMs: row.toMs,
  };
  return { ...place, rows: row.rows, isTombstone: true, payload: Buffer.from(JSON.stringify(tombstone)) };
}
