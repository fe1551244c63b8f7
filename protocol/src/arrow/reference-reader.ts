import { tableFromIPC } from 'apache-arrow';
import type { Cell, Row } from './arbitrary-batch.ts';

/** For tests: a stream as another implementation of Arrow reads it. */
export function readWithReference(stream: Uint8Array): { readonly names: string[]; readonly rows: Row[] } {
  const table = tableFromIPC(stream);
  const columns = table.schema.fields.map((field, i) => {
    const isTime = String(field.type).startsWith('Timestamp');
    const vector = table.getChildAt(i);
    return (row: number) => plain(vector?.get(row), isTime);
  });
  return {
    names: table.schema.fields.map((field) => field.name),
    rows: Array.from({ length: table.numRows }, (_, row) => columns.map((cell) => cell(row))),
  };
}

function plain(value: unknown, isTime: boolean): Cell {
  if (isTime && typeof value === 'number') return BigInt(value);
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && Symbol.iterator in value) {
    return Array.from(value as Iterable<number>); // a vector of Float64
  }
  throw new Error(`the reference reads ${String(value)}`);
}
