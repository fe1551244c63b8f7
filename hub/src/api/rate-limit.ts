/** A token bucket a key: `burst` at once, then `perSecond`. */
export interface RateRule {
  readonly burst: number;
  readonly perSecond: number;
}

/** `sign-in` is for guessable secrets; enrolment tokens are not guessable, and a whole site may enrol at once. */
export const RATE_RULES = {
  normal: { burst: 1_000, perSecond: 300 },
  'sign-in': { burst: 30, perSecond: 0.5 },
  enrol: { burst: 300, perSecond: 50 },
} as const satisfies Record<string, RateRule>;
export type RateName = keyof typeof RATE_RULES;

const MAX_KEYS = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Remembers the 10,000 callers heard last; whoever drops out starts with a full bucket. */
export function createRateLimit(nowMs: () => number) {
  const buckets = new Map<string, Bucket>();
  return {
    /** @returns 0 when the call may go on, else the seconds to wait */
    take(name: RateName, key: string): number {
      const rule = RATE_RULES[name];
      const id = `${name} ${key}`;
      const now = nowMs();
      const known = buckets.get(id);
      const sinceMs = known === undefined ? 0 : Math.max(0, now - known.atMs);
      const tokens =
        known === undefined ? rule.burst : Math.min(rule.burst, known.tokens + (sinceMs / 1000) * rule.perSecond);
      buckets.delete(id);
      buckets.set(id, { tokens: tokens < 1 ? tokens : tokens - 1, atMs: now });
      if (buckets.size > MAX_KEYS)
        for (const oldest of buckets.keys()) {
          buckets.delete(oldest);
          break;
        }
      return tokens < 1 ? Math.ceil((1 - tokens) / rule.perSecond) : 0;
    },
  };
}
