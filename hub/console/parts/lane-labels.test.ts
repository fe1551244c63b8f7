import fc from 'fast-check';
import { expect, it } from 'vitest';
import { labelGroups, staggerRows } from './lane-labels.ts';

it('merges what happened at nearly the same time', () => {
  const groups = labelGroups([
    { share: 0.5, item: 'b' },
    { share: 0.45, item: 'a' },
    { share: 0.9, item: 'c' },
  ]);
  expect(groups.map(({ first, others, side }) => ({ first, others, side }))).toEqual([
    { first: 'a', others: ['b'], side: 'right' },
    { first: 'c', others: [], side: 'left' },
  ]);
});

it('never lets two labels overlap, whatever happened when', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (shares) => {
      const spans = labelGroups(shares.map((share) => ({ share, item: share }))).map(({ share, side, roomShare }) =>
        side === 'left' ? [share - roomShare, share] : [share, share + roomShare],
      );
      for (const [index, [, end = 0]] of spans.entries()) {
        expect(end).toBeLessThanOrEqual((spans[index + 1]?.[0] ?? 1) + 1e-9);
      }
    }),
  );
});

it('gives words of lines that are close a row of their own', () => {
  expect(staggerRows([0.1, 0.15, 0.6], 0.2)).toEqual([0, 1, 0]);
  expect(staggerRows([0.95, 0.9], 0.2)).toEqual([1, 0]);
});
