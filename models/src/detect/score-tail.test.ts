import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNormal, createRandom } from '../random.ts';
import { ScoreTail } from './score-tail.ts';

describe('ScoreTail', () => {
  it('is unknown before 30 scores', () => {
    const tail = new ScoreTail();
    for (let i = 0; i < 29; i++) tail.add(i + 1);
    expect(tail.probability(5)).toBeNull();
    tail.add(30);
    expect(tail.probability(5)).not.toBeNull();
  });

  it('is calibrated on skewed scores: about 1 in 100 is judged rarer than 0.01', () => {
    const normal = createNormal(createRandom(3));
    const tail = new ScoreTail();
    let rare = 0;
    const steps = 20_000;
    for (let i = 0; i < steps; i++) {
      const score = Math.exp(normal());
      if ((tail.probability(score) ?? 1) < 0.01) rare += 1;
      tail.add(score);
    }
    expect(rare / steps).toBeGreaterThan(0.002);
    expect(rare / steps).toBeLessThan(0.02);
  });

  it('never rises with the score and stays within 0..1, whatever was seen', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 30, maxLength: 500 }),
        (scores) => {
          const tail = new ScoreTail();
          for (const score of scores) tail.add(score);
          let before = 1;
          for (let score = 1e-9; score < 1e9; score *= 3) {
            const p = tail.probability(score)!;
            expect(p).toBeLessThanOrEqual(before + 1e-12);
            expect(p).toBeGreaterThanOrEqual(0);
            before = p;
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
