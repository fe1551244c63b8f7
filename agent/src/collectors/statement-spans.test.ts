import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextOf, type StatementSeen, StatementSpans } from './statement-spans.ts';

const traceId = '5bd66ef5095369c7b0d1f8f4bd33716a';
const parentSpanId = 'c532cb4098ac3dd2';
const comment = `/*action='pay',framework='spring',traceparent='00-${traceId}-${parentSpanId}-01'*/`;

describe('the context of a statement', () => {
  it.each([
    ['behind it', `SELECT 1 ${comment}`],
    ['behind it with what ends it', `SELECT 1 ${comment} ;\n`],
    ['before it', ` ${comment} SELECT 1`],
    ['with others around it', `SELECT 1 /* why */ ${comment}`],
    ['alone', `SELECT 1 /*traceparent='00-${traceId}-${parentSpanId}-00'*/`],
  ])('is read %s', (_, text) => expect(contextOf(text, text)).toEqual({ traceId, parentSpanId }));

  it.each([
    ['within a literal', `SELECT '${comment.replaceAll("'", "''")}'`],
    ['in the middle', `SELECT 1 ${comment} FROM t`],
    ['in a value of another key', `SELECT 1 /*action='x traceparent=00-${traceId}-${parentSpanId}-01'*/`],
    ['of another version', `SELECT 1 /*traceparent='01-${traceId}-${parentSpanId}-01'*/`],
    ['that is cut off', `SELECT 1 ${comment.slice(0, -4)}`],
    ['in code that MySQL executes', `SELECT 1 /*!${comment.slice(2)}`],
    ['nowhere', 'SELECT 1'],
  ])('is none %s', (_, text) => expect(contextOf(text, text)).toBeNull());

  it('is looked for in bounded time, whatever the text', () => {
    for (const piece of ['/*', '*/', ';', ' ', "traceparent='", ',']) {
      expect(contextOf(piece.repeat(16_384), piece.repeat(1_024))).toBeNull();
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(contextOf(text, text)).toBeNull();
      }),
    );
  });
});

describe('slow statements', () => {
  const statement = (of: Partial<StatementSeen> = {}): StatementSeen => ({
    run: '7 12:00',
    text: `SELECT name FROM people WHERE id = 'kim' ${comment}`,
    tail: comment,
    elapsedMs: 600,
    endUnixMs: null,
    ...of,
  });

  it('are spans once they have ended, without what they were asked for', () => {
    const spans = new StatementSpans('postgresql');
    spans.note([statement()], 1_000);
    spans.note([statement({ elapsedMs: 1_600 })], 2_000);
    expect(spans.take()).toEqual([]);
    for (const nowMs of [3_000, 4_000]) spans.note([statement({ elapsedMs: 1_900, endUnixMs: 2_300 })], nowMs);
    expect(spans.take()).toEqual([
      {
        endUnixMs: 2_300,
        elapsedMs: 1_900,
        kind: 2,
        isError: false,
        service: '',
        role: 'postgresql',
        name: 'SELECT name FROM people WHERE id = ?',
        traceId,
        spanId: expect.stringMatching(/^a[0-9a-f]{15}$/),
        parentSpanId,
        peer: '',
      },
    ]);
  });

  it('are told as they were seen last where nobody saw them end', () => {
    const spans = new StatementSpans('mysql');
    spans.note([statement(), statement({ run: '8', elapsedMs: 5_000 })], 1_000);
    spans.note([statement({ elapsedMs: 1_600 })], 2_000);
    spans.note([], 3_000);
    spans.note([], 4_000);
    expect(spans.take().map(({ endUnixMs, elapsedMs }) => [endUnixMs, elapsedMs])).toEqual([
      [1_000, 5_000],
      [2_000, 1_600],
    ]);
  });

  it('that run again under the same name are each a span', () => {
    const spans = new StatementSpans('mysql');
    for (const [nowMs, elapsedMs] of [
      [1_000, 900],
      [2_000, 1_900],
      [3_000, 700],
    ] as const) {
      spans.note([statement({ elapsedMs })], nowMs);
    }
    spans.note([], 4_000);
    const told = spans.take();
    expect(told.map(({ elapsedMs }) => elapsedMs)).toEqual([1_900, 700]);
    expect(new Set(told.map(({ spanId }) => spanId)).size).toBe(2);
  });

  it('without a trace are none, and what nobody takes is bounded', () => {
    const spans = new StatementSpans('mysql');
    spans.note([statement({ text: 'SELECT 1', tail: '' })], 1_000);
    spans.note([], 2_000);
    expect(spans.take()).toEqual([]);
    for (let i = 0; i < 3_000; i++) spans.note([statement({ run: `${i}`, endUnixMs: i })], i);
    expect(spans.take()).toHaveLength(1_000);
  });
});
