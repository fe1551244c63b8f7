import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betweenSamples, currentValue, isolatedIndexes } from './cadence.ts';
import { findGaps } from './gaps.ts';
import { timeTicks, valueTicks } from './ticks.ts';

describe('gaps', () => {
  const step = 10_000;
  it.each([
    { name: 'none while every step is known', line: [1, 2, 3, 4], endMs: 40_000, want: [] },
    {
      name: 'a hole of three steps',
      line: [1, 2, 3, 4, null, null, null, 5],
      endMs: 80_000,
      want: [{ fromMs: 40_000, toMs: 70_000 }],
    },
    { name: 'not a single missed step', line: [1, 2, null, 3], endMs: 40_000, want: [] },
    { name: 'nothing before the first value', line: [null, null, null, 1], endMs: 40_000, want: [] },
    { name: 'silence at the right edge', line: [1, 2], endMs: 100_000, want: [{ fromMs: 20_000, toMs: 80_000 }] },
    { name: 'nothing at all', line: [null, null], endMs: 20_000, want: [] },
    {
      name: 'not the pace of a slow collector',
      line: [1, null, null, null, null, null, 2, null, null, null, null, null, 3],
      endMs: 130_000,
      want: [],
    },
  ])('$name', ({ line, endMs, want }) => {
    const times = line.map((_, index) => index * step);
    expect(findGaps(times, [line], step, endMs)).toEqual(want);
  });

  it('needs every line to be silent', () => {
    expect(
      findGaps(
        [0, 1, 2, 3],
        [
          [1, null, null, 1],
          [null, 1, 1, null],
        ],
        1,
        4,
      ),
    ).toEqual([]);
  });
});

describe('lines of mixed pace', () => {
  /** 10 s summaries, then every second, on steps of one second. */
  const times = Array.from({ length: 60 }, (_, index) => index * 1000);
  const values = times.map((timeMs, index) => (timeMs < 40_000 ? (index % 10 === 0 ? index : null) : index));

  it('go on between samples of the usual distance', () => {
    expect(betweenSamples(times, values)).not.toContain(null);
    expect(findGaps(times, [values], 1000, 60_000)).toEqual([]);
  });

  it('break where more is missing, and show a lone sample as a dot', () => {
    const holed = values.map((value, index) => (index > 0 && index < 45 && index !== 20 ? null : value));
    const longer = [...times.map((timeMs) => timeMs * 2)];
    const drawn = betweenSamples(longer, holed);
    expect(drawn[10]).toBeNull();
    expect(isolatedIndexes(drawn)).toEqual([0, 20]);
  });

  it('have a current value only while it is recent', () => {
    expect(currentValue(times, values, 1000, 60_000)).toBe(59);
    expect(currentValue(times, values, 1000, 120_000)).toBeNull();
    expect(currentValue(times, [null], 1000, 0)).toBeNull();
  });
});

describe('ticks', () => {
  it('stand on round times of Seoul, few enough to read', () => {
    const range = fc.tuple(fc.integer({ min: 1.5e12, max: 2e12 }), fc.integer({ min: 60_000, max: 30 * 86_400_000 }));
    fc.assert(
      fc.property(range, ([fromMs, lengthMs]) => {
        const ticks = timeTicks(fromMs, fromMs + lengthMs, 7);
        expect(ticks.length).toBeLessThanOrEqual(8);
        for (const tick of ticks) {
          expect(tick >= fromMs && tick <= fromMs + lengthMs).toBe(true);
          expect(tick % 5000).toBe(0);
        }
      }),
    );
    expect(timeTicks(Date.parse('2026-11-20T00:30:00+09:00'), Date.parse('2026-11-23T00:30:00+09:00'), 4)).toEqual(
      ['21', '22', '23'].map((day) => Date.parse(`2026-11-${day}T00:00:00+09:00`)),
    );
  });

  it.each([
    [0, 1, [0, 0.5, 1]],
    [0, 0.47, [0, 0.2, 0.4, 0.6]],
    [0, 1400, [0, 500, 1000, 1500]],
    [0, 0, [0]],
  ])('cover %d to %d with round values', (low, high, want) => expect(valueTicks(low, high)).toEqual(want));
});
