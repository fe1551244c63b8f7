import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RANGES, SequenceSet } from './sequence-set.ts';

describe('SequenceSet', () => {
  it('knows exactly what was added, in any order, and what survives being written down', () => {
    const sequence = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(fc.array(fc.tuple(sequence, fc.integer({ min: 0, max: 5 }))), (ranges) => {
        const set = new SequenceSet();
        const model = new Set<number>();
        for (const [from, length] of ranges) {
          expect(set.missing(from, from + length)).toBe(
            Array.from({ length: length + 1 }, (_, i) => from + i).filter((number) => !model.has(number)).length,
          );
          expect(set.add(from, from + length)).toBe(true);
          for (let number = from; number <= from + length; number += 1) model.add(number);
        }
        const again = new SequenceSet(set.upTo, set.beyond);
        for (let number = 1; number <= 70; number += 1) {
          expect(set.has(number)).toBe(model.has(number));
          expect(again.has(number)).toBe(model.has(number));
        }
        expect(model.has(set.upTo + 1)).toBe(false);
        expect(set.highest).toBe(Math.max(0, ...model));
      }),
    );
  });

  it('refuses one hole too many and stays as it was', () => {
    const set = new SequenceSet();
    for (let i = 0; i < MAX_RANGES; i += 1) expect(set.add(2 + 2 * i)).toBe(true);
    const before = set.beyond;
    expect(set.add(1_000_000)).toBe(false);
    expect(set.beyond).toEqual(before);
    // What fills a hole is always welcome.
    expect(set.add(3)).toBe(true);
    expect(set.add(1, 2 * MAX_RANGES)).toBe(true);
    expect([set.upTo, set.beyond]).toEqual([2 * MAX_RANGES, []]);
  });
});
