import assert from 'node:assert/strict';
import { constants, zstdCompressSync } from 'node:zlib';
import { MAX_BATCH_ROWS } from '../limits.ts';
import type { ColumnData, ListFloat64Data, Utf8Data } from './column.ts';
import { dataBuffers, padded } from './layout.ts';
import { endMark } from './metadata.ts';
import { RecordBatchWriter } from './record-batch-writer.ts';
import type { Signal } from './signal.ts';
import { schemaMessage } from './signal-schema.ts';

/**
 * An Arrow IPC stream of one record batch, uncompressed: schema, batch, end mark.
 *
 * @param columns - in the signal's order; arrays may be longer than `rows`, the rest is left out
 * @param rows - from 1 to MAX_BATCH_ROWS
 */
export function encodeBatch(signal: Signal, columns: readonly ColumnData[], rows: number): Uint8Array {
  assert(rows >= 1 && rows <= MAX_BATCH_ROWS, `a batch has 1 to ${MAX_BATCH_ROWS} rows, not ${rows}`);
  assert(columns.length === signal.columns.length, `${signal.name} has ${signal.columns.length} columns`);
  const buffers = signal.columns.flatMap((column, i) => dataBuffers(column, columns[i]!, rows));
  const bodyBytes = buffers.reduce((total, buffer) => total + padded(buffer.length), 0);
  const schema = schemaMessage(signal, false);
  const writer = RecordBatchWriter.of(signal.columns);
  const stream = new Uint8Array(schema.length + writer.metadataBytes + bodyBytes + endMark.length);

  stream.set(schema);
  const metadataAt = schema.length;
  const bodyAt = metadataAt + writer.metadataBytes;
  writer.begin(stream, metadataAt, rows, bodyBytes);
  let offset = 0;
  for (const buffer of buffers) {
    stream.set(buffer, bodyAt + offset);
    writer.buffer(offset, buffer.length);
    offset += padded(buffer.length);
  }
  stream.set(endMark, bodyAt + bodyBytes);
  return stream;
}

/** zstd at level 3; the frame says its content's size, which `openBatch` insists on. */
export function compressBatch(stream: Uint8Array): Uint8Array {
  return zstdCompressSync(stream, {
    params: { [constants.ZSTD_c_compressionLevel]: 3 },
    pledgedSrcSize: stream.length,
  });
}

/** A text column from strings, for small batches; hot paths keep their own buffers. */
export function utf8Column(texts: readonly string[]): Utf8Data {
  const parts = texts.map((text) => Buffer.from(text, 'utf8'));
  const offsets = new Int32Array(texts.length + 1);
  for (const [i, part] of parts.entries()) offsets[i + 1] = offsets[i]! + part.length;
  return { offsets, bytes: Buffer.concat(parts) };
}

/** A list column from arrays, for small batches. */
export function listColumn(lists: readonly (readonly number[])[]): ListFloat64Data {
  const offsets = new Int32Array(lists.length + 1);
  for (const [i, list] of lists.entries()) offsets[i + 1] = offsets[i]! + list.length;
  return { offsets, values: Float64Array.from(lists.flat()) };
}
