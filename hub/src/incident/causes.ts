import type { Bilingual } from '@airis/protocol';
import { entityName } from '../entity-name.ts';
import { fuseSuspects, type RankedSuspect } from '../rca/fuse.ts';
import { rcaMethods } from '../rca/index.ts';
import type { Dependency, RcaCase, RcaFinding, Reason, Suspect } from '../rca/rca-method.ts';
import type { ChangeRecord } from '../store/state/incident.ts';
import { type Cause, type CauseEvidence, type CauseReason, rankCauses } from './cause.ts';
import { type FindingRecord, isFiring } from './finding-record.ts';
import { type Subject, subjectOf } from './subject.ts';
import type { Surroundings } from './surroundings.ts';

export interface RuledOut {
  readonly entity: string;
  readonly reason: Bilingual;
  readonly ref: Reason['ref'];
}

export interface CauseAnswer {
  readonly causes: readonly Cause[];
  readonly ruledOut: readonly RuledOut[];
}

const MAX_CAUSES = 10;
const MAX_RULED_OUT = 8;
const MAX_EVIDENCE = 12;
/** What correlation found to explain the rest weighs more than anything else that is known of one entity. */
const ROOT_WEIGHT = 4;
/** The score of the first cause is this much above the second, where rounding or other reasons would hide it. */
const LEAD = 0.02;

/** Who is suspected, why and why not, and who is cleared. A host without scopes is told by its processes, as ever. */
export function causesOf(
  root: Subject,
  records: readonly FindingRecord[],
  changes: readonly ChangeRecord[],
  around: Surroundings,
): CauseAnswer {
  const firing = records.filter(isFiring);
  const subjects = firing.map((record) => subjectOf(record, around));
  const relevant = changes.filter(isSuspicious(root));
  if (subjects.every(({ isScoped, place }) => !isScoped && around.endsOf(place) === null)) {
    return {
      causes: rankCauses(
        records,
        relevant.map(({ change }) => change),
      ),
      ruledOut: [],
    };
  }
  const facts = caseOf(root, subjects, relevant, around);
  const { suspects, cleared } = fuseSuspects(facts, rcaMethods, [rootSuspect(root, subjects)]);
  const ordered = [...suspects].sort((a, b) => Number(b.entity === root.entity) - Number(a.entity === root.entity));
  const causes = withoutEchoes(
    ordered.slice(0, MAX_CAUSES).map((suspect, index) => causeOf(suspect, index, ordered, subjects, changes)),
  );
  // Of who has no agent nobody knows that nothing is wrong there.
  const watched = cleared.filter(({ entity }) => around.agentOf(entity) !== null);
  const ruledOut = watched.slice(0, MAX_RULED_OUT).map(({ entity, against }) => ({
    entity,
    reason: against[0]!.text, // a cleared one has a reason against
    ref: against[0]!.ref,
  }));
  return { causes, ruledOut };
}

/** An agent's own start and stop are no changes of what it watches; what came back after it was gone is a consequence. */
function isSuspicious(root: Subject): (record: ChangeRecord) => boolean {
  return ({ change }) =>
    change.kind !== 'agent-start' &&
    change.kind !== 'agent-stop' &&
    !(change.kind === 'restart' || change.kind === 'role-found' ? change.atUnixMs > root.onset : false);
}

function rootSuspect(root: Subject, subjects: readonly Subject[]): Suspect {
  const others = new Set(subjects.filter(({ key }) => key !== root.key).map(({ key }) => key)).size;
  const text =
    others === 0
      ? { ko: '다른 원인 없이 이곳에서만 이상이 나타남', en: 'the trouble shows here and nowhere else' }
      : {
          ko: `함께 나타난 이상 ${others}건이 의존 관계로 여기서 설명됨`,
          en: `explains ${others} other ${others === 1 ? 'anomaly' : 'anomalies'} by the dependencies`,
        };
  return {
    entity: root.entity,
    metric: null,
    reasons: [{ weight: ROOT_WEIGHT, text, ref: { kind: 'finding', id: root.record.finding.id } }],
  };
}

function caseOf(
  root: Subject,
  subjects: readonly Subject[],
  changes: readonly ChangeRecord[],
  around: Surroundings,
): RcaCase {
  const troubled = distinct(subjects.map(({ entity }) => entity));
  const dependencies = [...nearDependencies(subjects, around), ...impliedDependencies(root, subjects, around)];
  const beside = dependencies.flatMap(({ caller, callee }) => [caller, callee]);
  return {
    fromUnixMs: Math.min(...subjects.map(({ onset }) => onset)),
    toUnixMs: Math.max(...subjects.map(({ record }) => record.endedAtUnixMs ?? record.heardAtUnixMs)),
    alerting: null,
    entities: distinct([...troubled, ...beside, ...changes.map(({ change }) => change.entity)]).sort(),
    dependencies,
    times: new Float64Array(),
    series: [],
    findings: subjects.map(rcaFinding),
    changes: changes.map(({ change: { id, entity, kind, atUnixMs } }) => ({ id, entity, kind, atUnixMs })),
    patterns: [],
  };
}

function rcaFinding({ record, entity, peer, nature, trouble, onset }: Subject): RcaFinding {
  const finding = record.whileItHeld ?? record.finding;
  return {
    id: finding.id,
    entity,
    peer,
    nature,
    trouble,
    kind: finding.kind,
    severity: record.worst,
    confidence: finding.confidence,
    startedAtUnixMs: onset,
    detectedAtUnixMs: record.detectedAtUnixMs,
    endedAtUnixMs: record.endedAtUnixMs,
  };
}

/** Calls that one of the troubled makes or takes. */
function nearDependencies(subjects: readonly Subject[], around: Surroundings): Dependency[] {
  const places = new Set(
    subjects.flatMap(({ place }) => {
      const ends = around.endsOf(place);
      return ends === null ? [place] : [ends.caller, ends.callee];
    }),
  );
  return around.dependencies.filter(({ caller, callee }) => places.has(caller) || places.has(callee));
}

/** What needs no observation: a host feels what its scopes do, a service needs its directories, a caller the way to its callee. */
function impliedDependencies(root: Subject, subjects: readonly Subject[], around: Surroundings): Dependency[] {
  return subjects.flatMap(({ entity, place, isScoped }): Dependency[] => {
    if (entity.startsWith('host:') && !isScoped && root.isScoped) {
      return [{ caller: entity, callee: root.entity, confidence: 1 }];
    }
    const ends = around.endsOf(entity);
    if (ends !== null) return [{ caller: ends.caller, callee: entity, confidence: 1 }];
    return entity === place || entity.startsWith('host:') ? [] : [{ caller: place, callee: entity, confidence: 1 }];
  });
}

function causeOf(
  suspect: RankedSuspect,
  index: number,
  ordered: readonly RankedSuspect[],
  subjects: readonly Subject[],
  changes: readonly ChangeRecord[],
): Cause {
  const own = subjects.filter(({ entity }) => entity === suspect.entity).sort(byWeight);
  const others = Math.max(0, ...ordered.filter((one) => one !== suspect).map(({ score }) => score));
  const score = index === 0 ? Math.min(0.99, Math.max(suspect.score, others + LEAD)) : Math.min(suspect.score, 0.97);
  return {
    rank: index + 1,
    entity: suspect.entity,
    score,
    explanation: explanationOf(suspect, own),
    evidence: evidenceFor(suspect, own, changes),
    for: suspect.for.map(causeReason),
    against: suspect.against.map(causeReason),
  };
}

const NATURES = ['fault', 'pressure', 'symptom'] as const;

function byWeight(left: Subject, right: Subject): number {
  return NATURES.indexOf(left.nature) - NATURES.indexOf(right.nature) || left.onset - right.onset;
}

/** Of the first kind of finding its own words; of who only stands near, the strongest reason. */
function explanationOf(suspect: RankedSuspect, own: readonly Subject[]): Bilingual {
  const finding = own[0] === undefined ? null : (own[0].record.whileItHeld ?? own[0].record.finding);
  if (finding !== null) return finding.summary;
  const name = entityName(suspect.entity);
  const reason = suspect.for[0]?.text ?? { ko: '가까이 있음', en: 'it is near' };
  return { ko: `${name.ko}: ${reason.ko}.`, en: `${name.en}: ${reason.en}.` };
}

/** No cause says what one above it has said: it says of whom. */
function withoutEchoes(causes: readonly Cause[]): Cause[] {
  const said = new Set<string>();
  return causes.map((cause) => {
    const { ko, en } = cause.explanation;
    const name = entityName(cause.entity);
    const isEcho = said.has(en) || said.has(ko);
    said.add(en).add(ko);
    return isEcho
      ? { ...cause, explanation: { ko: `${name.ko}: ${ko}`.slice(0, 500), en: `${name.en}: ${en}`.slice(0, 500) } }
      : cause;
  });
}

function evidenceFor(
  suspect: RankedSuspect,
  own: readonly Subject[],
  changes: readonly ChangeRecord[],
): CauseEvidence[] {
  const findings = own.flatMap(({ record }): CauseEvidence[] => {
    const finding = record.whileItHeld ?? record.finding;
    return [
      { kind: 'finding', ref: finding.id, note: finding.title },
      ...finding.evidence.filter(({ kind }) => kind !== 'model'),
    ];
  });
  const changed = changes
    .filter(({ change }) => suspect.for.some(({ ref }) => ref?.kind === 'change' && ref.id === change.id))
    .map(({ change }): CauseEvidence => ({ kind: 'change', ref: change.id, note: change.summary }));
  const cited = new Set<string>();
  return [...findings, ...changed]
    .filter(({ kind, ref }) => {
      const isNew = !cited.has(`${kind} ${ref}`);
      cited.add(`${kind} ${ref}`);
      return isNew;
    })
    .slice(0, MAX_EVIDENCE);
}

const causeReason = ({ text, ref }: Reason): CauseReason => ({ text, ref });
const distinct = (list: readonly string[]): string[] => [...new Set(list)];
