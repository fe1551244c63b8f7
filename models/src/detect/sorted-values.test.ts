import fc from 'fast-check';
import { expect, it } from 'vitest';
import { medianOf, quantileOf } from '../quantile.ts';
import { SortedValues } from './sorted-values.ts';

it('gives the quantiles and distances that sorting all gives, whatever comes and goes', () => {
  const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 })).map(
    // Of the two zeros either may stand at a place.
    (one) => one + 0,
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 80 }), fc.nat(60), (all, gone) => {
      const sorted = new SortedValues(all.length);
      for (const one of all) sorted.add(one);
      const left = all.slice(Math.min(gone, all.length - 1));
      for (const one of all.slice(0, all.length - left.length)) sorted.remove(one);
      for (const share of [0, 0.05, 0.5, 0.95, 1]) expect(sorted.quantile(share)).toBe(quantileOf(left, share));
      for (const center of [medianOf(left), left[0]!, 0]) {
        expect(sorted.medianDistance(center)).toBe(medianOf(left.map((one) => Math.abs(one - center))));
      }
    }),
  );
});
