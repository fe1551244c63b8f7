import { type Bilingual, josa, type Severity } from '@airis/protocol';
import { entityName } from '../entity-name.ts';
import type { ChangeRecord } from '../store/state/incident.ts';
import type { Act } from './act.ts';
import type { Cause } from './cause.ts';
import { causesOf, type RuledOut } from './causes.ts';
import { type FindingRecord, isFiring } from './finding-record.ts';
import { groupFindings } from './group.ts';
import { impactOf, pathOf } from './impact.ts';
import { type IncidentState, type Life, lifeOf } from './life.ts';
import { explain, narrate, titleOf } from './narrative.ts';
import { withPeerNamed } from './peer-name.ts';
import { worstSeverity } from './severity.ts';
import { type Subject, subjectOf } from './subject.ts';
import type { Surroundings } from './surroundings.ts';
import { type TimelineEntry, timelineOf } from './timeline.ts';

const MAX_UNKNOWN = 5;

/** What is known of one incident: everything else follows from it. */
export interface IncidentFacts {
  readonly number: number;
  /** At least one fires; those that only inform happened near. */
  readonly records: readonly FindingRecord[];
  readonly acts: readonly Act[];
  /** Changes of the hosts shortly before and during the incident, by time. */
  readonly changes: readonly ChangeRecord[];
}

/** `ok` once its finding has ended, `pending` for what only informs, else `firing`. */
export interface Alert {
  readonly id: string;
  readonly finding: string;
  readonly state: 'ok' | 'pending' | 'firing';
  readonly severity: Severity;
  readonly agent: string;
  readonly entity: string;
  readonly title: Bilingual;
  readonly sinceUnixMs: number;
}

/** One row of the list, stored beside the facts so that lists need not read them. */
export interface IncidentSummary {
  readonly number: number;
  /** Of the root. */
  readonly agent: string;
  /** Agents of all findings, that of the root first; absent in what older hubs stored. */
  readonly hosts?: readonly string[];
  readonly state: IncidentState;
  readonly severity: Severity;
  readonly title: Bilingual;
  readonly startedAtUnixMs: number;
  readonly detectedAtUnixMs: number;
  readonly acknowledgedAtUnixMs: number | null;
  readonly resolvedAtUnixMs: number | null;
  readonly updatedAtUnixMs: number;
  readonly services: readonly string[];
  readonly owner: string | null;
  readonly firingAlerts: number;
  readonly totalAlerts: number;
  readonly topCause: Cause | null;
  /** What users feel; absent in what older hubs stored. */
  readonly impact?: Bilingual | null;
}

export const hostsOf = ({ agent, hosts }: IncidentSummary): readonly string[] => hosts ?? [agent];

export interface IncidentView {
  readonly summary: IncidentSummary;
  readonly alerts: readonly Alert[];
  readonly records: readonly FindingRecord[];
  readonly changes: readonly ChangeRecord[];
  readonly causes: readonly Cause[];
  readonly ruledOut: readonly RuledOut[];
  /** What would settle the matter and is not known. */
  readonly unknown: readonly Bilingual[];
  /** Entities from the root to where users come in. */
  readonly path: readonly string[];
  readonly narrative: Bilingual;
  readonly timeline: readonly TimelineEntry[];
  readonly acts: readonly Act[];
}

/** The incident as people see it at `nowUnixMs`. */
export function viewIncident(facts: IncidentFacts, around: Surroundings, nowUnixMs: number): IncidentView {
  const records = facts.records.map((record) => withPeerNamed(record, around)).sort(byTime);
  const acts = [...facts.acts].sort((a, b) => a.atUnixMs - b.atUnixMs || (a.id < b.id ? -1 : 1));
  const firing = records.filter(isFiring);
  const { root, otherRoots } = rootOf(firing, around);
  const subjects = firing.map((record) => subjectOf(record, around));
  const life = lifeOf(firing, acts, nowUnixMs);
  const path = pathOf(root, subjects, around);
  const impact = impactOf(path, subjects);
  const { causes: ranked, ruledOut } = causesOf(root, records, facts.changes, around);
  const causes = ranked.map((cause) =>
    cause.rank === 1 && cause.entity === root.entity ? { ...cause, explanation: explain({ root, impact }) } : cause,
  );
  const story = { root, otherRoots, changes: facts.changes, causes, impact, life };
  const changes = facts.changes.map(({ change }) => change);
  return {
    summary: {
      number: facts.number,
      ...summarise(firing, acts, root, life),
      title: titleOf(story),
      impact: story.impact,
      topCause: causes[0] ?? null,
    },
    alerts: records.map(alertOf),
    records,
    changes: facts.changes,
    causes,
    ruledOut,
    unknown: unknownOf(root, path, around),
    path,
    narrative: narrate(story),
    timeline: timelineOf(records, changes, acts, life),
    acts,
  };
}

function summarise(
  firing: readonly FindingRecord[],
  acts: readonly Act[],
  root: Subject,
  life: Life,
): Omit<IncidentSummary, 'number' | 'title' | 'impact' | 'topCause'> {
  const live = firing.filter(isLive);
  const agents = new Set(firing.map(({ agent }) => agent));
  agents.delete(root.agent);
  return {
    agent: root.agent,
    hosts: [root.agent, ...[...agents].sort()],
    state: life.state,
    // The worst that holds now; of what is over, the worst it ever was.
    severity: worstSeverity(
      live.length > 0 ? live.map((record) => record.finding.severity) : firing.map((record) => record.worst),
    ),
    startedAtUnixMs: Math.min(
      ...firing.map((record) => Math.min(record.finding.startedAtUnixMs, record.detectedAtUnixMs)),
    ),
    detectedAtUnixMs: Math.min(...firing.map((record) => record.detectedAtUnixMs)),
    acknowledgedAtUnixMs: life.acknowledged?.atUnixMs ?? null,
    resolvedAtUnixMs: life.resolvedAtUnixMs,
    updatedAtUnixMs: lastTouch(firing, acts, life.resolvedAtUnixMs),
    services: servicesOf(firing),
    owner: life.acknowledged?.who.replace(/^[a-z]+:/, '') ?? null,
    firingAlerts: live.length,
    totalAlerts: firing.length,
  };
}

/** What explains the others; of several, which only an incident from long ago can hold, the first fault. */
function rootOf(
  firing: readonly FindingRecord[],
  around: Surroundings,
): { readonly root: Subject; readonly otherRoots: number } {
  const groups = groupFindings(firing, around);
  const group = groups.find(({ root }) => root.nature === 'fault') ?? groups[0]!; // something fires
  const others = groups.filter((each) => each !== group && each.root.nature === 'fault');
  return { root: group.root, otherRoots: others.length };
}

function unknownOf(root: Subject, path: readonly string[], around: Surroundings): Bilingual[] {
  const unknown: Bilingual[] = [];
  if (root.nature !== 'fault') {
    unknown.push({
      ko: '증상을 설명하는 장애가 아직 발견되지 않았습니다. 관측하지 않는 곳에 원인이 있을 수 있습니다.',
      en: 'No fault that explains it has been found yet; the cause may lie where nothing is watched.',
    });
  }
  for (const entity of new Set(path.flatMap((each) => around.calleesOf(each)))) {
    if (around.agentOf(entity) !== null) continue;
    const name = entityName(entity);
    unknown.push({
      ko: `${josa(name.ko, '은/는')} 에이전트가 없어 내부 상태를 알 수 없습니다.`,
      en: `${name.en} has no agent: what happens inside it is not known.`,
    });
  }
  return unknown.slice(0, MAX_UNKNOWN);
}

function byTime(left: FindingRecord, right: FindingRecord): number {
  return left.detectedAtUnixMs - right.detectedAtUnixMs || (left.finding.id < right.finding.id ? -1 : 1);
}

const isLive = (record: FindingRecord): boolean => record.endedAtUnixMs === null && record.settledAtUnixMs === null;

function alertOf(record: FindingRecord): Alert {
  const { finding } = record;
  const holds = record.worst === 'info' ? 'pending' : 'firing';
  return {
    id: `a-${finding.id.slice(2)}`,
    finding: finding.id,
    state: isLive(record) ? holds : 'ok',
    severity: finding.severity,
    agent: record.agent,
    entity: finding.entity,
    title: finding.title,
    sinceUnixMs: record.detectedAtUnixMs,
  };
}

function lastTouch(firing: readonly FindingRecord[], acts: readonly Act[], resolvedAtUnixMs: number | null): number {
  return Math.max(
    ...firing.map((record) => record.endedAtUnixMs ?? record.detectedAtUnixMs),
    ...acts.map((act) => act.atUnixMs),
    resolvedAtUnixMs ?? 0,
  );
}

function servicesOf(records: readonly FindingRecord[]): string[] {
  const entities = records.map((record) => record.finding.entity);
  return [
    ...new Set(entities.filter((entity) => !entity.startsWith('host:') && !entity.startsWith('process:'))),
  ].sort();
}
