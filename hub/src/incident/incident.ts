import type { Bilingual, Change, Severity } from '@airis/protocol';
import type { Act } from './act.ts';
import { type Cause, rankCauses } from './cause.ts';
import { type FindingRecord, isFiring } from './finding-record.ts';
import { type IncidentState, lifeOf } from './life.ts';
import { narrate, titleOf } from './narrative.ts';
import { worstSeverity } from './severity.ts';
import { type TimelineEntry, timelineOf } from './timeline.ts';

/** What is known of one incident: everything else follows from it. */
export interface IncidentFacts {
  readonly number: number;
  readonly agent: string;
  /** At least one fires; those that only inform happened near. */
  readonly records: readonly FindingRecord[];
  readonly acts: readonly Act[];
  /** Changes of the host shortly before and during the incident, by time. */
  readonly changes: readonly Change[];
}

/** `ok` once its finding has ended, `pending` for what only informs, else `firing`. */
export interface Alert {
  readonly id: string;
  readonly finding: string;
  readonly state: 'ok' | 'pending' | 'firing';
  readonly severity: Severity;
  readonly entity: string;
  readonly title: Bilingual;
  readonly sinceUnixMs: number;
}

/** One row of the list, stored beside the facts so that lists need not read them. */
export interface IncidentSummary {
  readonly number: number;
  readonly agent: string;
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
}

export interface IncidentView {
  readonly summary: IncidentSummary;
  readonly alerts: readonly Alert[];
  readonly records: readonly FindingRecord[];
  readonly changes: readonly Change[];
  readonly causes: readonly Cause[];
  readonly narrative: Bilingual;
  readonly timeline: readonly TimelineEntry[];
  readonly acts: readonly Act[];
}

/** The incident as people see it at `nowUnixMs`. */
export function viewIncident(facts: IncidentFacts, nowUnixMs: number): IncidentView {
  const records = [...facts.records].sort(byTime);
  const acts = [...facts.acts].sort((a, b) => a.atUnixMs - b.atUnixMs || (a.id < b.id ? -1 : 1));
  const firing = records.filter(isFiring);
  const live = firing.filter(isLive);
  const life = lifeOf(firing, acts, nowUnixMs);
  const causes = rankCauses(records, facts.changes);
  const story = { agent: facts.agent, firing, changes: facts.changes, causes, life };
  const summary: IncidentSummary = {
    number: facts.number,
    agent: facts.agent,
    state: life.state,
    // The worst that holds now; of what is over, the worst it ever was.
    severity: worstSeverity(
      live.length > 0 ? live.map((record) => record.finding.severity) : firing.map((record) => record.worst),
    ),
    title: titleOf(story),
    startedAtUnixMs: Math.min(
      ...firing.map((record) => Math.min(record.finding.startedAtUnixMs, record.detectedAtUnixMs)),
    ),
    detectedAtUnixMs: Math.min(...firing.map((record) => record.detectedAtUnixMs)),
    acknowledgedAtUnixMs: life.acknowledged?.atUnixMs ?? null,
    resolvedAtUnixMs: life.resolvedAtUnixMs,
    updatedAtUnixMs: lastTouch(firing, acts, life.resolvedAtUnixMs),
    services: servicesOf(records),
    owner: life.acknowledged?.who.replace(/^[a-z]+:/, '') ?? null,
    firingAlerts: live.length,
    totalAlerts: firing.length,
    topCause: causes[0] ?? null,
  };
  return {
    summary,
    alerts: records.map(alertOf),
    records,
    changes: facts.changes,
    causes,
    narrative: narrate(story),
    timeline: timelineOf(records, facts.changes, acts, life),
    acts,
  };
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
