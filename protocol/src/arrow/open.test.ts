import { constants, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_BATCH_COMPRESSED_BYTES,
  MAX_BATCH_RAW_BYTES,
  MAX_BATCH_ROWS,
  MAX_BLOCK_VALUES,
  MAX_CLOCK_AHEAD_MS,
  MAX_CLOCK_BEHIND_MS,
  MAX_STEP_MS,
  MAX_TEXT_BYTES,
} from '../limits.ts';
import { arbitraryRows, columnsOf, type Row, rowsOf } from './arbitrary-batch.ts';
import { compressBatch, encodeBatch } from './encode.ts';
import { joinBatches } from './join.ts';
import { type OpenBatch, openBatch, openStream } from './open.ts';
import { readWithReference } from './reference-reader.ts';
import { type Signal, type SignalName, signals } from './signal.ts';
import { schemaMessage } from './signal-schema.ts';

const nowMs = 1_795_300_000_000;
const t = BigInt(nowMs);

describe('bounds', () => {
  const blockOf = (change: Partial<Record<number, Row[number]>>): Row => {
    const row: Row[number][] = [1n, t, 1000, [1, 2], [], []];
    for (const [i, cell] of Object.entries(change)) if (cell !== undefined) row[Number(i)] = cell;
    return row;
  };
  const logOf = (body: string): Row => [t, 'nginx', 9, 1n, body];
  const zeros = (count: number) => new Array<number>(count).fill(0);
  it.each<{ name: string; signal: SignalName; row: Row; want: string }>([
    {
      name: 'an infinite value in a list',
      signal: 'block',
      row: blockOf({ 3: [1, Number.POSITIVE_INFINITY] }),
      want: 'non-finite',
    },
    { name: 'a gap in a list', signal: 'block', row: blockOf({ 3: [Number.NaN, 1] }), want: 'ok' },
    { name: 'a gap where none can be', signal: 'point', row: [1n, t, Number.NaN], want: 'non-finite' },
    { name: 'an infinite point', signal: 'point', row: [1n, t, Number.NEGATIVE_INFINITY], want: 'non-finite' },
    {
      name: 'the longest list',
      signal: 'block',
      row: blockOf({ 1: t - 4_000_000n, 3: zeros(MAX_BLOCK_VALUES) }),
      want: 'ok',
    },
    {
      name: 'a longer list',
      signal: 'block',
      row: blockOf({ 1: t - 4_000_000n, 3: zeros(MAX_BLOCK_VALUES + 1) }),
      want: 'list-too-long',
    },
    { name: 'an empty block', signal: 'block', row: blockOf({ 3: [] }), want: 'ragged-lists' },
    { name: 'fewer minima than means', signal: 'block', row: blockOf({ 4: [1] }), want: 'ragged-lists' },
    { name: 'a count too few', signal: 'histogram', row: [1n, t, 10, [1, 2], [1, 2], 3], want: 'ragged-lists' },
    { name: 'no step', signal: 'block', row: blockOf({ 2: 0 }), want: 'step' },
    { name: 'a step of more than a day', signal: 'block', row: blockOf({ 2: MAX_STEP_MS + 1 }), want: 'step' },
    { name: 'the latest time', signal: 'point', row: [1n, t + BigInt(MAX_CLOCK_AHEAD_MS), 1], want: 'ok' },
    { name: 'a later time', signal: 'point', row: [1n, t + BigInt(MAX_CLOCK_AHEAD_MS) + 1n, 1], want: 'clock' },
    { name: 'the earliest time', signal: 'point', row: [1n, t - BigInt(MAX_CLOCK_BEHIND_MS), 1], want: 'ok' },
    { name: 'an earlier time', signal: 'point', row: [1n, t - BigInt(MAX_CLOCK_BEHIND_MS) - 1n, 1], want: 'clock' },
    { name: 'the latest time there is', signal: 'point', row: [1n, 2n ** 63n - 1n, 1], want: 'clock' },
    {
      name: 'a block that ends in the future',
      signal: 'block',
      row: blockOf({ 2: MAX_CLOCK_AHEAD_MS + 1 }),
      want: 'clock',
    },
    { name: 'the longest text', signal: 'log', row: logOf('x'.repeat(MAX_TEXT_BYTES)), want: 'ok' },
    { name: 'a longer text', signal: 'log', row: logOf('x'.repeat(MAX_TEXT_BYTES + 1)), want: 'text-too-long' },
  ])('answers $want for $name', ({ signal, row, want }) => {
    expect(reasonOf(openStream(signals[signal], encode(signals[signal], [row]), nowMs))).toBe(want);
  });

  it('says when a batch began and ended', () => {
    const opened = openStream(signals.block, encode(signals.block, [blockOf({}), blockOf({ 1: t - 5000n })]), nowMs);
    expect(opened).toMatchObject({ ok: true, value: { minTimeMs: nowMs - 5000, maxTimeMs: nowMs + 1000 } });
  });

  it('refuses more rows than the limit', () => {
    const row: Row = [1n, t, 1];
    const stream = encode(signals.point, new Array<Row>(MAX_BATCH_ROWS).fill(row));
    expect(reasonOf(openStream(signals.point, stream, nowMs))).toBe('ok');
    patchCount(stream, signals.point, MAX_BATCH_ROWS, MAX_BATCH_ROWS + 1);
    expect(reasonOf(openStream(signals.point, stream, nowMs))).toBe('too-many-rows');
  });

  it.each([
    { name: 'a byte that is no UTF-8', columns: [Uint8Array.of(0x61, 0xff), [0, 1, 2]] },
    { name: 'a text cut inside a character', columns: [Buffer.from('한'), [0, 1, 3]] },
  ] as const)('refuses $name', ({ columns: [bytes, offsets] }) => {
    const text = { offsets: Int32Array.from(offsets), bytes };
    const times = BigInt64Array.of(t, t);
    const columns = [times, text, Uint8Array.of(1, 2), BigUint64Array.of(1n, 2n), text];
    expect(reasonOf(openStream(signals.log, encodeBatch(signals.log, columns, 2), nowMs))).toBe('text-not-utf8');
  });
});

describe('compression', () => {
  const stream = encode(signals.point, [[1n, t, 1]]);
  const compressed = compressBatch(stream);
  const zeros = Buffer.alloc(MAX_BATCH_RAW_BYTES + 1);
  // Single segment, 8-byte content size; window descriptor.
  const header = (descriptor: number, ...rest: number[]) => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor, ...rest]);
  const body = Buffer.alloc(32);
  it.each([
    { name: 'nothing', bytes: Buffer.alloc(0), want: 'not-zstd' },
    { name: 'text', bytes: Buffer.from('{"metric":"system.cpu.utilization"}'), want: 'not-zstd' },
    { name: 'a stream left uncompressed', bytes: stream, want: 'not-zstd' },
    { name: 'a frame cut short', bytes: compressed.subarray(0, -1), want: 'not-zstd' },
    { name: 'a bomb', bytes: zstdCompressSync(zeros), want: 'bomb' },
    {
      name: 'a frame that claims 2^63 bytes',
      bytes: Buffer.concat([header(0xe0, 0, 0, 0, 0, 0, 0, 0, 128), body]),
      want: 'bomb',
    },
    {
      name: 'a frame that wants a 3 TiB window',
      bytes: Buffer.concat([header(0x80, 0xff, 1, 0, 0, 0), body]),
      want: 'bomb',
    },
    { name: 'a frame without a size', bytes: Buffer.concat([header(0x00, 0x58), body]), want: 'not-zstd' },
    { name: 'a bomb that claims to be small', bytes: lie(zstdCompressSync(zeros)), want: 'not-zstd' },
    { name: 'more than the limit', bytes: Buffer.alloc(MAX_BATCH_COMPRESSED_BYTES + 1), want: 'too-large' },
    {
      name: 'another signal',
      bytes: compressBatch(encode(signals.exemplar, [[1n, t, 1, '', '']])),
      want: 'wrong-schema',
    },
    { name: 'a batch', bytes: compressed, want: 'ok' },
  ])('answers $want for $name', ({ bytes, want }) => {
    expect(reasonOf(openBatch(signals.point, bytes, nowMs))).toBe(want);
  });

  /** The 4-byte content size of a frame changed to 1000. */
  function lie(frame: Buffer): Buffer {
    const isSingleSegment = (frame[4]! & 0x20) !== 0;
    expect(frame[4]! >> 6).toBe(2);
    frame.writeUInt32LE(1000, isSingleSegment ? 5 : 6);
    return frame;
  }

  it('reads what other levels of zstd write', () => {
    for (const level of [-5, 1, 9, 19]) {
      const params = { [constants.ZSTD_c_compressionLevel]: level };
      expect(reasonOf(openBatch(signals.point, zstdCompressSync(stream, { params }), nowMs))).toBe('ok');
    }
  });
});

describe('hostile bytes', () => {
  const names = Object.keys(signals) as SignalName[];
  const positions = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const numbers = fc.oneof(
    fc.constantFrom(0, 1, 7, 8, 63, 64, 0x7fff, 0xffff, 0x7fffffff, -1, -8, -0x80000000, 0x7ffffff8),
    fc.integer({ min: -64, max: 4096 }),
    fc.integer(),
  );
  const mutation = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at: positions, value: fc.integer({ min: 0, max: 7 }) }),
    fc.record({
      kind: fc.constantFrom('set16' as const, 'set32' as const, 'set64' as const),
      at: positions,
      value: numbers,
    }),
    fc.record({
      kind: fc.constantFrom('cut' as const, 'grow' as const),
      at: positions,
      value: fc.integer({ min: 1, max: 64 }),
    }),
    fc.record({ kind: fc.constant('copy' as const), at: positions, value: fc.integer({ min: 0, max: 4096 }) }),
    fc.record({ kind: fc.constant('truncate' as const), at: positions, value: fc.constant(0) }),
  );
  type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never;
  const attack = fc.record({
    mutations: fc.array(mutation, { minLength: 1, maxLength: 4 }),
    /** Where the mutations fall: mostly in the metadata, where lies are. */
    part: fc.constantFrom('metadata' as const, 'metadata' as const, 'body' as const, 'all' as const),
  });
  const batch = fc
    .constantFrom(...names)
    .chain((name) => fc.record({ name: fc.constant(name), rows: arbitraryRows(signals[name], nowMs, 6) }));

  it('are refused, or give a batch that every reader can read: 10,000 mutated streams', () => {
    let refused = 0;
    let accepted = 0;
    fc.assert(
      fc.property(batch, attack, ({ name, rows }, { mutations, part }) => {
        const signal = signals[name];
        const stream = mutate(signal, encode(signal, rows), mutations, part);
        const { bytes, guard } = guarded(stream);
        const opened = openStream(signal, bytes, nowMs);
        if (!opened.ok) {
          refused++;
          expect(opened.reason).toMatch(/^[a-z0-9-]+$/);
          return;
        }
        accepted++;
        const read = readWithReference(joinBatches(signal, [{ batch: opened.value, agent: 7, receivedAtMs: nowMs }]));
        expect(read.rows).toEqual(rowsOf(opened.value).map((row) => [...row, 7, BigInt(nowMs)]));
        guard();
        expect(areInside(opened.value)).toBe(true);
      }),
      { numRuns: 10_000, endOnFailure: true },
    );
    // Else the test would show nothing: both must happen often.
    expect(refused).toBeGreaterThan(2000);
    expect(accepted).toBeGreaterThan(200);
  }, 120_000);

  it('never throw when compressed ones are mutated: 3,000', () => {
    fc.assert(
      fc.property(batch, fc.array(mutation, { minLength: 1, maxLength: 4 }), ({ name, rows }, mutations) => {
        const compressed = compressBatch(encode(signals[name], rows));
        openBatch(signals[name], mutate(signals[name], compressed, mutations, 'all'), nowMs);
      }),
      { numRuns: 3000, endOnFailure: true },
    );
  }, 60_000);

  it('opens a stream that lies at any address', () => {
    for (let shift = 0; shift < 8; shift++) {
      const rows: Row[] = [[1n, t, 1000, [1, 2], [], [3, 4]]];
      const memory = Buffer.concat([Buffer.alloc(shift), encode(signals.block, rows)]);
      const opened = openStream(signals.block, memory.subarray(shift), nowMs);
      expect(opened.ok && rowsOf(opened.value)).toEqual(rows);
    }
  });

  it('are refused when they are just any bytes', () => {
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

  function mutate(
    signal: Signal,
    stream: Uint8Array,
    mutations: readonly Mutation[],
    part: 'metadata' | 'body' | 'all',
  ): Uint8Array {
    let bytes = Buffer.from(stream);
    for (const { kind, at: share, value } of mutations) {
      const metadataAt = schemaMessage(signal, false).length;
      const bodyAt =
        part === 'all' ? 0 : metadataAt + 8 + bytes.readUInt32LE(Math.min(metadataAt + 4, bytes.length - 4));
      const from = part === 'all' ? 0 : part === 'metadata' ? metadataAt : Math.min(bodyAt, bytes.length - 1);
      const to = part === 'metadata' ? Math.min(bodyAt, bytes.length) : bytes.length;
      const at = Math.min(Math.floor(from + share * Math.max(1, to - from)), bytes.length - 1);
      const aligned = (size: number) => Math.max(0, Math.min(at - (at % size), bytes.length - size));
      if (bytes.length < 16) return bytes;
      if (kind === 'flip') bytes[at]! ^= 1 << value;
      else if (kind === 'set16') bytes.writeUInt16LE(value & 0xffff, aligned(2));
      else if (kind === 'set32') bytes.writeInt32LE(value, aligned(4));
      else if (kind === 'set64') bytes.writeBigInt64LE(BigInt(value), aligned(8));
      else if (kind === 'copy') bytes.copy(bytes, at, value % bytes.length, (value % bytes.length) + 32);
      else if (kind === 'cut') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + value)]);
      else if (kind === 'grow')
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(value, 1), bytes.subarray(at)]);
      else bytes = bytes.subarray(0, at);
    }
    return bytes;
  }

  /** The stream between two pages of marked bytes, and a check that no one has written to them or to the stream. */
  function guarded(stream: Uint8Array): { bytes: Uint8Array; guard: () => void } {
    const memory = new Uint8Array(stream.length + 128).fill(0xa5);
    memory.set(stream, 64);
    const copy = memory.slice();
    return {
      bytes: memory.subarray(64, 64 + stream.length),
      guard: () => expect(Buffer.compare(memory, copy)).toBe(0),
    };
  }
});

const encode = (signal: Signal, rows: readonly Row[]) => encodeBatch(signal, columnsOf(signal, rows), rows.length);

/** Whether every view of a batch lies in its body. */
function areInside({ signal, body, column }: OpenBatch): boolean {
  return signal.columns.every(({ name }) => {
    const data = column(name);
    const views = 'offsets' in data ? [data.offsets, 'bytes' in data ? data.bytes : data.values] : [data];
    return views.every(
      (view) =>
        view.buffer === body.buffer &&
        view.byteOffset >= body.byteOffset &&
        view.byteOffset + view.byteLength <= body.byteOffset + body.byteLength,
    );
  });
}

const reasonOf = (result: ReturnType<typeof openStream>) => (result.ok ? 'ok' : result.reason);

/** Replaces the first 64-bit number `from` in the metadata. */
function patchCount(stream: Uint8Array, signal: Signal, from: number, to: number): void {
  const wanted = Buffer.alloc(8);
  wanted.writeBigUInt64LE(BigInt(from));
  const bytes = Buffer.from(stream.buffer, stream.byteOffset, stream.length);
  const at = bytes.indexOf(wanted, schemaMessage(signal, false).length);
  for (let i = at; i >= 0; i = bytes.indexOf(wanted, i + 8)) bytes.writeBigUInt64LE(BigInt(to), i);
}
