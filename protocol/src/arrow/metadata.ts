import { Builder, type Offset } from 'flatbuffers';
import type { Column } from './column.ts';
import { bufferCount, nodeCount, padded } from './layout.ts';
import { locateRecordBatch, type RecordBatchFields } from './record-batch.ts';

// Numbers of Arrow's Message.fbs and Schema.fbs, format version 1.0 and later.
const METADATA_V5 = 4;
const HEADER_SCHEMA = 1;
const HEADER_RECORD_BATCH = 3;
const TYPE = { int: 2, floatingPoint: 3, utf8: 5, timestamp: 10, list: 12 } as const;
const PRECISION_DOUBLE = 2;
const UNIT_MILLISECOND = 1;

/** Stands before every message: a mark, then the metadata's length as 32-bit little endian. */
export const PREFIX_BYTES = 8;
export const CONTINUATION = 0xffffffff;
/** A message without metadata ends the stream. */
export const endMark: Readonly<Uint8Array> = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);

/** The framed schema message for these columns, always the same bytes. */
export function encodeSchema(columns: readonly Column[]): Uint8Array {
  const builder = new Builder(2048);
  const fields = offsetVector(
    builder,
    columns.map((column) => field(builder, column.name, column.type)),
  );
  builder.startObject(4);
  builder.addFieldOffset(1, fields, 0);
  return frame(message(builder, HEADER_SCHEMA, builder.endObject()));
}

/** Framed metadata of a record batch with zeros to be patched, and where they lie from its first byte. */
export interface RecordBatchTemplate {
  readonly bytes: Uint8Array;
  readonly fields: RecordBatchFields;
}

/** The shape of the metadata depends on the columns only, so it is built once and its numbers patched for each batch. */
export function recordBatchTemplate(columns: readonly Column[]): RecordBatchTemplate {
  const builder = new Builder(1024);
  builder.forceDefaults(true);
  const nodes = zeroStructs(builder, sum(columns.map((column) => nodeCount(column.type))));
  const buffers = zeroStructs(builder, sum(columns.map((column) => bufferCount(column.type))));
  builder.startObject(5);
  builder.addFieldInt64(0, 0n, 0n);
  builder.addFieldOffset(1, nodes, 0);
  builder.addFieldOffset(2, buffers, 0);
  const bytes = frame(message(builder, HEADER_RECORD_BATCH, builder.endObject()));
  const located = locateRecordBatch(bytes.subarray(PREFIX_BYTES));
  if (!located.ok) throw new Error(`own metadata is unreadable: ${located.detail}`);
  return { bytes, fields: located.value };
}

function field(builder: Builder, name: string, type: Column['type'] | 'item'): Offset {
  const children = offsetVector(builder, type === 'listFloat64' ? [field(builder, 'item', 'item')] : []);
  const nameAt = builder.createString(name);
  const [tag, typeAt] = typeTable(builder, type);
  builder.startObject(7);
  builder.addFieldOffset(0, nameAt, 0);
  builder.addFieldInt8(2, tag, 0);
  builder.addFieldOffset(3, typeAt, 0);
  builder.addFieldOffset(5, children, 0);
  return builder.endObject();
}

function typeTable(builder: Builder, type: Column['type'] | 'item'): readonly [tag: number, at: Offset] {
  switch (type) {
    case 'uint8':
      return [TYPE.int, unsignedType(builder, 8)];
    case 'uint32':
      return [TYPE.int, unsignedType(builder, 32)];
    case 'uint64':
      return [TYPE.int, unsignedType(builder, 64)];
    case 'float64':
    case 'item':
      builder.startObject(1);
      builder.addFieldInt16(0, PRECISION_DOUBLE, 0);
      return [TYPE.floatingPoint, builder.endObject()];
    case 'timestampMs': {
      const zone = builder.createString('UTC');
      builder.startObject(2);
      builder.addFieldInt16(0, UNIT_MILLISECOND, 0);
      builder.addFieldOffset(1, zone, 0);
      return [TYPE.timestamp, builder.endObject()];
    }
    case 'utf8':
      builder.startObject(0);
      return [TYPE.utf8, builder.endObject()];
    case 'listFloat64':
      builder.startObject(0);
      return [TYPE.list, builder.endObject()];
  }
}

function unsignedType(builder: Builder, bits: number): Offset {
  builder.startObject(2);
  builder.addFieldInt32(0, bits, 0);
  return builder.endObject();
}

function message(builder: Builder, headerType: number, header: Offset): Uint8Array {
  builder.startObject(5);
  builder.addFieldInt64(3, 0n, 0n);
  builder.addFieldOffset(2, header, 0);
  builder.addFieldInt16(0, METADATA_V5, 0);
  builder.addFieldInt8(1, headerType, 0);
  builder.finish(builder.endObject());
  return builder.asUint8Array();
}

function frame(metadata: Uint8Array): Uint8Array {
  const framed = new Uint8Array(PREFIX_BYTES + padded(metadata.length));
  const view = new DataView(framed.buffer);
  view.setUint32(0, CONTINUATION, true);
  view.setInt32(4, padded(metadata.length), true);
  framed.set(metadata, PREFIX_BYTES);
  return framed;
}

function offsetVector(builder: Builder, offsets: readonly Offset[]): Offset {
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}

/** FieldNode and Buffer are both two 64-bit numbers. */
function zeroStructs(builder: Builder, count: number): Offset {
  builder.startVector(16, count, 8);
  for (let i = 0; i < 2 * count; i++) builder.addInt64(0n);
  return builder.endVector();
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
