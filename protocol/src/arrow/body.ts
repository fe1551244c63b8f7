import assert from 'node:assert/strict';
import { ok, type Result, refused } from '../result.ts';
import type { Column, ColumnData, ColumnDataByType, ColumnType } from './column.ts';
import { bufferRoles, elementBytes, hasOffsets } from './layout.ts';
import type { MetadataReader } from './metadata-reader.ts';
import { type RecordBatchFields, STRUCT_BYTES } from './record-batch.ts';
import type { Signal } from './signal.ts';

export type BodyRefusal = 'malformed' | 'null-value';

/** Start and length in bytes of each data buffer, in Arrow's order: `[start0, length0, start1, …]`. Starts are multiples of 8. */
export type Regions = readonly number[];

export interface Body {
  readonly signal: Signal;
  readonly rows: number;
  readonly body: Uint8Array;
  readonly regions: Regions;
}

/** Writers pad buffers to 8 or 64 bytes; a gap or a tail beyond that hides something. */
const MAX_PADDING = 63;

/**
 * Where the data buffers lie, after checking that they lie inside the body, one after the other, each as long as the
 * rows need, that offsets start at 0 and never fall, and that nothing is null.
 */
export function readRegions(
  columns: readonly Column[],
  metadata: MetadataReader,
  fields: RecordBatchFields,
  rows: number,
  body: Uint8Array,
): Result<Regions, BodyRefusal> {
  if (metadata.count(fields.bodyLengthAt) !== body.length) return malformed('body length differs from the stream');
  const regions: number[] = [];
  let node = fields.nodesAt;
  let buffer = fields.buffersAt;
  const nodesEnd = node + fields.nodes * STRUCT_BYTES;
  const buffersEnd = buffer + fields.buffers * STRUCT_BYTES;
  let end = 0;
  for (const { name, type } of columns) {
    let elements = rows;
    let isValues = !hasOffsets(type);
    for (const role of bufferRoles[type]) {
      if (buffer >= buffersEnd) return malformed('fewer buffers than columns need');
      const start = metadata.count(buffer);
      const length = metadata.count(buffer + 8);
      buffer += STRUCT_BYTES;
      if (role === 'validity') {
        if (length !== 0) return refused('null-value', `column ${name} has a validity bitmap`);
        if (node >= nodesEnd) return malformed('fewer nodes than columns need');
        if (metadata.count(node) !== elements) return malformed(`column ${name}: node length`);
        if (metadata.count(node + 8) !== 0) return refused('null-value', `column ${name} counts nulls`);
        node += STRUCT_BYTES;
        continue;
      }
      const need = isValues ? elements * elementBytes[type] : 4 * (rows + 1);
      if (start % 8 !== 0 || start < end || start > end + MAX_PADDING) return malformed(`column ${name}: buffer start`);
      if (length < need || length > need + MAX_PADDING) return malformed(`column ${name}: buffer length`);
      end = start + length;
      if (end > body.length) return malformed(`column ${name}: buffer leaves the body`);
      regions.push(start, need);
      if (!isValues) {
        const offsets = new Int32Array(body.buffer, body.byteOffset + start, rows + 1);
        if (!areOffsets(offsets)) return malformed(`column ${name}: offsets fall`);
        elements = offsets[rows]!;
        isValues = true;
      }
    }
  }
  if (metadata.broken) return malformed('a length is no count');
  if (node !== nodesEnd || buffer !== buffersEnd) return malformed('more nodes or buffers than columns need');
  if (body.length > end + MAX_PADDING || body.length % 8 !== 0) return malformed('body goes on after its last buffer');
  return ok(regions);
}

function areOffsets(offsets: Int32Array): boolean {
  if (offsets[0] !== 0) return false;
  for (let i = 1; i < offsets.length; i++) if (offsets[i]! < offsets[i - 1]!) return false;
  return true;
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

const malformed = (detail: string) => refused('malformed', detail);
