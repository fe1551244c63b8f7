import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrationOf } from './calibration.ts';
import { fitOdds, type OddsPattern, oddsOf } from './event-odds.ts';

const priors = [
  { mean: Math.log(0.001), deviation: 1.5 },
  { mean: 1, deviation: 1 },
  { mean: 0.5, deviation: 1 },
];
/** Rates: usual .01, times 5 with the first factor (in odds), nothing from the second. */
const seen: readonly OddsPattern[] = [
  { factors: 0b00, times: 50_000, events: 500 },
  { factors: 0b01, times: 5_000, events: 240 },
  { factors: 0b10, times: 20_000, events: 200 },
  { factors: 0b11, times: 2_000, events: 96 },
];

describe('odds of an event', () => {
  it('are those that were seen, where enough was', () => {
    const model = fitOdds(seen, priors);
    expect(oddsOf(model, 0).probability).toBeCloseTo(0.01, 3);
    expect(oddsOf(model, 1).probability).toBeCloseTo(0.048, 3);
    expect(model.weights[2]).toBeCloseTo(0, 1);
    const { low, high, probability } = oddsOf(model, 1);
    expect(low).toBeLessThan(probability);
    expect(high - low).toBeLessThan(0.015);
  });

  it('are the prior where nothing was seen, and unsure', () => {
    const model = fitOdds([], priors);
    expect(oddsOf(model, 0).probability).toBeCloseTo(0.001, 4);
    expect(oddsOf(model, 0).high / oddsOf(model, 0).low).toBeGreaterThan(50);
  });

  it('are finite and in order for any past', () => {
    const pattern = fc
      .record({
        factors: fc.nat(3),
        times: fc.double({ min: 0, max: 1e7, noNaN: true }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ factors, times, share }) => ({ factors, times, events: times * share }));
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), fc.nat(3), (patterns, factors) => {
        const { low, probability, high } = oddsOf(fitOdds(patterns, priors), factors);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(probability).toBeGreaterThanOrEqual(low);
        expect(high).toBeGreaterThanOrEqual(probability);
        expect(high).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('calibration', () => {
  it('is good for odds that come true, and says how much better they are than the usual rate', () => {
    const found = calibrationOf(fitOdds(seen, priors), 1_036 / 77_000, seen)!;
    expect(found.brier).toBeLessThan(found.brierOfUsual);
    for (const { said, happened } of found.bins) expect(said).toBeCloseTo(happened, 2);
    expect(found.bins.reduce((sum, { times }) => sum + times, 0)).toBe(77_000);
  });

  it('is none without times', () => {
    expect(calibrationOf(fitOdds([], priors), 0, [])).toBeNull();
  });
});
