import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNormal, createRandom } from '../random.ts';
import { clusterDistance, fitClusters } from './clusters.ts';
import { componentDistance, fitComponents } from './components.ts';
import { fitIsolationForest, isolationScore } from './isolation-forest.ts';
import { fitOneClassSvm, svmScore } from './one-class-svm.ts';

/** Made by `testdata/reference.py`. */
const reference: {
  nu: number;
  gamma: number;
  fit: number[];
  asked: number[];
  svmDecision: number[];
  svmSupports: number;
  isolation: number[];
} = JSON.parse(readFileSync(join(import.meta.dirname, 'testdata/reference.json'), 'utf8'));

const WIDTH = 3;
const rows = { values: Float32Array.from(reference.fit), width: WIDTH };
const asked = Float32Array.from(reference.asked);
const scoresOf = (score: (at: number) => number) => reference.svmDecision.map((_, row) => score(row * WIDTH));

/** Spearman's rank correlation; ties are not expected. */
function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]) => {
    const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!);
    const result = new Float64Array(values.length);
    order.forEach((i, rank) => {
      result[i] = rank;
    });
    return result;
  };
  const [ofA, ofB] = [ranks(a), ranks(b)];
  const squares = ofA.reduce((sum, rank, i) => sum + (rank - ofB[i]!) ** 2, 0);
  return 1 - (6 * squares) / (a.length * (a.length ** 2 - 1));
}

describe('a one-class SVM', () => {
  it('decides as scikit-learn does, with as many support vectors', () => {
    const svm = fitOneClassSvm(rows, { seed: 1, nu: reference.nu, gamma: reference.gamma });
    const decisions = scoresOf((at) => svm.boundary - svmScore(svm, asked, at));
    decisions.forEach((decision, i) => {
      expect(decision).toBeCloseTo(reference.svmDecision[i]!, 3);
    });
    expect(rankCorrelation(decisions, reference.svmDecision)).toBeGreaterThan(0.999);
    expect(Math.abs(svm.weights.length - reference.svmSupports)).toBeLessThan(4);
  });

  it('leaves about a share nu of the rows outside', () => {
    for (const nu of [0.02, 0.1, 0.3]) {
      const svm = fitOneClassSvm(rows, { seed: 1, nu });
      const outside = Array.from({ length: 400 }, (_, row) => svmScore(svm, rows.values, row * WIDTH));
      expect(outside.filter((score) => score > svm.boundary).length / 400).toBeCloseTo(nu, 1);
      expect(svm.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    }
  });

  it('draws a thousand of many rows by its seed', () => {
    const normal = createNormal(createRandom(1));
    const many = { values: Float32Array.from({ length: 20_000 * WIDTH }, normal), width: WIDTH };
    const svm = fitOneClassSvm(many, { seed: 3 });
    expect(svm.weights.length).toBeLessThan(200);
    expect(fitOneClassSvm(many, { seed: 3 })).toEqual(svm);
    expect(fitOneClassSvm(many, { seed: 4 })).not.toEqual(svm);
  });
});

describe('an isolation forest', () => {
  const forest = fitIsolationForest(rows, { seed: 1 });

  it('scores as scikit-learn does, but for what is drawn', () => {
    const scores = scoresOf((at) => isolationScore(forest, asked, at));
    scores.forEach((score, i) => {
      expect(Math.abs(score - reference.isolation[i]!)).toBeLessThan(0.08);
    });
    expect(rankCorrelation(scores, reference.isolation)).toBeGreaterThan(0.97);
  });

  it('is fixed by its seed', () => {
    expect(fitIsolationForest(rows, { seed: 1 })).toEqual(forest);
    expect(fitIsolationForest(rows, { seed: 2 })).not.toEqual(forest);
  });

  it('scores any row between 0 and 1, however wild', () => {
    const number = fc.oneof(fc.float(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -3e38));
    fc.assert(
      fc.property(fc.array(number, { minLength: WIDTH, maxLength: WIDTH }), (row) => {
        const score = isolationScore(forest, Float32Array.from(row));
        expect(score).toBeGreaterThan(0);
        expect(score).toBeLessThan(1);
      }),
      { seed: 5 },
    );
  });
});

const fits = [
  {
    name: 'isolation forest',
    fit: (values: Float32Array, width: number) => fitIsolationForest({ values, width }, { seed: 1 }),
  },
  {
    name: 'one-class SVM',
    fit: (values: Float32Array, width: number) => fitOneClassSvm({ values, width }, { seed: 1 }),
  },
];

describe('components and clusters', () => {
  const refusal = expect.objectContaining({ code: 'FIT_DATA' });

  it('refuse gaps, torn rows, and fewer rows than are asked for', () => {
    expect(() => fitComponents(Float64Array.of(1, Number.NaN), 2, 1)).toThrow(refusal);
    expect(() => fitComponents(Float64Array.of(1, 2, 3), 2, 1)).toThrow(refusal);
    expect(() => fitComponents(Float64Array.of(1, 2), 2, 5)).toThrow(refusal);
    expect(() => fitClusters([], 2, 1)).toThrow(refusal);
    expect(() => fitClusters([Float64Array.of(1)], 2, 1)).toThrow(refusal);
    expect(() => fitClusters([Float64Array.of(1), Float64Array.of(1, 2)], 2, 1)).toThrow(refusal);
    expect(() => fitClusters([Float64Array.of(1), Float64Array.of(Number.NaN)], 2, 1)).toThrow(refusal);
  });

  it('take rows that are all alike', () => {
    const alike = Float64Array.of(3, 4);
    expect(clusterDistance(fitClusters([alike, alike, alike], 2, 1), alike)).toBe(0);
    expect(componentDistance(fitComponents(Float64Array.of(3, 4, 3, 4), 2, 2), alike)).toBeCloseTo(0, 6);
  });
});

describe.each(fits)('fitting of $name', ({ fit }) => {
  it.each([
    { name: 'no rows', values: [], width: 2, says: /0 rows/ },
    { name: 'a single row', values: [1, 2], width: 2, says: /1 rows/ },
    { name: 'a torn row', values: [1, 2, 3], width: 2, says: /no rows of 2/ },
    { name: 'no columns', values: [1, 2], width: 0, says: /no rows of 0/ },
    { name: 'a gap', values: [1, 2, Number.NaN, 4], width: 2, says: /row 1 holds NaN in column 0/ },
    { name: 'an overflow', values: [1, 2, 3, 1e39], width: 2, says: /row 1 holds Infinity/ },
  ])('refuses $name', ({ values, width, says }) => {
    const fitting = () => fit(Float32Array.from(values), width);
    expect(fitting).toThrow(says);
    expect(fitting).toThrow(expect.objectContaining({ code: 'FIT_DATA' }));
  });

  it('takes rows that are all alike, few, or far apart', () => {
    for (const values of [
      new Float32Array(600).fill(5),
      Float32Array.of(1, 2, 3, 4),
      Float32Array.of(0, 3e38, -3e38, 0),
    ]) {
      expect(() => fit(values, 2)).not.toThrow();
    }
    const alike = fitIsolationForest({ values: new Float32Array(600).fill(5), width: 2 }, { seed: 1 });
    expect(isolationScore(alike, Float32Array.of(5, 5))).toBeCloseTo(0.5, 2);
    const same = fitOneClassSvm({ values: new Float32Array(600).fill(5), width: 2 }, { seed: 1 });
    expect(svmScore(same, Float32Array.of(5, 5))).toBeCloseTo(0, 5);
    expect(svmScore(same, Float32Array.of(50, 5))).toBeCloseTo(1, 5);
  });
});
