import { describe, expect, it } from 'vitest';
import { traceTree } from './trace-tree.ts';

const span = (spanId: string, parentSpanId: string, endUnixMs: number, elapsedMs: number) => ({
  spanId,
  parentSpanId,
  endUnixMs,
  elapsedMs,
});

describe('traceTree', () => {
  it('walks from callers to callees with the time each spent itself', () => {
    const rows = [span('c', 'b', 90, 40), span('b', 'a', 95, 60), span('a', 'unseen', 100, 100), span('d', 'b', 94, 4)];
    expect(traceTree(rows).map(({ row, depth, selfMs }) => [row.spanId, depth, selfMs])).toEqual([
      ['a', 0, 40],
      ['b', 1, 16],
      ['c', 2, 40],
      ['d', 2, 4],
    ]);
  });

  it('shows every row of a circle once', () => {
    const rows = [span('a', 'b', 10, 5), span('b', 'a', 12, 9), span('x', 'x', 20, 1)];
    expect(traceTree(rows).map(({ row }) => row.spanId)).toEqual(['x', 'b', 'a']);
  });
});
