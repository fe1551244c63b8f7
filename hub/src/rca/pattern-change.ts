import { indexOf } from './case-index.ts';
import { defineRcaMethod, type RcaPattern } from './rca-method.ts';

const LEAST_G = 3;
const LEAST_SHIFT = 0.15;
const LEAST_SEEN = 2;
/** What was always or never there before says most when it turns over. */
const NOVELTY_POWER = 4;
const MOST_G = 30;
/** A service whose callee behaves differently too is likely to show only what comes from there. */
const EXPLAINED = 0.3;

/**
 * Services that log, call or dawdle otherwise than before: presence of each pattern among the executions of its
 * operation, held against its presence before by a G test. No word is looked at: ERROR is a word like any other. A
 * service that only gained behaviour counts less than one that lost some: much of what is new is recovery.
 */
export const patternChange = defineRcaMethod({
  name: 'pattern-change',
  version: '1',
  suspects(facts) {
    const index = indexOf(facts);
    const weights = new Map<string, { weight: number; strongest: string }>();
    for (const [entity, patterns] of Map.groupBy(facts.patterns, (pattern) => pattern.entity)) {
      const hits = patterns.flatMap((pattern) => hitOf(pattern) ?? []).sort((a, b) => b.weight - a.weight);
      if (hits.length === 0) continue;
      const gained = hits.filter(({ isGain }) => isGain).length;
      const lost = hits.length - gained;
      const balance = (1 + lost) / (1 + lost + Math.max(0, gained - lost));
      const sum = hits.slice(0, 10).reduce((total, { weight }) => total + weight, 0);
      weights.set(entity, { weight: Math.log1p(sum * balance), strongest: hits[0]!.pattern });
    }
    return [...weights].map(([entity, { weight, strongest }]) => {
      const below = Math.max(0, ...index.callees(entity).map((callee) => weights.get(callee)?.weight ?? 0));
      return {
        entity,
        metric: null,
        reasons: [
          {
            weight: below >= weight / 2 ? weight * EXPLAINED : weight,
            text: { ko: '평소와 다르게 동작합니다(로그·호출)', en: 'it behaves otherwise than before (logs, calls)' },
            ref: { kind: 'pattern' as const, id: strongest },
          },
        ],
      };
    });
  },
});

function hitOf({ pattern, before, beforeTotal, during, duringTotal }: RcaPattern) {
  if (beforeTotal < LEAST_SEEN || duringTotal === 0) return null;
  const was = before / beforeTotal;
  const is = during / duringTotal;
  const g = gTest(before, beforeTotal, during, duringTotal);
  if (g < LEAST_G || Math.abs(is - was) < LEAST_SHIFT) return null;
  const isGain = is > was;
  const novelty = (isGain ? 1 - was : was) ** NOVELTY_POWER;
  return { pattern, isGain, weight: Math.min(MOST_G, g) * novelty };
}

/** Log-likelihood ratio of two rates against one, with half a pseudo count. */
function gTest(k1: number, n1: number, k2: number, n2: number): number {
  const likelihood = (k: number, n: number, p: number) =>
    (k > 0 ? k * Math.log(p) : 0) + (n > k ? (n - k) * Math.log(1 - p) : 0);
  const p1 = (k1 + 0.5) / (n1 + 1);
  const p2 = (k2 + 0.5) / (n2 + 1);
  const p = (k1 + k2 + 0.5) / (n1 + n2 + 1);
  return Math.max(0, likelihood(k1, n1, p1) + likelihood(k2, n2, p2) - likelihood(k1, n1, p) - likelihood(k2, n2, p));
}
