import fc from 'fast-check';
import { expect, it } from 'vitest';
import { arbitraryRows, columnsOf, type Row, rowsOf } from './arbitrary-batch.ts';
import { compressBatch, encodeBatch } from './encode.ts';
import { joinBatches } from './join.ts';
import { PREFIX_BYTES } from './metadata.ts';
import { type OpenBatch, openBatch, openStream } from './open.ts';
import { locateRecordBatch } from './record-batch.ts';
import { readWithReference } from './reference-reader.ts';
import { type Signal, type SignalName, signals } from './signal.ts';
import { schemaMessage } from './signal-schema.ts';

/** Batches as somebody would send them who wants the hub to fail. fast-check prints the seed of a failure. */
const nowMs = 1_795_300_000_000;
const names = Object.keys(signals) as SignalName[];

const part = fc.constantFrom('metadata' as const, 'body' as const, 'all' as const);
/** Share of the part, evenly: a biased number would fall on its first byte mostly. */
const place = fc.noBias(fc.nat(999_999)).map((n) => n / 1_000_000);
const number = fc.oneof(
  fc.constantFrom(0, 1, 7, 8, 63, 64, 0x7fff, 0xffff, 0x7fffffff, -1, -8, -0x80000000, 0x7ffffff8),
  fc.integer({ min: -64, max: 512 }),
  fc.integer(),
);
const mutation = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flip' as const), part, place, value: fc.nat(7) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('set16', 'set32', 'set64'), part, place, value: number }) },
  // Row count, lengths of nodes, starts and lengths of buffers, length of the body.
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('lie' as const), part, place, value: number }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('cut', 'grow'), part, place, value: fc.nat(64) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('copy' as const), part, place, value: fc.nat(4096) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('truncate' as const), part, place, value: fc.constant(0) }) },
);
type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never;
const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });
const batch = fc
  .constantFrom(...names)
  .chain((name) => fc.record({ signal: fc.constant(signals[name]), rows: arbitraryRows(signals[name], nowMs, 6) }));

it('is refused, or is a batch that every reader can read: 10,000 mutated streams', () => {
  const refused = new Map<string, number>();
  let accepted = 0;
  fc.assert(
    fc.property(batch, mutations, ({ signal, rows }, changes) => {
      const memory = surround(mutate(signal, encode(signal, rows), changes));
      const before = memory.slice();
      const opened = openStream(signal, memory.subarray(64, -64), nowMs);
      expect(Buffer.compare(memory, before)).toBe(0);
      if (!opened.ok) {
        refused.set(opened.reason, (refused.get(opened.reason) ?? 0) + 1);
        return;
      }
      accepted++;
      expect(areInside(opened.value, memory.subarray(64, -64))).toBe(true);
      const read = readWithReference(joinBatches(signal, [{ batch: opened.value, agent: 7, receivedAtMs: nowMs }]));
      expect(read.rows).toEqual(rowsOf(opened.value).map((row) => [...row, 7, BigInt(nowMs)]));
    }),
    { numRuns: 10_000, endOnFailure: true },
  );
  // Else the mutations would not reach what they are meant to try.
  expect(accepted).toBeGreaterThan(300);
  for (const reason of ['malformed', 'null-value', 'wrong-schema', 'too-many-rows', 'text-not-utf8', 'clock']) {
    expect(refused.get(reason) ?? 0, reason).toBeGreaterThan(10);
  }
}, 120_000);

it('never throws when compressed batches are mutated: 3,000', () => {
  fc.assert(
    fc.property(batch, mutations, ({ signal, rows }, changes) => {
      const compressed = compressBatch(encode(signal, rows));
      openBatch(
        signal,
        mutate(
          signal,
          compressed,
          changes.map((change) => ({ ...change, part: 'all' })),
        ),
        nowMs,
      );
    }),
    { numRuns: 3000, endOnFailure: true },
  );
}, 60_000);

it('is refused when it is just any bytes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 400 }), (name, tail) => {
      const signal = signals[name];
      expect(openStream(signal, Buffer.concat([schemaMessage(signal, false), tail]), nowMs).ok).toBe(false);
      expect(openStream(signal, tail, nowMs).ok).toBe(false);
      expect(openBatch(signal, tail, nowMs).ok).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

const encode = (signal: Signal, rows: readonly Row[]) => encodeBatch(signal, columnsOf(signal, rows), rows.length);

function mutate(signal: Signal, stream: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  const metadataAt = schemaMessage(signal, false).length + PREFIX_BYTES;
  const metadataBytes = Buffer.from(stream).readUInt32LE(Math.min(metadataAt - 4, stream.length - 4));
  const ends = { metadata: metadataAt + metadataBytes, body: stream.length, all: stream.length };
  const starts = { metadata: metadataAt, body: metadataAt + metadataBytes, all: 0 };
  return changes.reduce<Buffer>((bytes, change) => {
    const start = Math.min(starts[change.part], bytes.length);
    const end = Math.min(ends[change.part], bytes.length);
    return mutateOnce(bytes, metadataAt, start + Math.floor(change.place * (end - start)), change);
  }, Buffer.from(stream));
}

function mutateOnce(bytes: Buffer, metadataAt: number, at: number, { kind, place, value }: Mutation): Buffer {
  if (bytes.length < 16 || at >= bytes.length) return bytes;
  const aligned = (size: number) => Math.min(at - (at % size), bytes.length - size);
  switch (kind) {
    case 'flip':
      bytes[at]! ^= 1 << value;
      return bytes;
    case 'set16':
      bytes.writeUInt16LE(value & 0xffff, aligned(2));
      return bytes;
    case 'set32':
      bytes.writeInt32LE(value, aligned(4));
      return bytes;
    case 'set64':
      bytes.writeBigInt64LE(BigInt(value), aligned(8));
      return bytes;
    case 'lie': {
      const numbers = metadataNumbers(bytes.subarray(metadataAt));
      const lieAt = metadataAt + (numbers[Math.floor(place * numbers.length)] ?? 0);
      if (lieAt + 8 <= bytes.length) bytes.writeBigInt64LE(BigInt(value), lieAt);
      return bytes;
    }
    case 'copy':
      bytes.copy(bytes, at, value % bytes.length, (value % bytes.length) + 32);
      return bytes;
    case 'cut':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + value)]);
    case 'grow':
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(value, 1), bytes.subarray(at)]);
    default:
      return bytes.subarray(0, at);
  }
}

/** Where a record batch's metadata has its 64-bit numbers. */
function metadataNumbers(metadata: Uint8Array): number[] {
  const located = locateRecordBatch(metadata);
  if (!located.ok) return [];
  const { rowsAt, bodyLengthAt, nodesAt, nodes, buffersAt, buffers } = located.value;
  const numbers = (from: number, count: number) => Array.from({ length: Math.min(count, 64) }, (_, i) => from + 8 * i);
  return [rowsAt, bodyLengthAt, ...numbers(nodesAt, 2 * nodes), ...numbers(buffersAt, 2 * buffers)];
}

/** The stream between marked bytes that no column may show. */
function surround(stream: Uint8Array): Uint8Array {
  const memory = new Uint8Array(stream.length + 128).fill(0xa5);
  memory.set(stream, 64);
  return memory;
}

/** Whether every view of a batch lies within the stream. */
function areInside({ signal, column }: OpenBatch, stream: Uint8Array): boolean {
  return signal.columns.every(({ name }) => {
    const data = column(name);
    const views = 'offsets' in data ? [data.offsets, 'bytes' in data ? data.bytes : data.values] : [data];
    return views.every(
      (view) =>
        view.buffer === stream.buffer &&
        view.byteOffset >= stream.byteOffset &&
        view.byteOffset + view.byteLength <= stream.byteOffset + stream.byteLength,
    );
  });
}
