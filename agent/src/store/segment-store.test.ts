import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { Refusals } from '../refusals.ts';
import { KeptRows } from './kept-rows.ts';
import { type SegmentKind, SegmentStore } from './segment-store.ts';

const hour = 3_600_000;
let folder: string;
let nowMs: number;
let refusals: Refusals;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-segments-'));
  nowMs = 1_800_000_000_000;
  refusals = new Refusals();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (limitBytes = 1e9, retentionMs = 48 * hour) =>
  new SegmentStore({
    folder,
    retentionMs,
    limitBytes: () => limitBytes,
    nowMs: () => nowMs,
    log: silentLog,
    onRefused: (reason) => refusals.count(reason),
  });

const random = (bytes: number) => Buffer.from(fc.sample(fc.uint8Array({ minLength: bytes, maxLength: bytes }), 1)[0]!);
const put = (store: SegmentStore, kind: SegmentKind, t: number, payload: Uint8Array = Buffer.from(`${t}`)) =>
  store.append(kind, { fromUnixMs: t, toUnixMs: t + 999, payload });
const texts = (store: SegmentStore, kind: SegmentKind, from = 0, to = 9e15) =>
  [...store.frames(kind, from, to)].map(({ payload }) => Buffer.from(payload).toString());

describe('SegmentStore', () => {
  it('gives back what touches the window, by kind, before and after a restart', () => {
    const first = open();
    for (let t = 0; t < 10_000; t += 1_000) put(first, 'log', t);
    put(first, 'span', 500);
    expect(texts(first, 'log', 2_500, 4_000)).toEqual(['2000', '3000', '4000']);
    first[Symbol.dispose]();
    using again = open();
    put(again, 'log', 10_000);
    expect(texts(again, 'log', 8_999)).toEqual(['8000', '9000', '10000']);
    expect(texts(again, 'span')).toEqual(['500']);
    expect(texts(again, 'transaction')).toEqual([]);
  });

  it('holds one cap: lines go before spans and dots, the oldest first, and each kind keeps a share', () => {
    const MiB = 1024 * 1024;
    using store = open(40 * MiB);
    const big = random(1000).toString('hex').repeat(512);
    let t = 0;
    const fill = (kind: SegmentKind, mebibytes: number) => {
      for (let i = 0; i < mebibytes; i++) put(store, kind, ++t * 1_000, Buffer.from(`${big}${t}`));
    };
    fill('transaction', 8);
    fill('span', 15);
    fill('log', 60);
    expect(store.bytes).toBeLessThanOrEqual(40 * MiB);
    expect(store.bytesOf('transaction')).toBeGreaterThan(7 * MiB);
    expect(store.bytesOf('span')).toBeGreaterThan(14 * MiB);
    expect(store.bytesOf('log')).toBeGreaterThan(9 * MiB);
    const held = [...store.frames('log', 0, 9e15)].map(({ fromUnixMs }) => fromUnixMs);
    expect(held.at(-1)).toBe(t * 1_000);
    expect(held).toEqual([...held].sort((a, b) => a - b));
    const onDisk = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(onDisk).toBe(store.bytes);
  });

  it('gives room back when others under the same cap need it', () => {
    let limit = 1e9;
    using store = new SegmentStore({
      folder,
      retentionMs: 48 * hour,
      limitBytes: () => limit,
      nowMs: () => nowMs,
      log: silentLog,
      onRefused: () => undefined,
    });
    for (let i = 0; i < 12; i++) put(store, 'log', i, Buffer.alloc(1024 * 1024, i));
    limit = 6 * 1024 * 1024;
    put(store, 'log', 99_000);
    expect(store.bytes).toBeLessThanOrEqual(limit);
    expect(texts(store, 'log', 99_000)).toHaveLength(1);
  });

  it('forgets what is older than it should keep, whatever times the rows claim', () => {
    using store = open(1e9, 2 * hour);
    put(store, 'log', 9e14);
    nowMs += 1.5 * hour;
    put(store, 'log', 5);
    nowMs += hour;
    put(store, 'log', 6);
    expect(texts(store, 'log')).toEqual(['5', '6']);
  });

  it('reads up to what is torn or damaged, counts it, and goes on in a file of its own', () => {
    const first = open();
    for (const t of [1, 2, 3]) put(first, 'log', t);
    first[Symbol.dispose]();
    const path = join(folder, readdirSync(folder)[0]!);
    const whole = readFileSync(path);
    truncateSync(path, whole.length - 1);
    {
      using torn = open();
      put(torn, 'log', 4);
      expect(texts(torn, 'log')).toEqual(['1', '2', '4']);
    }
    expect(refusals.snapshot()['local-store-damaged']).toBeGreaterThan(0);
    const flipped = Buffer.from(whole);
    flipped[33 + 32]! ^= 1;
    writeFileSync(path, flipped);
    appendFileSync(path, 'garbage');
    using damaged = open();
    expect(texts(damaged, 'log')).toEqual(['1', '4']);
  });

  it('survives any bytes in its folder', () => {
    writeFileSync(join(folder, 'log-x.seg'), '');
    writeFileSync(join(folder, 'other.txt'), 'x');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        writeFileSync(join(folder, 'log-x.seg'), bytes);
        using store = open();
        expect(texts(store, 'log').length).toBeLessThan(5);
      }),
      { numRuns: 50 },
    );
  });
});

describe('KeptRows', () => {
  it('gives back rows of the window, the newest too, and only those that contain a text', () => {
    using store = open();
    const rows = new KeptRows<readonly [number, string]>(store, 'log', silentLog);
    for (let t = 0; t < 100; t++) rows.add([t, `a "line"\n${t % 10}`]);
    rows.flush();
    for (let t = 100; t < 110; t++) rows.add([t, 'new']);
    expect([...rows.frames(95, 104)].flat().map(([t]) => t)).toEqual([95, 96, 97, 98, 99, 100, 101, 102, 103, 104]);
    expect([...rows.frames(0, 1_000, '\\n7"')].flat()).toHaveLength(10);
  });
});
