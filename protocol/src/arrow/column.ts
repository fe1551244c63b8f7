/** Column types of the wire, each a plain (non-dictionary, non-null) Arrow column. */
export type ColumnType = 'uint8' | 'uint32' | 'uint64' | 'float64' | 'timestampMs' | 'utf8' | 'listFloat64';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** `offsets` has rows + 1 entries, the first 0, never falling; `bytes` is UTF-8. */
export interface Utf8Data {
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

/** `offsets` has rows + 1 entries, the first 0, never falling. */
export interface ListFloat64Data {
  readonly offsets: Int32Array;
  readonly values: Float64Array;
}

/** What holds a column's values, by type: `timestampMs` is Unix ms as signed 64-bit. */
export interface ColumnDataByType {
  readonly uint8: Uint8Array;
  readonly uint32: Uint32Array;
  readonly uint64: BigUint64Array;
  readonly float64: Float64Array;
  readonly timestampMs: BigInt64Array;
  readonly utf8: Utf8Data;
  readonly listFloat64: ListFloat64Data;
}
export type ColumnData = ColumnDataByType[ColumnType];

/** The text in one row of a column. */
export function textAt({ offsets, bytes }: Utf8Data, row: number): string {
  const start = offsets[row]!;
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, offsets[row + 1]! - start).toString('utf8');
}
