import { factKey, type TopologyFact } from './facts.ts';
import { FORGOTTEN_AFTER_MS } from './resolve.ts';

/** Facts kept at most; those not seen for longest go first. */
const MAX_FACTS = 10_000;
/** A fact seen again is written again after this long: what is stored is at most so much older than the truth. */
const WRITE_AGAIN_MS = 5 * 60_000;

export interface FactBook {
  add(fact: TopologyFact): void;
  facts(): readonly TopologyFact[];
  /** Grows when anything changed. */
  readonly version: number;
  /** Forgets what is too old or too much, and says what the store does not know yet. */
  sweep(nowUnixMs: number): { readonly write: readonly TopologyFact[]; readonly drop: readonly TopologyFact[] };
}

/** All facts, each once, with when it was last seen. @param stored - what the store holds already */
export function createFactBook(stored: readonly TopologyFact[]): FactBook {
  const known = new Map(stored.map((fact) => [factKey(fact), fact]));
  const writtenAt = new Map(stored.map((fact) => [factKey(fact), fact.lastSeenAtUnixMs]));
  let version = 0;
  return {
    get version() {
      return version;
    },
    add(fact) {
      const key = factKey(fact);
      const before = known.get(key);
      if (before !== undefined && before.lastSeenAtUnixMs >= fact.lastSeenAtUnixMs) return;
      known.set(key, fact);
      version += 1;
    },
    facts: () => [...known.values()],
    sweep(nowUnixMs) {
      const newestFirst = [...known].sort(([, left], [, right]) => right.lastSeenAtUnixMs - left.lastSeenAtUnixMs);
      const gone = newestFirst.filter(
        ([, fact], i) => i >= MAX_FACTS || nowUnixMs - fact.lastSeenAtUnixMs >= FORGOTTEN_AFTER_MS,
      );
      for (const [key] of gone) known.delete(key);
      if (gone.length > 0) version += 1;
      const drop = gone.filter(([key]) => writtenAt.delete(key)).map(([, fact]) => fact);
      const write = [...known].filter(
        ([key, fact]) => fact.lastSeenAtUnixMs - (writtenAt.get(key) ?? -Infinity) >= WRITE_AGAIN_MS,
      );
      for (const [key, fact] of write) writtenAt.set(key, fact.lastSeenAtUnixMs);
      return { write: write.map(([, fact]) => fact), drop };
    },
  };
}
