import { type Bilingual, type Change, type Evidence, entityId, type Finding, type FindingKind } from '@airis/protocol';
import { type FindingRecord, isFiring, startOf } from './finding-record.ts';
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
  /** What speaks for and against it, strongest first. */
  readonly for: readonly CauseReason[];
  readonly against: readonly CauseReason[];
}

export interface CauseReason {
  readonly text: Bilingual;
  /** What shows it; null where it follows from the dependencies alone. */
  readonly ref: { readonly kind: 'finding' | 'change' | 'series' | 'pattern'; readonly id: string } | null;
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
  // What a log says is mostly where a trouble shows; the services that it names are other findings' matter.
  sequence: 0.4,
  'new-template': 0.35,
  'rare-template': 0.3,
};
const CHANGE_WEIGHT: Readonly<Record<Change['kind'], number>> = {
  config: 0.85,
  'role-lost': 0.75,
  reboot: 0.75,
  restart: 0.65,
  'role-found': 0.3,
  'clock-step': 0.3,
  'listener-opened': 0.1,
  'login-failures': 0.1,
  'port-scan': 0.1,
  'link-changed': 0.5,
  'agent-start': 0.05,
  'agent-stop': 0.05,
};
/** A process or file system named in a finding is a closer suspect than the host that the finding is about. */
const INSIDER_SHARE = 1.05;
/** Processes that use less than this part of what the busiest one uses are no suspects. */
const LEAST_PART = 0.2;
/** A process below this is not what keeps a CPU busy, even where it is the busiest one known. */
const LEAST_CPUS = 0.2;
/** A host contains every other suspect on it. */
const HOST_SHARE = 0.85;
/** Weaker suspects are noise, unless there is no other. */
const LEAST_SCORE = 0.1;

interface Hint {
  readonly entity: string;
  readonly score: number;
  readonly text: Bilingual;
  readonly evidence: readonly CauseEvidence[];
}

/**
 * Suspects of one incident, best first: every entity that findings, their processes and recent changes point at. Hints
 * about one entity add up as independent ones do, 1 - Π(1 - s); of a host only the strongest counts, since everything on
 * it shows there.
 */
export function rankCauses(records: readonly FindingRecord[], changes: readonly Change[]): Cause[] {
  const firing = records.filter(isFiring);
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
    .filter((cause, index) => index === 0 || cause.score >= LEAST_SCORE)
    .slice(0, MAX_CAUSES)
    .map((cause, index) => ({ rank: index + 1, ...cause }));
}

function findingHints(record: FindingRecord, onset: number): Hint[] {
  const finding = record.whileItHeld ?? record.finding;
  const early = 0.5 ** ((startOf(record) - onset) / ONSET_HALF_LIFE_MS);
  const severe = 0.55 + 0.15 * severityRank(record.worst);
  const base = KIND_WEIGHT[finding.kind] * severe * (0.5 + 0.5 * early) * (0.6 + 0.4 * finding.confidence);
  const share = isHost(finding.entity) ? HOST_SHARE : 1;
  const cited: CauseEvidence = { kind: 'finding', ref: finding.id, note: finding.title };
  const own: Hint = {
    entity: finding.entity,
    score: base * share,
    text: finding.summary,
    evidence: [cited, ...finding.evidence.filter(isMeasured)],
  };
  const inside = insiders(finding.evidence, record.agent).map(
    ({ item, entity, part }): Hint => ({
      entity,
      score: base * INSIDER_SHARE * part,
      text: insiderText(item, finding),
      evidence: [item, cited],
    }),
  );
  return [own, ...inside];
}

const isHost = (entity: string): boolean => entity.startsWith('host:');
const isMeasured = (item: Evidence): boolean => item.kind !== 'process' && item.kind !== 'model';

interface Insider {
  readonly item: Evidence;
  readonly entity: string;
  /** 0..1: its use beside the largest of its kind; 1 where that is not known. */
  readonly part: number;
}

/** What a finding's evidence names inside the host: processes at work, and file systems. */
function insiders(evidence: readonly Evidence[], agent: string): Insider[] {
  const named = evidence.filter((item) => isBusyProcess(item) || item.kind === 'file-system');
  const largest = Math.max(0, ...named.map((item) => item.value ?? 0));
  return named.flatMap((item) => {
    const name = item.kind === 'file-system' ? `file-system:${item.ref}` : item.ref;
    const entity = entityId.safeParse(name.includes('@') ? name : `${name}@${agent}`);
    const part = item.value === undefined || largest <= 0 ? 1 : item.value / largest;
    return entity.success && part >= LEAST_PART ? [{ item, entity: entity.data, part }] : [];
  });
}

function isBusyProcess({ ref, unit, value }: Evidence): boolean {
  return ref.startsWith('process:') && !(unit === '{cpu}' && (value ?? 0) < LEAST_CPUS);
}

function insiderText(item: Evidence, finding: Finding): Bilingual {
  if (item.note !== undefined) return item.note;
  if (item.kind !== 'process') return finding.summary;
  const name = item.ref.slice('process:'.length);
  const use = item.unit === '{cpu}' && item.value !== undefined ? item.value.toFixed(1) : null;
  return {
    ko:
      use === null
        ? `같은 때에 ${name} 프로세스가 자원을 많이 사용했습니다.`
        : `같은 때에 ${name} 프로세스가 CPU ${use}개를 사용했습니다.`,
    en:
      use === null
        ? `The process ${name} was busy at the same time.`
        : `The process ${name} used ${use} CPUs at the same time.`,
  };
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
  const strongest = [...hints].sort((a, b) => b.score - a.score || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const counted = isHost(entity) ? strongest.slice(0, 1) : strongest;
  const doubt = counted.reduce((product, hint) => product * (1 - Math.min(0.99, hint.score)), 1);
  return {
    entity,
    score: Math.round(Math.min(0.99, 1 - doubt) * 1000) / 1000,
    explanation: strongest[0]!.text, // a group has at least one hint
    evidence: withoutRepeats(strongest.flatMap((hint) => hint.evidence)).slice(0, MAX_EVIDENCE),
    for: reasonsOf(strongest),
    against: [],
  };
}

/** Each sentence once, with the finding or change that it rests on. */
function reasonsOf(hints: readonly Hint[]): CauseReason[] {
  const byText = new Map(hints.map((hint) => [hint.text.en, hint]).reverse() as [string, Hint][]);
  return [...byText.values()].reverse().map(({ text, evidence }) => {
    const shown = evidence.find(({ kind }) => kind === 'finding' || kind === 'change');
    const kind = shown?.kind === 'change' ? 'change' : 'finding';
    return { text, ref: shown === undefined ? null : { kind, id: shown.ref } };
  });
}

/** Each thing is cited once, however many findings of the incident name it: the first, which is the strongest. */
function withoutRepeats(evidence: readonly CauseEvidence[]): CauseEvidence[] {
  const cited = new Set<string>();
  return evidence.filter(({ kind, ref }) => {
    const isNew = !cited.has(`${kind} ${ref}`);
    cited.add(`${kind} ${ref}`);
    return isNew;
  });
}
