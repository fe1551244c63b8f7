import { MAX_BATCH_ROWS } from '../limits.ts';
import { ok, type Result, refused } from '../result.ts';
import type { ColumnDataByType, ColumnType } from './column.ts';
import { columnView } from './column-view.ts';
import { decompressBatch } from './decompress.ts';
import { CONTINUATION, endMark, PREFIX_BYTES } from './metadata.ts';
import { MetadataReader } from './metadata-reader.ts';
import { locateRecordBatch } from './record-batch.ts';
import { type BodyRefusal, type Regions, readRegions } from './regions.ts';
import type { Signal } from './signal.ts';
import { schemaMessage } from './signal-schema.ts';
import { checkTimes, checkValues, type ValueRefusal } from './values.ts';

/** Why a batch goes to quarantine; counted under these names. */
export type BatchRefusal =
  | 'too-large'
  | 'bomb'
  | 'not-zstd'
  | 'wrong-schema'
  | 'empty'
  | 'too-many-rows'
  | BodyRefusal
  | ValueRefusal;

/** A batch whose every byte has been checked. Columns are views into `body`; nothing is decoded into objects. */
export interface OpenBatch {
  readonly signal: Signal;
  readonly rows: number;
  /** The record batch's body, starting at a multiple of 8 in memory. */
  readonly body: Uint8Array;
  /** Where each data buffer lies in `body`. */
  readonly regions: Regions;
  /** Earliest and latest instant of a row, Unix ms; both 0 for a timeless signal. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** A column's values, zero copy. Naming the type gives the exact view; a wrong name or type is a bug and throws. */
  column<T extends ColumnType>(name: string, type?: T): ColumnDataByType[T];
}

/**
 * Reads a batch that may come from anywhere. Never throws and never reads outside of it: what does not fit is a reason.
 *
 * @param compressed - the message's payload
 * @param nowMs - the hub's clock, Unix ms
 */
export function openBatch(signal: Signal, compressed: Uint8Array, nowMs: number): Result<OpenBatch, BatchRefusal> {
  const stream = decompressBatch(compressed);
  return stream.ok ? openStream(signal, stream.value, nowMs) : stream;
}

/** The same for a stream that is not compressed. */
export function openStream(signal: Signal, stream: Uint8Array, nowMs: number): Result<OpenBatch, BatchRefusal> {
  const schema = schemaMessage(signal, false);
  if (stream.length < schema.length || Buffer.compare(stream.subarray(0, schema.length), schema) !== 0) {
    return refused('wrong-schema', `stream does not begin with the schema of ${signal.name}/${signal.version}`);
  }
  const message = readMessage(stream, schema.length);
  if (!message.ok) return message;
  const { metadata, body } = message.value;
  const fields = locateRecordBatch(metadata);
  if (!fields.ok) return fields;
  const reader = new MetadataReader(metadata);
  const rows = reader.count(fields.value.rowsAt);
  if (reader.broken) return refused('malformed', 'row count is no count');
  if (rows === 0) return refused('empty', 'no rows');
  if (rows > MAX_BATCH_ROWS) return refused('too-many-rows', `${rows} rows, limit ${MAX_BATCH_ROWS}`);
  const regions = readRegions(signal.columns, reader, fields.value, rows, body);
  if (!regions.ok) return regions;
  const batch = { signal, rows, body, regions: regions.value };
  const valuesRefused = checkValues(batch);
  if (valuesRefused !== null) return valuesRefused;
  const times = checkTimes(batch, nowMs);
  if (!times.ok) return times;
  const { minTimeMs, maxTimeMs } = times.value;
  return ok({ ...batch, minTimeMs, maxTimeMs, column: (name, type) => columnView(batch, name, type) });
}

/** The one message that must lie between the schema and the end mark. */
function readMessage(stream: Uint8Array, at: number): Result<{ metadata: Uint8Array; body: Uint8Array }, 'malformed'> {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  if (stream.length < at + PREFIX_BYTES + endMark.length) return refused('malformed', 'stream ends after its schema');
  if (view.getUint32(at, true) !== CONTINUATION) return refused('malformed', 'no message after the schema');
  const metadataBytes = view.getUint32(at + 4, true);
  const bodyAt = at + PREFIX_BYTES + metadataBytes;
  const endAt = stream.length - endMark.length;
  if (metadataBytes % 8 !== 0 || bodyAt > endAt) return refused('malformed', `metadata of ${metadataBytes} bytes`);
  if (view.getUint32(endAt, true) !== CONTINUATION || view.getUint32(endAt + 4, true) !== 0) {
    return refused('malformed', 'no end mark');
  }
  const metadata = stream.subarray(at + PREFIX_BYTES, bodyAt);
  return ok({ metadata, body: aligned(stream.subarray(bodyAt, endAt)) });
}

/** Typed arrays need their first byte at a multiple of 8; a decompressed stream has it there, other memory may not. */
const aligned = (bytes: Uint8Array): Uint8Array => (bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes));
