import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DeliveryClass, tombstone } from '@airis/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { Spool } from './spool.ts';
import { type HeldBatch, type Priority, priorities, type SpoolItem } from './spool-item.ts';

const MiB = 1024 * 1024;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-spool-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function openSpool(overrides: { limitBytes?: number; maxFileBytes?: number; path?: string } = {}): Spool {
  return new Spool({
    path: join(folder, 'spool.sqlite'),
    limitBytes: 8 * MiB,
    syncEveryMs: 200,
    nowMs: () => 1_000_000,
    log: silentLog,
    ...overrides,
  });
}

const classOf = (priority: Priority): DeliveryClass =>
  priority === priorities.health || priority >= priorities.change ? 'event' : 'data';

let made = 0;
function item(priority: Priority, sizeBytes = 100, rows = 1): SpoolItem {
  const payload = Buffer.alloc(Math.max(sizeBytes, 12));
  payload.write(String(made++).padStart(12, '0'));
  const times = { fromUnixMs: made, toUnixMs: made + 1 };
  return { class: classOf(priority), kind: `p${priority}`, schema: 'x/1', priority, rows, ...times, payload };
}

function readAll(spool: Spool, name: DeliveryClass): HeldBatch[] {
  const all: HeldBatch[] = [];
  for (;;) {
    const batches = spool.next(name, all.at(-1)?.seq ?? 0, 7, 64 * 1024);
    if (batches.length === 0) return all;
    all.push(...batches);
  }
}

/** Ranges follow each other without hole or overlap, from `after` to the highest sequence given out. */
function expectContiguous(spool: Spool, name: DeliveryClass): HeldBatch[] {
  const held = readAll(spool, name);
  let last = held[0] === undefined ? spool.highest[name] : held[0].from - 1;
  for (const batch of held) {
    expect(batch.from).toBe(last + 1);
    expect(batch.seq).toBeGreaterThanOrEqual(batch.from);
    if (batch.isTombstone) tombstone.parse(JSON.parse(Buffer.from(batch.payload).toString()));
    else expect(batch.from).toBe(batch.seq);
    last = batch.seq;
  }
  expect(last).toBe(spool.highest[name]);
  return held;
}

describe('spool', () => {
  it('hands out in order what was appended, by class', () => {
    using spool = openSpool();
    const sent = [item(priorities.finding), item(priorities.summary), item(priorities.health), item(priorities.log)];
    for (const one of sent) spool.append(one);
    expect(readAll(spool, 'event')).toEqual([]);
    spool.flush();
    const payloads = (name: DeliveryClass) =>
      sent.filter((one) => one.class === name).map((one) => one.payload.toString());
    for (const name of ['event', 'data'] as const) {
      expect(readAll(spool, name).map((batch) => Buffer.from(batch.payload).toString())).toEqual(payloads(name));
    }
    expect(spool.highest).toEqual({ event: 2, data: 2 });
  });

  it('commits by itself within the sync interval', async () => {
    using spool = openSpool();
    let commits = 0;
    spool.onCommit(() => commits++);
    spool.append(item(priorities.finding));
    spool.append(item(priorities.finding));
    await expect.poll(() => commits).toBe(1);
    expect(readAll(spool, 'event')).toHaveLength(2);
  });

  it('continues epoch, sequence and the time of the last item after a restart', () => {
    const first = openSpool();
    first.append(item(priorities.summary));
    first.flush();
    first.receipt('data', 1);
    first[Symbol.dispose]();
    using second = openSpool();
    expect(second.epoch).toBe(first.epoch);
    expect(second.previousSpooledAtUnixMs).toBe(1_000_000);
    second.append(item(priorities.summary));
    second.flush();
    expect(readAll(second, 'data').map((batch) => batch.seq)).toEqual([2]);
  });

  it('loses nothing without a tombstone, whatever happens, and keeps to its limit', () => {
    const limitBytes = 6_000;
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('append' as const),
          priority: fc.integer({ min: 0, max: 6 }),
          size: fc.integer({ min: 12, max: 900 }),
          rows: fc.integer({ min: 0, max: 5 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('receipt' as const),
          class: fc.constantFrom('event' as const, 'data' as const),
          ratio: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('read' as const),
          class: fc.constantFrom('event' as const, 'data' as const),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('refuse' as const),
          class: fc.constantFrom('event' as const, 'data' as const),
        }),
      },
    );
    let run = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        let path = join(folder, `run-${run++}.sqlite`);
        let spool = openSpool({ limitBytes, path });
        let unflushed: SpoolItem[] = [];
        const given: Record<DeliveryClass, Map<number, SpoolItem>> = { event: new Map(), data: new Map() };
        const receipted = { event: 0, data: 0 };
        const flush = () => {
          const next = { event: spool.highest.event, data: spool.highest.data };
          spool.flush();
          for (const one of unflushed) given[one.class].set(++next[one.class], one);
          unflushed = [];
          expect(spool.highest).toEqual(next);
        };
        for (const one of steps) {
          if (one.do === 'append') {
            const added = item(one.priority as Priority, one.size, one.rows);
            spool.append(added);
            unflushed.push(added);
          } else if (one.do === 'flush') flush();
          else if (one.do === 'receipt') {
            const ranges = readAll(spool, one.class);
            const upTo = ranges[Math.floor(one.ratio * ranges.length)]?.seq ?? 0;
            spool.receipt(one.class, upTo);
            receipted[one.class] = Math.max(receipted[one.class], upTo);
          } else if (one.do === 'read') spool.next(one.class, 0, 3);
          else if (one.do === 'refuse') {
            const first = readAll(spool, one.class).find((batch) => !batch.isTombstone);
            if (first !== undefined) spool.refuse(one.class, first.seq);
          } else if (one.do === 'restart') {
            flush();
            spool[Symbol.dispose]();
            spool = openSpool({ limitBytes, path });
          } else {
            // What a killed process leaves: the files as they are, without what was not committed.
            const copy = join(folder, `run-${run++}.sqlite`);
            for (const suffix of ['', '-wal']) cpSync(path + suffix, copy + suffix);
            spool[Symbol.dispose]();
            path = copy;
            spool = openSpool({ limitBytes, path });
            unflushed = [];
            for (const name of ['event', 'data'] as const) spool.receipt(name, receipted[name]);
          }
        }
        flush();
        expect(spool.health().bytes).toBeLessThanOrEqual(Math.max(limitBytes, spool.health().batches * 160));
        for (const name of ['event', 'data'] as const) {
          const held = expectContiguous(spool, name);
          let rows = 0;
          for (const batch of held) {
            rows += batch.rows;
            if (batch.isTombstone) continue;
            expect(Buffer.from(batch.payload)).toEqual(given[name].get(batch.seq)?.payload);
          }
          const from = held[0]?.from ?? Number.POSITIVE_INFINITY;
          const owed = [...given[name]].filter(([seq]) => seq >= from).reduce((sum, [, one]) => sum + one.rows, 0);
          expect(rows).toBe(owed);
          expect(from).toBeLessThanOrEqual(
            receipted[name] + 1 > spool.highest[name] ? Number.POSITIVE_INFINITY : receipted[name] + 1,
          );
        }
        spool[Symbol.dispose]();
      }),
      { numRuns: 150 },
    );
  });

  it('evicts full resolution first and findings last, merging neighbours into one tombstone', () => {
    using spool = openSpool({ limitBytes: 20_000 });
    for (let round = 0; round < 20; round++) {
      for (const priority of Object.values(priorities)) spool.append(item(priority, 500));
      spool.flush();
    }
    const appended = 20 * Object.keys(priorities).length;
    const held = [...expectContiguous(spool, 'event'), ...expectContiguous(spool, 'data')];
    const left = (priority: Priority) => held.filter((batch) => batch.kind === `p${priority}`).length;
    expect(left(priorities.finding)).toBe(20);
    expect(left(priorities.fullResolution)).toBe(0);
    expect(spool.health().bytes).toBeLessThanOrEqual(20_000);
    expect(spool.health().lossRowsByReason['spool-full']).toBe(
      appended - held.filter((batch) => !batch.isTombstone).length,
    );
    const tombstones = held.filter((batch) => batch.isTombstone).length;
    expect(tombstones).toBeLessThanOrEqual(41);
  });

  it('never merges a tombstone over what may have been published', () => {
    using spool = openSpool({ limitBytes: 3_000 });
    for (let count = 0; count < 4; count++) spool.append(item(priorities.fullResolution, 500));
    spool.flush();
    expect(spool.next('data', 0, 10)).toHaveLength(4);
    for (let count = 0; count < 4; count++) spool.append(item(priorities.finding, 500));
    spool.flush();
    expect(expectContiguous(spool, 'data').every((batch) => batch.from === batch.seq)).toBe(true);
  });

  it.each([1, 6, 7, 20])(
    'goes on under a new epoch when the hub knows more than this file, which took %i more',
    (more) => {
      const original = openSpool();
      for (let count = 0; count < 3; count++) original.append(item(priorities.summary));
      original.flush();
      cpSync(join(folder, 'spool.sqlite'), join(folder, 'copy.sqlite'));
      cpSync(join(folder, 'spool.sqlite-wal'), join(folder, 'copy.sqlite-wal'));
      original[Symbol.dispose]();

      using copy = openSpool({ path: join(folder, 'copy.sqlite') });
      const own = Array.from({ length: more }, () => item(priorities.summary));
      for (const one of own) copy.append(one);
      copy.flush();
      const { epoch } = copy;
      expect(copy.reconcile([{ epoch, class: 'data', upTo: 9 }])).toBe(true);
      expect(copy.epoch).not.toBe(epoch);
      const held = expectContiguous(copy, 'data');
      expect(held.map((batch) => [batch.seq, Buffer.from(batch.payload)])).toEqual(
        own.map(({ payload }, index) => [index + 1, payload]),
      );
      expect(copy.reconcile([{ epoch: copy.epoch, class: 'data', upTo: 0 }])).toBe(false);
    },
  );

  it('keeps its epoch when the hub knows just what was handed out', () => {
    using spool = openSpool();
    for (let count = 0; count < 5; count++) spool.append(item(priorities.summary));
    spool.flush();
    expect(spool.next('data', 0, 4)).toHaveLength(4);
    expect(spool.reconcile([{ epoch: spool.epoch, class: 'data', upTo: 4 }])).toBe(false);
    expect(expectContiguous(spool, 'data').map(({ seq }) => seq)).toEqual([5]);
  });

  it('tells a hub that was set back what nobody holds any more', () => {
    using spool = openSpool();
    for (let count = 0; count < 4; count++) spool.append(item(priorities.summary));
    spool.flush();
    expect(spool.next('data', 0, 4)).toHaveLength(4);
    spool.receipt('data', 3);
    spool.flush();
    spool.reconcile([{ epoch: spool.epoch, class: 'data', upTo: 1 }]);
    expect(readAll(spool, 'data').map(({ from, seq, isTombstone }) => ({ from, seq, isTombstone }))).toEqual([
      { from: 2, seq: 3, isTombstone: true },
      { from: 4, seq: 4, isTombstone: false },
    ]);
  });

  it.each([
    {
      name: 'overwritten',
      damage: (path: string) => writeFileSync(path, 'not a database at all, not even close'.repeat(300)),
    },
    { name: 'cut short', damage: (path: string) => truncateSync(path, Math.floor(statSync(path).size / 8192) * 4096) },
  ])('puts a file aside that was $name, and says so', ({ damage }) => {
    const path = join(folder, 'spool.sqlite');
    const first = openSpool();
    for (let count = 0; count < 200; count++) first.append(item(priorities.summary, 3_000));
    const { epoch } = first;
    first[Symbol.dispose]();
    damage(path);
    using second = openSpool();
    second.append(item(priorities.summary));
    second.flush();
    expect(second.epoch).not.toBe(epoch);
    expect(readdirSync(folder)).toContain('spool.sqlite.corrupt-1000000');
    const held = expectContiguous(second, 'data');
    expect(JSON.parse(Buffer.from(held[0]!.payload).toString())).toMatchObject({ from: 1, to: 1, reason: 'corrupt' });
    expect(held[1]?.isTombstone).toBe(false);
  });

  it('makes room in a full file: the oldest of what matters least goes, counted, and findings stay', () => {
    using spool = openSpool({ limitBytes: MiB / 2, maxFileBytes: 400_000 });
    for (let count = 0; count < 60; count++) {
      spool.append(item(priorities.summary, 10_000, 3));
      spool.append(item(priorities.finding, 100));
      spool.flush();
    }
    const held = expectContiguous(spool, 'data');
    const kept = held.filter((batch) => !batch.isTombstone);
    expect(kept.at(-1)?.seq).toBe(60);
    expect(kept.length).toBeLessThan(60);
    expect(spool.health().lossRowsByReason).toEqual({ 'disk-full': (60 - kept.length) * 3 });
    expect(held.reduce((sum, batch) => sum + batch.rows, 0)).toBe(180);
    expect(expectContiguous(spool, 'event').filter((batch) => !batch.isTombstone)).toHaveLength(60);
    spool.receipt('data', spool.highest.data);
    spool.flush();
    spool.append(item(priorities.summary));
    spool.flush();
    expect(readAll(spool, 'data').map((batch) => batch.isTombstone)).toEqual([false]);
  });

  it('replaces what is beyond the limits of the wire by a tombstone', () => {
    using spool = openSpool();
    spool.append(item(priorities.finding, 70_000));
    spool.append(item(priorities.summary, 100, 60_000));
    spool.flush();
    expect([...readAll(spool, 'event'), ...readAll(spool, 'data')].every((batch) => batch.isTombstone)).toBe(true);
    expect(spool.health().lossRowsByReason).toEqual({ refused: 60_001 });
  });
});
