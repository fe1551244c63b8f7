import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs, createBackoff } from './backoff.ts';

const options = { firstMs: 100, limitMs: 30_000 };
const longest = () => 1 - Number.EPSILON;

it('doubles its longest pause up to the limit', () => {
  const pauses = [1, 2, 3, 9, 10, 1000].map((attempt) => Math.round(backoffMs(attempt, options, longest)));
  expect(pauses).toEqual([100, 200, 400, 25_600, 30_000, 30_000]);
});

it('stays between nothing and the limit, whatever the dice say', () => {
  const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), share, (attempt, random) => {
      const pause = backoffMs(attempt, options, () => random);
      expect(pause).toBeGreaterThanOrEqual(0);
      expect(pause).toBeLessThanOrEqual(options.limitMs);
    }),
  );
});

it('begins again after a success', () => {
  const backoff = createBackoff(options, longest);
  const first = backoff.fail();
  expect(backoff.fail()).toBeGreaterThan(first);
  expect(backoff.failures).toBe(2);
  backoff.reset();
  expect(backoff.fail()).toBe(first);
});
