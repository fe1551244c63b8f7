import { solveSymmetric } from '../matrix.ts';

/** How often something happened while the same factors held. */
export interface OddsPattern {
  /** Bit i is set where factor i held. */
  readonly factors: number;
  /** Times looked at, and how many of them it happened after. Overlapping times count in part. */
  readonly times: number;
  readonly events: number;
}

/** What is believed of a weight before anything was seen: natural logarithms of odds. */
export interface OddsPrior {
  readonly mean: number;
  readonly deviation: number;
}

/** Weights: that of the usual first, then one a factor; and how unsure they are together. */
export interface OddsModel {
  readonly weights: Float64Array;
  /** Row-major. */
  readonly covariance: Float64Array;
}

export interface Odds {
  readonly probability: number;
  /** The true one is between them in nine of ten cases, if the model holds. */
  readonly low: number;
  readonly high: number;
}

const STEPS = 50;
const ENOUGH = 1e-9;
/** Beyond, a probability says no more than its limit. */
const LOGIT_LIMIT = 30;
const Z_90 = 1.645;

/**
 * Logistic regression under a normal prior, by Newton's method; unsureness by Laplace's approximation. Without any times it is
 * the prior, so that a fleet of a day gives sober odds.
 *
 * @param priors - of the usual first, then one a factor
 * @see MacKay 1992, "The Evidence Framework Applied to Classification Networks"
 */
export function fitOdds(patterns: readonly OddsPattern[], priors: readonly OddsPrior[]): OddsModel {
  const n = priors.length;
  const weights = Float64Array.from(priors, ({ mean }) => mean);
  let information = new Float64Array(n * n);
  for (let step = 0; step < STEPS; step++) {
    const slope = new Float64Array(n);
    information = new Float64Array(n * n);
    priors.forEach(({ mean, deviation }, i) => {
      slope[i] = (mean - weights[i]!) / deviation ** 2;
      information[i * n + i] = 1 / deviation ** 2;
    });
    for (const { factors, times, events } of patterns) {
      const probability = logistic(logitOf(weights, factors));
      const held = indices(factors, n);
      for (const i of held) {
        slope[i]! += events - times * probability;
        for (const j of held) information[i * n + j]! += times * probability * (1 - probability);
      }
    }
    const change = solveSymmetric(information.slice(), n, slope, 1);
    // A full step can overshoot where almost nothing ever happened.
    const largest = change.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const share = Math.min(1, 2 / Math.max(largest, ENOUGH));
    for (let i = 0; i < n; i++) weights[i]! += share * change[i]!;
    if (largest < ENOUGH) break;
  }
  const identity = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
  return { weights, covariance: solveSymmetric(information, n, identity, n) };
}

/** How likely it is while these factors hold. */
export function oddsOf({ weights, covariance }: OddsModel, factors: number): Odds {
  const n = weights.length;
  const logit = logitOf(weights, factors);
  const held = indices(factors, n);
  const variance = held.reduce((sum, i) => sum + held.reduce((part, j) => part + covariance[i * n + j]!, 0), 0);
  const spread = Z_90 * Math.sqrt(Math.max(0, variance));
  return { probability: logistic(logit), low: logistic(logit - spread), high: logistic(logit + spread) };
}

function logitOf(weights: Float64Array, factors: number): number {
  return indices(factors, weights.length).reduce((sum, i) => sum + weights[i]!, 0);
}

/** Of the usual, and of the factors that hold. */
function indices(factors: number, n: number): number[] {
  const held = [0];
  for (let i = 1; i < n; i++) if ((factors & (1 << (i - 1))) !== 0) held.push(i);
  return held;
}

const logistic = (logit: number): number => 1 / (1 + Math.exp(-Math.min(LOGIT_LIMIT, Math.max(-LOGIT_LIMIT, logit))));
