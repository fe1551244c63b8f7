import fc from 'fast-check';
import type { Column, ColumnData } from './column.ts';
import { textAt } from './column.ts';
import { listColumn, utf8Column } from './encode.ts';
import type { OpenBatch } from './open.ts';
import type { Signal } from './signal.ts';

/** For tests: batches as plain rows, drawn at random within every bound, and their way into and out of columns. */
export type Cell = bigint | number | string | readonly number[];
export type Row = readonly Cell[];

/** One to `most` rows of a signal, around `nowMs`. */
export function arbitraryRows(signal: Signal, nowMs: number, most = 12): fc.Arbitrary<Row[]> {
  return fc.array(arbitraryRow(signal, nowMs), { minLength: 1, maxLength: most });
}

export function columnsOf(signal: Signal, rows: readonly Row[]): ColumnData[] {
  return signal.columns.map((column, i) =>
    columnOf(
      column,
      rows.map((row) => row[i]!),
    ),
  );
}

export function rowsOf(batch: OpenBatch): Row[] {
  const columns = batch.signal.columns.map(({ name }) => batch.column(name));
  return Array.from({ length: batch.rows }, (_, row) => columns.map((column) => cellAt(column, row)));
}

function arbitraryRow(signal: Signal, nowMs: number): fc.Arbitrary<Row> {
  return fc
    .integer({ min: 1, max: 5 })
    .chain((listLength) =>
      fc.tuple(...signal.columns.map((column) => arbitraryCell(signal, column, nowMs, listLength))),
    );
}

function arbitraryCell(
  { lists }: Signal,
  { name, type }: Column,
  nowMs: number,
  listLength: number,
): fc.Arbitrary<Cell> {
  switch (type) {
    case 'uint8':
      return fc.integer({ min: 0, max: 255 });
    case 'uint32':
      return fc.integer({ min: 1, max: 60_000 });
    case 'uint64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case 'float64':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'timestampMs':
      return fc.integer({ min: -86_400_000, max: 0 }).map((ago) => BigInt(nowMs + ago));
    case 'utf8':
      return fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 12 }),
        fc.constantFrom('', '디스크 사용률', '\u0000', '🖥️'),
      );
    case 'listFloat64': {
      const list = (length: number) =>
        fc.array(fc.double({ noDefaultInfinity: true }), { minLength: length, maxLength: length });
      if (lists === null || name === lists.base) return list(listLength);
      return lists.mayBeEmpty ? fc.oneof(list(0), list(listLength)) : list(listLength + lists.extra);
    }
  }
}

/** Cells come from `arbitraryCell` for the same column, which is what each cast relies on. */
function columnOf({ type }: Column, cells: readonly Cell[]): ColumnData {
  switch (type) {
    case 'uint8':
      return Uint8Array.from(cells as number[]);
    case 'uint32':
      return Uint32Array.from(cells as number[]);
    case 'uint64':
      return BigUint64Array.from(cells as bigint[]);
    case 'float64':
      return Float64Array.from(cells as number[]);
    case 'timestampMs':
      return BigInt64Array.from(cells as bigint[]);
    case 'utf8':
      return utf8Column(cells as string[]);
    case 'listFloat64':
      return listColumn(cells as (readonly number[])[]);
  }
}

function cellAt(data: ColumnData, row: number): Cell {
  if (!('offsets' in data)) return data[row]!;
  return 'bytes' in data
    ? textAt(data, row)
    : Array.from(data.values.subarray(data.offsets[row], data.offsets[row + 1]));
}
