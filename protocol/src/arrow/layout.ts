import assert from 'node:assert/strict';
import type { Column, ColumnData, ColumnType } from './column.ts';

/**
 * How a column lies in a record batch. Arrow orders buffers depth first, each array's validity bitmap before its data;
 * our columns have no nulls, so every bitmap is an empty buffer:
 *
 * - flat columns: bitmap, values
 * - `utf8`: bitmap, offsets, bytes
 * - `listFloat64`: bitmap, offsets; then the values as an array of their own: bitmap, values
 */
export const bufferCount = (type: ColumnType): number =>
  2 + (hasOffsets(type) ? 1 : 0) + (type === 'listFloat64' ? 1 : 0);

/** Field nodes a column takes in the metadata, one for each array. */
export const nodeCount = (type: ColumnType): number => (type === 'listFloat64' ? 2 : 1);

/** Whether a column has an offsets buffer before its values. */
export const hasOffsets = (type: ColumnType): boolean => type === 'utf8' || type === 'listFloat64';

/** Bytes a value takes in a flat column; in `utf8` and `listFloat64` one element of the values buffer. */
export const elementBytes: Readonly<Record<ColumnType, number>> = {
  uint8: 1,
  uint32: 4,
  uint64: 8,
  float64: 8,
  timestampMs: 8,
  utf8: 1,
  listFloat64: 8,
};

/** Every buffer starts at a multiple of 8 bytes. */
export const padded = (bytes: number): number => (bytes + 7) & ~7;

/**
 * The data buffers of the first `rows` rows, as bytes over the same memory. Arrays may be longer than needed, so that
 * builders can keep spare room. A column of another type or with too few values is a bug of the caller.
 */
export function dataBuffers(column: Column, data: ColumnData, rows: number): readonly Uint8Array[] {
  if ('offsets' in data) {
    assert(hasOffsets(column.type), `column ${column.name} is ${column.type}, not a list or text`);
    const values = 'bytes' in data ? data.bytes : data.values;
    assert('bytes' in data === (column.type === 'utf8'), `column ${column.name} is ${column.type}`);
    assert(
      data.offsets.length > rows,
      `column ${column.name} has offsets for ${data.offsets.length - 1} rows of ${rows}`,
    );
    const last = data.offsets[rows]!;
    assert(
      data.offsets[0] === 0 && last >= 0 && last <= values.length,
      `column ${column.name}: offsets leave the values`,
    );
    return [bytesOf(data.offsets, rows + 1), bytesOf(values, last)];
  }
  assert(
    data instanceof arrayOf[column.type],
    `column ${column.name} is ${column.type}, data is ${data.constructor.name}`,
  );
  assert(data.length >= rows, `column ${column.name} has ${data.length} values for ${rows} rows`);
  return [bytesOf(data, rows)];
}

const arrayOf = {
  uint8: Uint8Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float64: Float64Array,
  timestampMs: BigInt64Array,
  utf8: Uint8Array,
  listFloat64: Float64Array,
} as const;

function bytesOf(array: { buffer: ArrayBufferLike; byteOffset: number; BYTES_PER_ELEMENT: number }, length: number) {
  return new Uint8Array(array.buffer, array.byteOffset, length * array.BYTES_PER_ELEMENT);
}
