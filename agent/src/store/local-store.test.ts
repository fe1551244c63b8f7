import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { Refusals } from '../refusals.ts';
import { SeriesRegistry } from '../series-registry.ts';
import { LocalStore } from './local-store.ts';
import { MINUTE_MS, MinuteBuffer } from './minute-buffer.ts';
import { packMinute, unpackMinute } from './minute-codec.ts';

const t0 = 1_800_000_000_000;
let folder: string;
let nowMs = t0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-local-'));
  nowMs = t0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const openStore = (limitBytes = 1e9, retentionMs = 48 * 3_600_000) =>
  new LocalStore({ path: join(folder, 'local.sqlite'), limitBytes, retentionMs, nowMs: () => nowMs, log: silentLog });

function seriesOf(count: number) {
  const registry = new SeriesRegistry({ resource: {}, refusals: new Refusals() });
  const writer = registry.writer({
    a: { unit: '1', kind: 'gauge', about: '' },
    b: { unit: '1', kind: 'gauge', about: '' },
  });
  for (let i = 0; i < count; i++) writer.write(i % 2 === 0 ? 'a' : 'b', 0, { i: String(i) });
  return registry.series;
}

/** Seconds `from`..`to` of the minute, value = second + index. */
function minute(t0Ms: number, count: number, from = 0, to = 60): MinuteBuffer {
  const buffer = new MinuteBuffer();
  for (let second = from; second < to; second++) {
    buffer.put(
      t0Ms + second * 1_000,
      Float64Array.from({ length: count }, (_, i) => second + i),
      count,
    );
  }
  return buffer;
}

describe('local store', () => {
  it('gives back what was written, by metric and window', () => {
    using store = openStore();
    const series = seriesOf(4);
    for (let m = 0; m < 3; m++) store.write(minute(t0 + m * MINUTE_MS, 4).peek()!, series);
    const found = [...store.window('a', t0 + MINUTE_MS, t0 + 2 * MINUTE_MS)];
    expect(found.map(({ t0Ms, id }) => [t0Ms, id])).toEqual([
      [t0 + MINUTE_MS, series[0]!.id],
      [t0 + MINUTE_MS, series[2]!.id],
      [t0 + 2 * MINUTE_MS, series[0]!.id],
      [t0 + 2 * MINUTE_MS, series[2]!.id],
    ]);
    expect(found[1]!.values[7]).toBe(9);
    expect([...store.minute(t0)]).toHaveLength(4);
    expect([...store.window('unknown', t0, t0 + MINUTE_MS)]).toEqual([]);
  });

  it('joins the two parts of a minute in which the agent restarted', () => {
    const series = seriesOf(2);
    {
      using store = openStore();
      store.write(minute(t0, 2, 0, 20).peek()!, series);
    }
    using store = openStore();
    store.write(minute(t0, 2, 30, 60).peek()!, series);
    const [one] = [...store.window('a', t0, t0)];
    expect(one!.values[19]).toBe(19);
    expect(one!.values[25]).toBeNaN();
    expect(one!.values[59]).toBe(59);
  });

  it('keeps to its bytes and its age, oldest first', () => {
    using store = openStore(3_000, 30 * MINUTE_MS);
    const series = seriesOf(2);
    for (let m = 0; m < 60; m++) {
      nowMs = t0 + m * MINUTE_MS;
      store.write(minute(nowMs, 2).peek()!, series);
      expect(store.bytes).toBeLessThanOrEqual(3_000);
    }
    const times = [...store.window('a', t0, nowMs)].map(({ t0Ms }) => t0Ms);
    expect(times.at(-1)).toBe(nowMs);
    expect(times.length).toBeGreaterThan(2);
    expect(times[0]).toBeGreaterThanOrEqual(nowMs - 31 * MINUTE_MS);
  });

  it('begins anew beside a damaged file', () => {
    writeFileSync(join(folder, 'local.sqlite'), 'not a database, however long it may be '.repeat(200));
    using store = openStore();
    store.write(minute(t0, 2).peek()!, seriesOf(2));
    expect([...store.minute(t0)]).toHaveLength(2);
    expect(readdirSync(folder)).toContain('local.sqlite.corrupt');
  });

  it('packs any values without loss', () => {
    const values = fc.array(fc.double(), { minLength: 60, maxLength: 60 }).map((list) => Float64Array.from(list));
    const rows = fc.array(fc.record({ id: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), values }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(rows, (list) => {
        expect(unpackMinute(packMinute(list))).toEqual(list);
      }),
    );
  });
});
