import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RANGE_MS, type TimeRange } from './time-range.ts';
import { emptyUrlState, MAX_URL_VALUE, parseUrlState, printUrlState, type UrlState } from './url-state.ts';

const text = fc.string({ maxLength: MAX_URL_VALUE, unit: 'grapheme' }).filter((value) => value.length <= MAX_URL_VALUE);
const optional = fc.option(text.filter((value) => value !== ''));
const relative: fc.Arbitrary<TimeRange> = fc
  .integer({ min: 1, max: 86_400 })
  .map((seconds) => ({ kind: 'relative', lastMs: seconds * 1000 }));
const absolute: fc.Arbitrary<TimeRange> = fc
  .tuple(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: MAX_RANGE_MS }))
  .map(([fromMs, lengthMs]) => ({ kind: 'absolute', fromMs, toMs: fromMs + lengthMs }));
const state: fc.Arbitrary<UrlState> = fc.record({
  range: fc.oneof(relative, absolute),
  isPaused: fc.boolean(),
  filter: text,
  selected: optional,
  tab: optional,
  box: optional,
  topMs: fc.option(fc.integer({ min: 1, max: 9_999_999 })),
  isErrorsOnly: fc.boolean(),
  evidence: optional,
  language: fc.constantFrom('ko' as const, 'en' as const, null),
  theme: fc.constantFrom('dark' as const, 'light' as const, null),
});

describe('the URL', () => {
  it('brings back every state it was written from', () => {
    fc.assert(
      fc.property(state, (value) => {
        expect(parseUrlState(printUrlState(value))).toEqual(value);
      }),
    );
  });

  it('reads any text without failing, and to a state that prints stably', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (search) => {
        const read = parseUrlState(search);
        expect(parseUrlState(printUrlState(read))).toEqual(read);
      }),
    );
  });

  it('is empty at the defaults', () => expect(printUrlState(emptyUrlState)).toBe(''));

  it.each([
    ['?from=-1h&to=now', { kind: 'relative', lastMs: 3_600_000 }],
    ['?from=-1h', { kind: 'relative', lastMs: 3_600_000 }],
    [
      '?from=2026-11-20T14:10:00%2B09:00&to=2026-11-20T14:38:00%2B09:00',
      { kind: 'absolute', fromMs: Date.parse('2026-11-20T05:10:00Z'), toMs: Date.parse('2026-11-20T05:38:00Z') },
    ],
    ['?from=2026-11-20T14:38:00Z&to=2026-11-20T14:10:00Z', { kind: 'relative', lastMs: 1_800_000 }],
    ['?from=-0m&to=now', { kind: 'relative', lastMs: 1_800_000 }],
    ['?from=-9999d&to=now', { kind: 'relative', lastMs: 1_800_000 }],
  ])('reads the range of %s', (search, range) => expect(parseUrlState(search).range).toEqual(range));
});
