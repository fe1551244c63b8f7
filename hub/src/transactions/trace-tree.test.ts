import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { traceTree } from './trace-tree.ts';

interface Row {
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly endUnixMs: number;
  readonly elapsedMs: number;
  readonly service: string;
  readonly peer: string | null;
  readonly callee: string | null;
}
const span = (
  spanId: string,
  parentSpanId: string,
  endUnixMs: number,
  elapsedMs: number,
  service = 'service:a',
  callee: string | null = null,
  peer = callee,
): Row => ({ spanId, parentSpanId, endUnixMs, elapsedMs, service, callee, peer });
const places = (rows: readonly Row[]) => traceTree(rows).map(({ row, depth, selfMs }) => [row.spanId, depth, selfMs]);

describe('traceTree', () => {
  it('walks from callers to callees with the time each spent itself', () => {
    const rows = [span('c', 'b', 90, 40), span('b', 'a', 95, 60), span('a', 'unseen', 100, 100), span('d', 'b', 94, 4)];
    expect(places(rows)).toEqual([
      ['a', 0, 40],
      ['b', 1, 16],
      ['c', 2, 40],
      ['d', 2, 4],
    ]);
  });

  it('counts calls side by side once, and never below nothing where clocks differ', () => {
    const rows = [span('a', '', 100, 100), span('b', 'a', 90, 60), span('c', 'a', 80, 60), span('d', 'c', 95, 70)];
    expect(places(rows)).toEqual([
      ['a', 0, 30],
      ['c', 1, 0],
      ['d', 2, 70],
      ['b', 1, 60],
    ]);
  });

  it('hangs what names a caller that nobody has seen under what begins the trace, and says so', () => {
    const rows = [span('x', 'lost', 60, 10), span('a', '', 100, 100), span('y', 'x', 58, 5)];
    expect(traceTree(rows).map(({ row, depth, isDetached }) => [row.spanId, depth, isDetached])).toEqual([
      ['a', 0, false],
      ['x', 1, true],
      ['y', 2, false],
    ]);
    // Nobody knows whether it called it, so it is none of its calls.
    expect(traceTree(rows)[0]).toMatchObject({ calls: 0, selfMs: 100 });
    // Without a line that begins the trace it is the longest.
    expect(places([span('x', 'lost', 60, 10), span('z', 'lost too', 90, 80)])).toEqual([
      ['z', 0, 80],
      ['x', 1, 10],
    ]);
  });

  it('finds whom a proxy asked that hands on the context it was given', () => {
    const [web, was] = ['service:web', 'service:was'];
    const rows = [
      span('', 'browser', 100, 50, web, was),
      span('', 'browser', 99, 40, was),
      span('', 'browser', 300, 60, web, was),
      span('', 'browser', 298, 55, was),
    ];
    expect(traceTree(rows).map(({ row, depth, isDetached }) => [row.endUnixMs, depth, isDetached])).toEqual([
      [300, 0, false],
      [100, 1, true],
      [99, 2, false],
      [298, 1, false],
    ]);
    // The call itself, where it is a line of its own, is above what it asked.
    const call = [span('w', 'browser', 100, 50, web, was), span('k', 'w', 100, 45, web, was), rows[1]!];
    expect(traceTree(call).map(({ row, depth }) => [row.service, row.spanId, depth])).toEqual([
      [web, 'w', 0],
      [web, 'k', 1],
      [was, '', 2],
    ]);
  });

  it('hangs who was asked under the call that asked, though it names the request', () => {
    const [web, was] = ['service:web', 'service:was'];
    const rows = [
      span('r', '', 200, 200, web, was),
      span('k', 'r', 100, 95, web, was),
      span('m', 'r', 200, 92, web, was),
      span('b', 'r', 198, 88, was),
      span('d', 'r', 199, 5, 'service:other'),
    ];
    expect(places(rows)).toEqual([
      ['r', 0, 13],
      ['k', 1, 95],
      ['m', 1, 4],
      ['b', 2, 88],
      ['d', 1, 5],
    ]);
  });

  it('guesses that by time only where nobody knows who answered', () => {
    const [web, was, other] = ['service:web', 'service:was', 'service:other'];
    const proxy = (callee: string | null) => span('', 'browser', 1_100, 50, web, callee, '10.0.0.7:8080');
    const howFound = (row: Row, callee: string | null, ...more: readonly Row[]) => {
      const { isGuessed, isDetached } = traceTree([proxy(callee), row, ...more]).find((node) => node.row === row)!;
      return isGuessed ? 'guessed' : isDetached ? 'not' : 'surely';
    };
    const inner = span('', 'browser', 1_000, 40, was);
    expect(howFound(inner, was)).toBe('surely');
    expect(howFound(inner, null)).toBe('guessed');
    expect(howFound(inner, 'service:tomcat@was-1')).toBe('guessed');
    expect(howFound(inner, other, span('', 'x', 1_000, 1, other))).toBe('not');
    expect(howFound(span('', 'browser', 5_000, 40, was), null)).toBe('not');
    expect(howFound(span('', 'somebody', 1_000, 40, was), null)).toBe('not');
    // Two that wait for unknown places do not call each other.
    const both = [proxy(null), span('', 'browser', 1_100, 40, was, null, '10.0.0.8:5432')];
    expect(traceTree(both).map(({ row, depth }) => [row.service, depth])).toEqual([
      [web, 0],
      [was, 1],
    ]);
  });

  it('shows every row of a circle once', () => {
    const rows = [span('a', 'b', 10, 5), span('b', 'a', 12, 9), span('x', 'x', 20, 1)];
    expect(traceTree(rows).map(({ row }) => row.spanId)).toEqual(['x', 'b', 'a']);
  });

  it('shows every row once, whoever names whom, and does not run out of stack', () => {
    const id = fc.constantFrom('', ...'abcdef');
    const some = fc.constantFrom('service:a', 'service:b');
    const row = fc.record({
      spanId: id,
      parentSpanId: id,
      endUnixMs: fc.integer({ min: 0, max: 50 }),
      elapsedMs: fc.integer({ min: 0, max: 50 }),
      service: some,
      callee: fc.option(some),
      peer: fc.option(some),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), (rows) => {
        const walk = traceTree(rows);
        expect(new Set(walk.map(({ row: of }) => of)).size).toBe(rows.length);
        expect(walk).toHaveLength(rows.length);
        expect(walk.every(({ selfMs }) => selfMs >= 0)).toBe(true);
      }),
    );
    const chain = Array.from({ length: 20_000 }, (_, i) => span(`${i}`, i === 0 ? '' : `${i - 1}`, 10, 5));
    expect(traceTree(chain).at(-1)?.depth).toBe(19_999);
  });
});
