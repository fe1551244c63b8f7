import { type Bilingual, type Change, type Evidence, entityId, type Finding, type FindingKind } from '@airis/protocol';
import { type FindingRecord, startOf } from './finding-record.ts';
import { severityRank } from './severity.ts';

export type CauseEvidence =
  | Evidence
  | { readonly kind: 'finding'; readonly ref: string; readonly note?: Bilingual | undefined }
  | { readonly kind: 'change'; readonly ref: string; readonly note?: Bilingual | undefined };

/** A ranked suspect. `score` is 0..1 and comparable within one incident only. */
export interface Cause {
  readonly rank: number;
  readonly entity: string;
  readonly score: number;
  readonly explanation: Bilingual;
  readonly evidence: readonly CauseEvidence[];
}

const MAX_CAUSES = 10;
const MAX_EVIDENCE = 12;
/** A suspect whose trouble began this much later than the first counts half. */
const ONSET_HALF_LIFE_MS = 3 * 60_000;
/** Changes are looked for this long before the first finding, and this little after it (clocks, detection delay). */
export const CHANGE_BEFORE_MS = 15 * 60_000;
export const CHANGE_AFTER_MS = 30_000;

/** How often such an anomaly is where the trouble comes from, rather than where it shows: a first, untrained guess. */
const KIND_WEIGHT: Readonly<Record<FindingKind, number>> = {
  saturation: 0.9,
  missing: 0.9,
  'level-shift': 0.75,
  drift: 0.75,
  spike: 0.65,
  'flat-line': 0.6,
  'seasonal-break': 0.5,
  multivariate: 0.4,
};
const CHANGE_WEIGHT: Readonly<Record<Change['kind'], number>> = {
  config: 0.85,
  'role-lost': 0.75,
  reboot: 0.75,
  restart: 0.65,
  'role-found': 0.3,
  'clock-step': 0.3,
  'agent-start': 0.05,
  'agent-stop': 0.05,
};
/** A process seen busy in a finding is a closer suspect than the host that the finding is about. */
const PROCESS_SHARE = 1.05;
/** A host contains every other suspect on it. */
const HOST_SHARE = 0.85;

interface Hint {
  readonly entity: string;
  readonly score: number;
  readonly text: Bilingual;
  readonly evidence: readonly CauseEvidence[];
}

/**
 * Suspects of one incident, best first: every entity that findings, their processes and recent changes point at. Hints
 * about one entity add up as independent ones do, 1 - Π(1 - s).
 */
export function rankCauses(records: readonly FindingRecord[], changes: readonly Change[]): Cause[] {
  const firing = records.filter((record) => record.worst !== 'info');
  if (firing.length === 0) return [];
  const onset = Math.min(...firing.map(startOf));
  const hints = [
    ...firing.flatMap((record) => findingHints(record, onset)),
    ...changes.flatMap((change) => changeHints(change, onset)),
  ];
  const byEntity = Map.groupBy(hints, (hint) => hint.entity);
  return [...byEntity]
    .map(([entity, ofEntity]) => combine(entity, ofEntity))
    .sort((a, b) => b.score - a.score || (a.entity < b.entity ? -1 : 1))
    .slice(0, MAX_CAUSES)
    .map((cause, index) => ({ rank: index + 1, ...cause }));
}

function findingHints(record: FindingRecord, onset: number): Hint[] {
  const { finding } = record;
  const early = 0.5 ** ((startOf(record) - onset) / ONSET_HALF_LIFE_MS);
  const severe = 0.55 + 0.15 * severityRank(record.worst);
  const base = KIND_WEIGHT[finding.kind] * severe * (0.5 + 0.5 * early) * (0.6 + 0.4 * finding.confidence);
  const share = finding.entity.startsWith('host:') ? HOST_SHARE : 1;
  const own: Hint = {
    entity: finding.entity,
    score: base * share,
    text: finding.summary,
    evidence: [{ kind: 'finding', ref: finding.id, note: finding.title }, ...finding.evidence.filter(isMeasured)],
  };
  return [own, ...processHints(finding, record.agent, base)];
}

const isMeasured = (item: Evidence): boolean => item.kind !== 'process' && item.kind !== 'model';

/** The busiest process first: detectors list them so. */
function processHints(finding: Finding, agent: string, base: number): Hint[] {
  return finding.evidence
    .filter((item) => item.kind === 'process')
    .slice(0, 3)
    .flatMap((item, index) => {
      const entity = processEntity(item.ref, agent);
      if (entity === null) return [];
      const text = item.note ?? {
        ko: `${item.ref} 프로세스가 같은 때에 자원을 많이 사용했습니다.`,
        en: `The process ${item.ref} was busy at the same time.`,
      };
      return [
        {
          entity,
          score: base * PROCESS_SHARE * 0.5 ** index,
          text,
          evidence: [item, { kind: 'finding' as const, ref: finding.id, note: finding.title }],
        },
      ];
    });
}

function processEntity(ref: string, agent: string): string | null {
  const asIs = entityId.safeParse(ref);
  if (asIs.success) return asIs.data;
  const named = entityId.safeParse(`process:${ref.trim().replaceAll(/\s+/g, '-')}@${agent}`);
  return named.success ? named.data : null;
}

function changeHints(change: Change, onset: number): Hint[] {
  const beforeMs = onset - change.atUnixMs;
  if (beforeMs > CHANGE_BEFORE_MS || beforeMs < -CHANGE_AFTER_MS) return [];
  const near = 0.5 ** (Math.abs(beforeMs) / ONSET_HALF_LIFE_MS);
  return [
    {
      entity: change.entity,
      score: CHANGE_WEIGHT[change.kind] * near,
      text: change.summary,
      evidence: [{ kind: 'change', ref: change.id, note: change.summary }],
    },
  ];
}

function combine(entity: string, hints: readonly Hint[]): Omit<Cause, 'rank'> {
  const strongest = [...hints].sort((a, b) => b.score - a.score || (a.text.en < b.text.en ? -1 : 1));
  const doubt = strongest.reduce((product, hint) => product * (1 - Math.min(0.99, hint.score)), 1);
  return {
    entity,
    score: Math.round(Math.min(0.99, 1 - doubt) * 1000) / 1000,
    explanation: strongest[0]!.text, // a group has at least one hint
    evidence: strongest.flatMap((hint) => hint.evidence).slice(0, MAX_EVIDENCE),
  };
}
