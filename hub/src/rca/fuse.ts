import { evidenceOf, type RcaCase, type RcaMethod, type Reason, type Suspect } from './rca-method.ts';

/** One suspect with what all methods say of it. */
export interface RankedSuspect {
  readonly entity: string;
  /** 0..1, comparable within one case only. */
  readonly score: number;
  /** Strongest first. */
  readonly for: readonly Reason[];
  /** Strongest first. */
  readonly against: readonly Reason[];
}

/** Evidence of which a suspect is as good as convicted: 1 - 1/e. */
const EVIDENCE_SCALE = 2.5;
/** Of who has something for it, however much speaks against it. */
const LEAST_SCORE = 0.02;
const MAX_REASONS = 8;

/**
 * Asks every method and adds their reasons up, entity by entity. `known` are suspects that need no method.
 *
 * @returns suspects, best first, and apart those for whom nothing speaks but something against
 */
export function fuseSuspects(
  facts: RcaCase,
  methods: readonly RcaMethod[],
  known: readonly Suspect[] = [],
): { readonly suspects: readonly RankedSuspect[]; readonly cleared: readonly RankedSuspect[] } {
  const all = [...known, ...methods.flatMap((method) => method.suspects(facts))];
  const ranked = [...Map.groupBy(all, ({ entity }) => entity)]
    .map(([entity, parts]) => rank({ entity, metric: null, reasons: parts.flatMap(({ reasons }) => reasons) }))
    .sort((a, b) => b.score - a.score || (a.entity < b.entity ? -1 : 1));
  return {
    suspects: ranked.filter((suspect) => suspect.for.length > 0),
    cleared: ranked.filter((suspect) => suspect.for.length === 0 && suspect.against.length > 0),
  };
}

function rank(suspect: Suspect): RankedSuspect {
  const sum = evidenceOf(suspect);
  const least = suspect.reasons.some(({ weight }) => weight > 0) ? LEAST_SCORE : 0;
  const score = Math.max(least, 1 - Math.exp(-Math.max(0, sum) / EVIDENCE_SCALE));
  return {
    entity: suspect.entity,
    score: Math.round(Math.min(0.99, score) * 1000) / 1000,
    for: strongest(suspect.reasons.filter(({ weight }) => weight > 0)),
    against: strongest(suspect.reasons.filter(({ weight }) => weight < 0)),
  };
}

function strongest(reasons: readonly Reason[]): Reason[] {
  const sorted = [...reasons].sort(
    (a, b) => Math.abs(b.weight) - Math.abs(a.weight) || (a.text.en < b.text.en ? -1 : 1),
  );
  const said = new Set<string>();
  return sorted
    .filter(({ text }) => {
      const isNew = !said.has(text.en);
      said.add(text.en);
      return isNew;
    })
    .slice(0, MAX_REASONS);
}
