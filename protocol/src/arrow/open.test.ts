import { constants, zstdCompressSync } from 'node:zlib';
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
import { columnsOf, type Row, rowsOf } from './arbitrary-batch.ts';
import { compressBatch, encodeBatch } from './encode.ts';
import { openBatch, openStream } from './open.ts';
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

it('opens a stream that lies at any address', () => {
  for (let shift = 0; shift < 8; shift++) {
    const rows: Row[] = [[1n, t, 1000, [1, 2], [], [3, 4]]];
    const memory = Buffer.concat([Buffer.alloc(shift), encode(signals.block, rows)]);
    const opened = openStream(signals.block, memory.subarray(shift), nowMs);
    expect(opened.ok && rowsOf(opened.value)).toEqual(rows);
  }
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

const encode = (signal: Signal, rows: readonly Row[]) => encodeBatch(signal, columnsOf(signal, rows), rows.length);

const reasonOf = (result: ReturnType<typeof openStream>) => (result.ok ? 'ok' : result.reason);

/** Replaces the first 64-bit number `from` in the metadata. */
function patchCount(stream: Uint8Array, signal: Signal, from: number, to: number): void {
  const wanted = Buffer.alloc(8);
  wanted.writeBigUInt64LE(BigInt(from));
  const bytes = Buffer.from(stream.buffer, stream.byteOffset, stream.length);
  const at = bytes.indexOf(wanted, schemaMessage(signal, false).length);
  for (let i = at; i >= 0; i = bytes.indexOf(wanted, i + 8)) bytes.writeBigUInt64LE(BigInt(to), i);
}
