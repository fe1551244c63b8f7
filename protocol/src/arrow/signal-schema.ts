import type { Column } from './column.ts';
import { encodeSchema } from './metadata.ts';
import { hubColumns, type Signal } from './signal.ts';

const stored = new WeakMap<Signal, readonly Column[]>();
const plain = new WeakMap<Signal, Uint8Array>();
const joined = new WeakMap<Signal, Uint8Array>();

/** Columns as stored: the signal's, then those the hub adds. The same array for the same signal. */
export function storedColumns(signal: Signal): readonly Column[] {
  let columns = stored.get(signal);
  if (columns === undefined) {
    columns = [...signal.columns, ...hubColumns];
    stored.set(signal, columns);
  }
  return columns;
}

/** The framed schema message that begins a stream of this signal: constant bytes, which the hub compares. Do not write to it. */
export function schemaMessage(signal: Signal, withHubColumns: boolean): Uint8Array {
  const known = withHubColumns ? joined : plain;
  let bytes = known.get(signal);
  if (bytes === undefined) {
    bytes = encodeSchema(withHubColumns ? storedColumns(signal) : signal.columns);
    known.set(signal, bytes);
  }
  return bytes;
}
