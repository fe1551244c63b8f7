import { describe, expect, it } from 'vitest';
import type { TraceSpanRow, TransactionRow } from '../api/ports.ts';
import { traceLines } from './trace-lines.ts';

const id = (digit: string) => digit.repeat(16);
const transaction = (of: Partial<TransactionRow>): TransactionRow => ({
  endUnixMs: 1_000,
  elapsedMs: 100,
  status: 200,
  flags: 0,
  service: 'service:shop',
  route: 'GET /orders/{}',
  traceId: 'a'.repeat(32),
  spanId: '',
  parentSpanId: id('0'),
  peer: null,
  peerElapsedMs: null,
  agent: 'shop-1',
  ...of,
});
const span = (of: Partial<TraceSpanRow>): TraceSpanRow => ({
  endUnixMs: 1_000,
  elapsedMs: 100,
  kind: 2,
  flags: 0,
  service: 'service:shop',
  name: 'GET /orders/{}',
  traceId: 'a'.repeat(32),
  spanId: id('1'),
  parentSpanId: id('0'),
  peer: null,
  agent: 'shop-1',
  ...of,
});
const ids = (lines: ReturnType<typeof traceLines>) => lines.map(({ spanId, kind, isHeld }) => [spanId, kind, isHeld]);

describe('lines of a trace', () => {
  it.each<[string, Partial<TransactionRow>, readonly TraceSpanRow[], number]>([
    ['by its id', { spanId: id('1') }, [span({ elapsedMs: 98 })], 1],
    [
      'above the call that it waited for longest, whose id it says',
      { spanId: id('3') },
      [span({}), span({ spanId: id('2'), parentSpanId: id('1'), kind: 1 }), call(id('3'), id('2'))],
      3,
    ],
    ['by its times where its log gives no ids', {}, [span({ endUnixMs: 1_000.4 })], 1],
  ])('find the span of a request %s', (_, of, spans, count) => {
    const lines = traceLines([transaction({ status: 503, flags: 1, ...of })], spans);
    expect(lines).toHaveLength(count);
    expect(lines[0]).toMatchObject({ spanId: id('1'), kind: 2, status: 503, failed: true, isHeld: false });
  });

  it('give a request the id that its missing span would have', () => {
    const lines = traceLines([transaction({ spanId: id('3') })], [call(id('3'), id('9'))]);
    expect(ids(lines)).toEqual([
      [id('9'), 2, false],
      [id('3'), 3, false],
    ]);
    // Spans that name each other as parents are no way up.
    const circle = [call(id('3'), id('4')), call(id('4'), id('3'))];
    expect(traceLines([transaction({ spanId: id('3') })], circle)).toHaveLength(3);
  });

  it.each<[string, Partial<TraceSpanRow>]>([
    ['another host', { agent: 'shop-2' }],
    ['another service', { service: 'service:other' }],
    ['another time', { endUnixMs: 1_002 }],
    ['another caller', { parentSpanId: id('8') }],
  ])('keep a request of %s apart', (_, of) => {
    expect(traceLines([transaction({})], [span(of)])).toHaveLength(2);
  });

  it('tell two requests alike as two, and a span that was stored and answered as one', () => {
    const twins = [transaction({}), transaction({})];
    expect(ids(traceLines(twins, [span({})], [span({}), span({ spanId: id('2') })]))).toEqual([
      [id('1'), 2, false],
      [id('2'), 2, false],
    ]);
    const same = [transaction({ spanId: id('1') }), transaction({ spanId: id('1') })];
    expect(traceLines(same, [span({})]).map(({ spanId }) => spanId)).toEqual([id('1'), id('1')]);
    // What another host answers under the same id is a line of its own.
    expect(traceLines([], [span({})], [span({ agent: 'shop-2' })])).toHaveLength(2);
    expect(traceLines([transaction({ spanId: id('1') })], [], [span({ agent: 'shop-2' })])).toHaveLength(2);
    expect(ids(traceLines([], [span({})], [span({}), call(id('1'), id('0'))]))).toEqual([
      [id('1'), 2, false],
      [id('1'), 3, true],
    ]);
  });
});

function call(spanId: string, parentSpanId: string): TraceSpanRow {
  return span({ spanId, parentSpanId, kind: 3, elapsedMs: 60, peer: '10.0.0.7:80' });
}
