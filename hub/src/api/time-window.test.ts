import { describe, expect, it } from 'vitest';
import { usualStep } from './query.ts';
import { timeExpression } from './schema/common.ts';
import { timeOf, windowOf } from './time-window.ts';

const NOW = Date.UTC(2026, 10, 22, 12);

describe('time expressions', () => {
  it.each([
    { text: 'now', want: NOW },
    { text: '-30m', want: NOW - 1_800_000 },
    { text: '-2d', want: NOW - 172_800_000 },
    { text: '2026-11-22T21:00:00+09:00', want: NOW },
    { text: '2026-11-22T12:00:00Z', want: NOW },
  ])('reads $text', ({ text, want }) => {
    expect(timeExpression.safeParse(text).success).toBe(true);
    expect(timeOf(text, NOW)).toBe(want);
  });

  it.each(['', '30m', '-0m', '-1w', 'yesterday', '2026-11-22', '2026-11-22T21:00:00', '-99999999s'])(
    'refuses "%s"',
    (text) => {
      expect(timeExpression.safeParse(text).success).toBe(false);
    },
  );

  it('refuses windows that run backwards or for more than a year or so', () => {
    expect(() => windowOf({ from: 'now', to: '-1m' }, NOW)).toThrow(/before/);
    expect(() => windowOf({ from: '-500d', to: 'now' }, NOW)).toThrow(/400 days/);
  });

  it.each([
    { windowMs: 60_000, want: 1 },
    { windowMs: 1_800_000, want: 10 },
    { windowMs: 86_400_000, want: 300 },
    { windowMs: 400 * 86_400_000, want: 86_400 },
  ])('takes $want s for $windowMs ms', ({ windowMs, want }) => expect(usualStep(windowMs)).toBe(want));
});
