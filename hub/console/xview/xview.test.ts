import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TraceSpan, TransactionDots } from '../api/types.ts';
import { type Box, boxBetween, boxOnScreen, parseBox, printBox } from './box.ts';
import { readClock } from './box-form.tsx';
import { decodeDots } from './decode.ts';
import { DotBins, densityLevel, mark } from './dot-bins.ts';
import { intervals, summarize } from './dot-counts.ts';
import { DotRing } from './dot-ring.ts';
import { automaticTop, elapsedAt, elapsedTicks, type Plot, stepTop, timeAt, topsMs, xOf, yOf } from './scale.ts';
import { traceOf } from './trace-drawer.tsx';
import { waterfall } from './waterfall.ts';

const base64 = (column: ArrayBufferView) =>
  Buffer.from(column.buffer, column.byteOffset, column.byteLength).toString('base64');
const at = 1_795_396_000_000;

const answerOf = (offsets: readonly number[], fromUnixMs = at): TransactionDots => ({
  kind: 'dots',
  fromUnixMs,
  toUnixMs: fromUnixMs + 1000,
  services: ['service:shop-web'],
  count: offsets.length,
  timesMs: base64(Float32Array.from(offsets)),
  elapsedMs: base64(Float32Array.from(offsets, () => 50)),
  status: base64(Uint16Array.from(offsets, () => 200)),
  flags: base64(Uint8Array.from(offsets, (_, index) => index % 2)),
  service: base64(Uint8Array.from(offsets, () => 0)),
});

describe('the columns of an answer', () => {
  it('come back as they were sent', () => {
    const dots = decodeDots(answerOf([0, 500, 999]));
    expect([...dots.timesMs]).toEqual([at, at + 500, at + 999]);
    expect([...dots.flags]).toEqual([0, 1, 0]);
  });

  it('are refused when one is too short', () =>
    expect(() => decodeDots({ ...answerOf([0, 1]), count: 3 })).toThrow(RangeError));
});

describe('the ring of dots', () => {
  const timesOf = (ring: DotRing) => Array.from({ length: ring.length }, (_, index) => ring.timeAt(index));

  it('lets a later answer replace what it is about', () => {
    const ring = new DotRing(1024);
    ring.replaceFrom(Number.NEGATIVE_INFINITY, decodeDots(answerOf([0, 100, 200, 300])));
    ring.replaceFrom(at + 150, decodeDots(answerOf([10, 20, 250], at + 150)));
    expect(timesOf(ring)).toEqual([at, at + 100, at + 160, at + 170, at + 400]);
  });

  it('holds the newest, in order, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 4000 }), fc.nat(6000)), { maxLength: 12 }), (steps) => {
        const ring = new DotRing(8192);
        let model: number[] = [];
        let next = 0;
        for (const [count, drop] of steps) {
          for (let index = 0; index < count; index += 1) {
            ring.push(next, 1, 0, 0);
            model.push(next);
            next += 1;
          }
          ring.dropBefore(next - drop);
          model = model.slice(-8192).filter((time) => time >= next - drop);
        }
        expect(timesOf(ring)).toEqual(model);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the bins', () => {
  const shape = { width: 40, height: 20, msPerColumn: 10, topMs: 1000, dotSize: 1 };
  const total = (bins: DotBins) => bins.counts.reduce((sum, count) => sum + count, 0);

  it('count every dot once, and mark those above the top', () => {
    const bins = new DotBins(shape);
    bins.moveTo(100);
    for (let index = 0; index < 50; index += 1) bins.add(900, 990, false);
    bins.add(950, 1001, false);
    expect(total(bins)).toBe(50);
    expect(bins.marks[bins.slotOf(95)]).toBe(mark.above);
    bins.add(950, 2000, true);
    expect(bins.marks[bins.slotOf(95)]).toBe(mark.failedAbove);
  });

  it('are the same drawn bit by bit while scrolling as drawn at once', () => {
    const dot = fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 1200 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(dot, { maxLength: 60 }), (steps) => {
        const sized = { ...shape, dotSize: 3 };
        const [live, once] = [new DotBins(sized), new DotBins(sized)];
        const dots: [number, number, boolean][] = [];
        let nowMs = 5000;
        for (const [afterMs, elapsedMs, isFailed] of steps) {
          const changed = live.columnOf(nowMs) - live.reach;
          nowMs += afterMs;
          dots.push([nowMs, elapsedMs, isFailed]);
          const moved = live.moveTo(live.columnOf(nowMs) + live.reach) ?? Number.POSITIVE_INFINITY;
          const first = live.clearFrom(Math.min(changed, moved));
          for (const one of dots) live.add(...one, first);
        }
        once.moveTo(live.lastColumn === Number.NEGATIVE_INFINITY ? 0 : live.lastColumn);
        for (const one of dots) once.add(...one);
        expect(live.counts).toEqual(once.counts);
        expect(live.marks).toEqual(once.marks);
      }),
    );
  });

  it('have five steps, on a log scale', () => {
    expect([0, 1, 3, 10, 32, 100, 9999].map((count) => densityLevel(count, 100))).toEqual([0, 1, 1, 3, 4, 5, 5]);
    expect([1, 2].map((count) => densityLevel(count, 1))).toEqual([1, 5]);
  });
});

describe('the scale', () => {
  it('goes up and down in round steps and stops at its ends', () => {
    expect([stepTop(1000, 1), stepTop(1000, -1)]).toEqual([500, 2000]);
    expect([stepTop(50, 1), stepTop(300_000, -1)]).toEqual([50, 300_000]);
    for (const top of topsMs) expect(elapsedTicks(top).every(Number.isInteger)).toBe(true);
  });

  it('takes in nearly all, and leaves a few above', () => {
    const above = (top: number) => (top < 2000 ? 100 : top < 10_000 ? 4 : 0);
    expect(automaticTop(above, 1000)).toBe(2000);
  });
});

describe('a box', () => {
  const plot: Plot = { left: 50, top: 10, width: 1000, height: 500, fromMs: at, toMs: at + 100_000, topMs: 10_000 };
  const box: fc.Arbitrary<Box> = fc
    .record({
      fromMs: fc.nat(4e12),
      lengthMs: fc.integer({ min: 1, max: 1e9 }),
      lowMs: fc.nat(1e6),
      high: fc.option(fc.nat(1e6)),
    })
    .map(({ fromMs, lengthMs, lowMs, high }) => ({
      fromMs,
      toMs: fromMs + lengthMs,
      lowMs,
      highMs: high === null ? null : lowMs + high + 1,
    }));

  it('goes through the URL', () => {
    fc.assert(
      fc.property(box, (value) => {
        expect(parseBox(printBox(value))).toEqual(value);
      }),
    );
    for (const text of [null, '', '1,2,3', '5,1,0,1', '1,5,9,2', 'a,b,c,d', '1,2,-3,4'])
      expect(parseBox(text)).toBeNull();
  });

  it('is what was dragged, from either corner, and nothing for a click', () => {
    const [a, b] = [
      { x: 150, y: 110 },
      { x: 250, y: 310 },
    ];
    const dragged = { fromMs: at + 10_000, toMs: at + 20_000, lowMs: 4000, highMs: 8000 };
    expect(boxBetween(plot, a, b)).toEqual(dragged);
    expect(boxBetween(plot, b, a)).toEqual(dragged);
    expect(boxBetween(plot, a, { x: 151, y: 111 })).toBeNull();
    const shown = Object.values(boxOnScreen(plot, dragged) ?? {}).map(Math.round);
    expect(shown).toEqual([150, 110, 100, 200]);
  });

  it('at the top edge takes what lies above, at the bottom all', () =>
    expect(boxBetween(plot, { x: 60, y: 0 }, { x: 90, y: 900 })).toMatchObject({ lowMs: 0, highMs: null }));

  it('uses a scale that goes both ways', () => {
    expect(timeAt(plot, xOf(plot, at + 1234))).toBeCloseTo(at + 1234, 2);
    expect(elapsedAt(plot, yOf(plot, 1234))).toBeCloseTo(1234, 6);
  });
});

it('reads times of the day in Seoul', () => {
  const untilMs = Date.parse('2026-11-23T10:30:00+09:00');
  expect(readClock('10:12:05', untilMs)).toBe(Date.parse('2026-11-23T10:12:05+09:00'));
  expect(readClock('23:50', untilMs)).toBe(Date.parse('2026-11-22T23:50:00+09:00'));
  expect(readClock('25:00', untilMs)).toBeNull();
});

it('counts the same in the table of intervals as in the picture', () => {
  const ring = new DotRing(64);
  for (let index = 0; index < 40; index += 1)
    ring.push(at + index * 100, index * 300, index % 4 === 0 ? 1 : 0, index % 2);
  const dots = { ring, grid: null };
  for (const filter of [
    { services: null, isErrorsOnly: false },
    { services: new Set([1]), isErrorsOnly: false },
    { services: null, isErrorsOnly: true },
  ]) {
    const cells = intervals(dots, filter, [at, at + 1000, at + 2500, at + 4000]).flat();
    const { count, failed } = summarize(dots, filter);
    expect(cells.reduce((sum, cell) => sum + cell.count, 0)).toBe(count);
    expect(cells.reduce((sum, cell) => sum + cell.failed, 0)).toBe(failed);
  }
});

describe('a trace', () => {
  const span = (fields: Partial<TraceSpan>): TraceSpan => ({
    at: '',
    endUnixMs: 1000,
    startUnixMs: 0,
    elapsedMs: 1000,
    selfMs: 1000,
    depth: 0,
    status: 200,
    failed: false,
    service: 'service:web',
    route: 'GET /',
    traceId: 'a'.repeat(32),
    spanId: '1',
    parentSpanId: '',
    peer: null,
    callee: null,
    peerElapsedMs: null,
    host: 'host:web',
    kind: 'server',
    calls: 0,
    isDetached: false,
    isGuessed: false,
    isHeld: false,
    ...fields,
  });

  it('shows what the last tier waited for, and where most of the time went', () => {
    const waited = { callee: 'database:db', peer: '127.0.0.1:5432', peerElapsedMs: 700 };
    const inner = { spanId: '2', parentSpanId: '1', service: 'service:app', depth: 1, startUnixMs: 100, ...waited };
    const rows = waterfall([
      span({ selfMs: 200, calls: 1 }),
      span({ ...inner, endUnixMs: 900, elapsedMs: 800, selfMs: 800 }),
    ]);
    expect(rows.map(({ name, selfMs, isLongest }) => [name, selfMs, isLongest])).toEqual([
      ['service:web', 200, false],
      ['service:app', 100, false],
      ['database:db', 700, true],
    ]);
  });

  it('is drawn within its picture, whatever the clocks of its hosts and its spans say', () => {
    const number = fc.double({ min: -1e4, max: 1e4, noNaN: true });
    const some = fc.record({ startUnixMs: number, endUnixMs: number, elapsedMs: number, selfMs: number });
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 8 }), (spans) => {
        for (const { start, share } of waterfall(spans.map(span))) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(share).toBeGreaterThanOrEqual(0);
          expect(start + share).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });

  it('says of a call whom it asked, and draws its answer once', () => {
    const peer = { peer: '10.0.0.7:8080', callee: 'service:was' };
    const rows = waterfall([
      span({ ...peer, peerElapsedMs: 700, calls: 1 }),
      span({ ...peer, kind: 'client', depth: 1, isHeld: true, elapsedMs: 700 }),
    ]);
    expect(rows.map(({ depth, callee, heldBy }) => [depth, callee, heldBy])).toEqual([
      [0, null, null],
      [1, 'service:was', 'host:web'],
    ]);
  });

  it('is found by what the URL says', () => {
    expect(traceOf(`${'a'.repeat(32)}.${'b'.repeat(16)}.1795396374184`)).toEqual({
      traceId: 'a'.repeat(32),
      endUnixMs: 1_795_396_374_184,
    });
    expect(traceOf('host:web-1')).toBeNull();
  });
});
