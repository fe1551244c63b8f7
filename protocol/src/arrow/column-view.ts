import assert from 'node:assert/strict';
import type { ColumnData, ColumnDataByType, ColumnType } from './column.ts';
import { hasOffsets } from './layout.ts';
import type { Regions } from './regions.ts';
import type { Signal } from './signal.ts';

/** A record batch's body whose regions were checked. `body` starts at a multiple of 8 in memory. */
export interface Body {
  readonly signal: Signal;
  readonly rows: number;
  readonly body: Uint8Array;
  readonly regions: Regions;
}

/** A column of a body whose regions were checked, as views. */
export function columnView<T extends ColumnType>(from: Body, name: string, type?: T): ColumnDataByType[T] {
  let region = 0;
  for (const column of from.signal.columns) {
    if (column.name === name) {
      assert(type === undefined || type === column.type, `column ${name} is ${column.type}, not ${type}`);
      // `T` is the column's own type, just asserted, or the union of all.
      return viewAt(from, column.type, region) as ColumnDataByType[T];
    }
    region += hasOffsets(column.type) ? 4 : 2;
  }
  throw new assert.AssertionError({ message: `${from.signal.name} has no column ${name}` });
}

function viewAt({ body, regions }: Body, type: ColumnType, region: number): ColumnData {
  const at = body.byteOffset + regions[region]!;
  const length = regions[region + 1]!;
  switch (type) {
    case 'uint8':
      return new Uint8Array(body.buffer, at, length);
    case 'uint32':
      return new Uint32Array(body.buffer, at, length / 4);
    case 'uint64':
      return new BigUint64Array(body.buffer, at, length / 8);
    case 'float64':
      return new Float64Array(body.buffer, at, length / 8);
    case 'timestampMs':
      return new BigInt64Array(body.buffer, at, length / 8);
    case 'utf8':
    case 'listFloat64': {
      const offsets = new Int32Array(body.buffer, at, length / 4);
      const valuesAt = body.byteOffset + regions[region + 2]!;
      const valueBytes = regions[region + 3]!;
      return type === 'utf8'
        ? { offsets, bytes: new Uint8Array(body.buffer, valuesAt, valueBytes) }
        : { offsets, values: new Float64Array(body.buffer, valuesAt, valueBytes / 8) };
    }
  }
}
