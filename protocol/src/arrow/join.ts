import assert from 'node:assert/strict';
import { padded } from './layout.ts';
import { endMark } from './metadata.ts';
import type { OpenBatch } from './open.ts';
import { RecordBatchWriter } from './record-batch-writer.ts';
import type { Signal } from './signal.ts';
import { schemaMessage, storedColumns } from './signal-schema.ts';

/** A batch with what the hub knows about it and no sender can set. */
export interface BatchToJoin {
  readonly batch: OpenBatch;
  /** The agent's number, unsigned 32-bit. */
  readonly agent: number;
  readonly receivedAtMs: number;
}

/**
 * One IPC stream with the rows of all batches, each with the hub's columns: one schema message, a record batch each,
 * one end mark. Bodies are copied as bytes; all metadata is the hub's own.
 *
 * @param batches - at least one, all of `signal`
 */
export function joinBatches(signal: Signal, batches: readonly BatchToJoin[]): Uint8Array {
  const schema = schemaMessage(signal, true);
  const writer = RecordBatchWriter.of(storedColumns(signal));
  let total = schema.length + endMark.length;
  for (const { batch } of batches) {
    assert(batch.signal === signal, `a batch of ${batch.signal.name} among ${signal.name}`);
    total += writer.metadataBytes + batch.body.length + hubBytes(batch.rows);
  }
  // Not zeroed: every byte is written below.
  const stream = Buffer.allocUnsafeSlow(total);
  stream.set(schema);
  let at = schema.length;
  for (const item of batches) at = writeBatch(stream, at, writer, item);
  stream.set(endMark, at);
  return new Uint8Array(stream.buffer, stream.byteOffset, total);
}

/** `agent` and `receivedAt`, each padded. */
const hubBytes = (rows: number): number => padded(4 * rows) + 8 * rows;

function writeBatch(stream: Uint8Array, at: number, writer: RecordBatchWriter, item: BatchToJoin): number {
  const { rows, body, regions } = item.batch;
  writer.begin(stream, at, rows, body.length + hubBytes(rows));
  for (let i = 0; i < regions.length; i += 2) writer.buffer(regions[i]!, regions[i + 1]!);
  const bodyAt = at + writer.metadataBytes;
  stream.set(body, bodyAt);

  const agentBytes = padded(4 * rows);
  const agentAt = bodyAt + body.length;
  writer.buffer(body.length, 4 * rows);
  const agents = new Uint32Array(stream.buffer, stream.byteOffset + agentAt, agentBytes / 4);
  agents.fill(item.agent, 0, rows);
  agents.fill(0, rows);

  const receivedAt = agentAt + agentBytes;
  writer.buffer(body.length + agentBytes, 8 * rows);
  new BigInt64Array(stream.buffer, stream.byteOffset + receivedAt, rows).fill(BigInt(item.receivedAtMs));
  return receivedAt + 8 * rows;
}
