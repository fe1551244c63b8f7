import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStatsd } from './statsd-line.ts';

describe('a StatsD line', () => {
  it.each([
    { line: 'shop.orders:1|c', want: { name: 'shop.orders', kind: 'counter', values: ['1'], rate: 1 } },
    { line: 'shop.orders:3|c|@0.1', want: { kind: 'counter', values: ['3'], rate: 0.1 } },
    { line: 'queue:-2|g', want: { kind: 'gauge', values: ['-2'] } },
    { line: 'queue:+2.5|g', want: { kind: 'gauge', values: ['+2.5'] } },
    { line: 'pay:320.5|ms', want: { kind: 'timer', values: ['320.5'] } },
    { line: 'size:1:2:3|h', want: { kind: 'histogram', values: ['1', '2', '3'] } },
    { line: 'size:1e3|d', want: { kind: 'histogram', values: ['1e3'] } },
    { line: 'users:kim:1|s', want: { kind: 'set', values: ['kim:1'] } },
    {
      line: 'a:1|c|@0.5|#kind:web,vip,url:http://x|c:in-1|T1700000000',
      want: { rate: 0.5, attributes: { kind: 'web', vip: 'true', url: 'http://x' } },
    },
    { line: 'a b/c-d:1|c', want: { name: 'a_b/c-d' } },
    { line: 'a:1|c|#', want: { attributes: {} } },
    { line: 'a:1|c|#k:\u001b[31m', want: { attributes: { k: '?[31m' } } },
  ])('reads $line', ({ line, want }) => {
    expect(parseStatsd(line)).toMatchObject({ ok: true, value: want });
  });

  it.each([
    'a',
    'a:1',
    'a:|c',
    ':1|c',
    '9a:1|c',
    'a:1|x',
    'a:1|constructor',
    'a:one|c',
    'a:1|c|@0',
    'a:1|c|@2',
    'a:1|c|@x',
    'a:1|c|@-0.1',
    'a:NaN|g',
    'a:Infinity|g',
    'a:0x10|g',
    'a:1e99|g',
    'a:1|c|nonsense',
    'a:|s',
    `u:${'x'.repeat(129)}|s`,
    `${'a'.repeat(161)}:1|c`,
    `a:${'1:'.repeat(101)}1|h`,
    `a:1|c|#${'x'.repeat(1_500)}`,
    '<13>Nov 23 05:00:00 host app: text',
    '결제:1|c',
    'kim@example.kr:1|c',
    'a\u001b:1|c',
  ])('is refused: %s', (line) => {
    expect(parseStatsd(line)).toMatchObject({ ok: false, reason: 'statsd-malformed' });
  });

  it.each(['_e{5,4}:title|text', '_sc|name|0'])('is of a kind that is not taken: %s', (line) => {
    expect(parseStatsd(line)).toMatchObject({ ok: false, reason: 'statsd-unsupported' });
  });

  it.each([
    Array.from({ length: 11 }, (_, i) => `t${i}:1`).join(','),
    `${'k'.repeat(65)}:1`,
    `k:${'v'.repeat(129)}`,
    '__proto__:1',
    ':1',
    'a:1,,b:2',
    'kim@example.kr:1',
  ])('has tags beyond what a series may have: %s', (tags) => {
    expect(parseStatsd(`a:1|c|#${tags}`)).toMatchObject({ ok: false, reason: 'statsd-bad-tags' });
  });

  it('means the same whatever the order of its tags', () => {
    const keys = ['a:1|c|#x:1,y:2', 'a:1|c|#y:2,x:1'].map((line) => {
      const parsed = parseStatsd(line);
      return parsed.ok ? parsed.value.attributesKey : null;
    });
    expect(keys[0]).toBe(keys[1]);
  });

  it('may be anything, and what is taken is within bounds', () => {
    const pieces = fc.constantFrom(
      'a',
      'b.c',
      ':',
      '|',
      '1',
      '-',
      '+',
      'e9',
      'c',
      'g',
      'ms',
      '@',
      '#',
      ',',
      '\u0000',
      '한',
    );
    const line = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(line, (text) => {
        const parsed = parseStatsd(text);
        if (!parsed.ok) return;
        const { name, kind, values, rate, attributes } = parsed.value;
        expect(name).toMatch(/^[A-Za-z][\w.\-/]*$/);
        expect(rate > 0 && rate <= 1).toBe(true);
        if (kind !== 'set') for (const value of values) expect(Math.abs(Number(value))).toBeLessThanOrEqual(1e15);
        expect(Object.keys(attributes).length).toBeLessThanOrEqual(10);
      }),
      { numRuns: 2_000 },
    );
  });
});
