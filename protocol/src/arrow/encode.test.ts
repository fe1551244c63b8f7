import { RecordBatchStreamWriter, tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryRows, columnsOf, type Row, rowsOf } from './arbitrary-batch.ts';
import { compressBatch, encodeBatch, listColumn } from './encode.ts';
import { openBatch, openStream } from './open.ts';
import { readWithReference } from './reference-reader.ts';
import { type Signal, signals } from './signal.ts';
import { schemaMessage } from './signal-schema.ts';

const nowMs = 1_795_300_000_000;

describe.each(Object.values(signals))('$name', (signal) => {
  it('comes back as it was sent', () => {
    fc.assert(
      fc.property(arbitraryRows(signal, nowMs), (rows) => {
        const opened = openBatch(signal, compressBatch(encode(signal, rows)), nowMs);
        if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
        expect(rowsOf(opened.value)).toEqual(rows);
      }),
    );
  });

  it('reads the same with another implementation', () => {
    fc.assert(
      fc.property(arbitraryRows(signal, nowMs), (rows) => {
        const read = readWithReference(encode(signal, rows));
        expect(read.names).toEqual(signal.columns.map((column) => column.name));
        expect(read.rows).toEqual(rows);
      }),
    );
  });

  it('opens record batches that another implementation wrote', () => {
    fc.assert(
      fc.property(arbitraryRows(signal, nowMs), (rows) => {
        const opened = openStream(signal, rewriteWithReference(signal, encode(signal, rows)), nowMs);
        if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
        expect(rowsOf(opened.value)).toEqual(rows);
      }),
    );
  });
});

it('leaves out what lies beyond the rows', () => {
  const room = listColumn([[1], [2], [3, 4]]);
  const columns = [
    BigUint64Array.of(1n, 2n, 3n),
    new BigInt64Array(3).fill(BigInt(nowMs)),
    new Uint32Array(3).fill(10),
    room,
    room,
    room,
  ];
  const opened = openStream(signals.block, encodeBatch(signals.block, columns, 2), nowMs);
  expect(opened.ok && rowsOf(opened.value).map((row) => row[3])).toEqual([[1], [2]]);
});

it.each([
  { name: 'no rows', rows: 0, columns: columnsOf(signals.point, [[1n, 1n, 1]]) },
  { name: 'too few values', rows: 2, columns: columnsOf(signals.point, [[1n, 1n, 1]]) },
  { name: 'a column missing', rows: 1, columns: columnsOf(signals.point, [[1n, 1n, 1]]).slice(1) },
  { name: 'a column of another type', rows: 1, columns: [1, 2, 3].map(() => Float64Array.of(1)) },
])('takes $name for a bug', ({ rows, columns }) => {
  expect(() => encodeBatch(signals.point, columns, rows)).toThrow();
});

const encode = (signal: Signal, rows: readonly Row[]) => encodeBatch(signal, columnsOf(signal, rows), rows.length);

/** Our schema message, then the batch and end mark as the reference writes them. */
function rewriteWithReference(signal: Signal, stream: Uint8Array): Uint8Array {
  const written = RecordBatchStreamWriter.writeAll(tableFromIPC(stream)).toUint8Array(true);
  const schemaBytes = 8 + new DataView(written.buffer, written.byteOffset).getInt32(4, true);
  return Buffer.concat([schemaMessage(signal, false), written.subarray(schemaBytes)]);
}
