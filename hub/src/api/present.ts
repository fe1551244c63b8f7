import type { Change as WireChange, Evidence as WireEvidence } from '@airis/protocol';
import type { CauseEvidence, Cause as KnownCause } from '../incident/cause.ts';
import type { FindingRecord } from '../incident/finding-record.ts';
import { hostsOf, type IncidentSummary, type IncidentView } from '../incident/incident.ts';
import { koreanTime } from '../korean-time.ts';
import type { Cause, Change, Evidence, Finding, Incident, IncidentDetail } from './types.ts';

export const incidentIdOf = (number: number): string => `INC-${number}`;
/** The schema has admitted the id. */
export const incidentNumberOf = (id: string): number => Number(id.slice(4));
export const hostIdOf = (agent: string): string => `host:${agent}`;
export const agentOf = (hostId: string): string => hostId.slice(5);
export const timeOrNull = (unixMs: number | null): string | null => (unixMs === null ? null : koreanTime(unixMs));

export function presentFinding(record: FindingRecord): Finding {
  const { finding, agent, incident } = record;
  // Older hubs stored none of these.
  const { nature = 'fault', trouble = '', peer = null } = finding as Partial<typeof finding>;
  return {
    id: finding.id,
    host: hostIdOf(agent),
    state: record.endedAtUnixMs === null ? 'open' : 'closed',
    kind: finding.kind,
    severity: finding.severity,
    confidence: finding.confidence,
    score: finding.score,
    entity: finding.entity,
    nature,
    trouble,
    peer,
    detector: finding.detector,
    title: finding.title,
    summary: finding.summary,
    startedAt: koreanTime(finding.startedAtUnixMs),
    detectedAt: koreanTime(record.detectedAtUnixMs),
    endedAt: timeOrNull(record.endedAtUnixMs),
    evidence: finding.evidence.map(presentEvidence),
    incident: incident === null ? null : incidentIdOf(incident),
  };
}

export function presentChange(agent: string, change: WireChange): Change {
  const { atUnixMs, ...rest } = change;
  return { ...rest, host: hostIdOf(agent), at: koreanTime(atUnixMs) };
}

export function presentIncident(summary: IncidentSummary): Incident {
  return {
    id: incidentIdOf(summary.number),
    state: summary.state,
    severity: summary.severity,
    title: summary.title,
    startedAt: koreanTime(summary.startedAtUnixMs),
    detectedAt: koreanTime(summary.detectedAtUnixMs),
    acknowledgedAt: timeOrNull(summary.acknowledgedAtUnixMs),
    resolvedAt: timeOrNull(summary.resolvedAtUnixMs),
    updatedAt: koreanTime(summary.updatedAtUnixMs),
    hosts: hostsOf(summary).map(hostIdOf),
    services: [...summary.services],
    owner: summary.owner,
    firingAlerts: summary.firingAlerts,
    totalAlerts: summary.totalAlerts,
    topCause: summary.topCause === null ? null : presentCause(summary.topCause),
    impact: summary.impact ?? null,
  };
}

export function presentIncidentDetail(view: IncidentView): IncidentDetail {
  return {
    ...presentIncident(view.summary),
    alerts: view.alerts.map(({ sinceUnixMs, agent, ...alert }) => ({
      ...alert,
      host: hostIdOf(agent),
      since: koreanTime(sinceUnixMs),
    })),
    findings: view.records.map(presentFinding),
    changes: view.changes.map(({ agent, change }) => presentChange(agent, change)),
    causes: view.causes.map(presentCause),
    ruledOut: [...view.ruledOut],
    unknown: [...view.unknown],
    path: [...view.path],
    narrative: { ...view.narrative, source: 'template' },
    actions: [],
    timeline: view.timeline.map(({ atUnixMs, ...entry }) => ({ at: koreanTime(atUnixMs), ...entry })),
    log: view.acts.map((act) => ({
      at: koreanTime(act.atUnixMs),
      who: act.who,
      text: [act.kind, act.verdict, act.entity, act.text].filter((part) => part !== null && part !== '').join(': '),
    })),
  };
}

function presentCause(cause: KnownCause): Cause {
  // Older hubs stored none.
  const { for: reasons = [], against = [] } = cause as Partial<KnownCause>;
  return {
    ...cause,
    evidence: cause.evidence.map(presentCauseEvidence),
    for: [...reasons],
    against: [...against],
  };
}

function presentCauseEvidence(item: CauseEvidence): Cause['evidence'][number] {
  return item.kind === 'finding' || item.kind === 'change' ? item : presentEvidence(item);
}

function presentEvidence(item: WireEvidence): Evidence {
  const { fromUnixMs, toUnixMs, ...rest } = item;
  return {
    ...rest,
    ...(fromUnixMs === undefined ? {} : { from: koreanTime(fromUnixMs) }),
    ...(toUnixMs === undefined ? {} : { to: koreanTime(toUnixMs) }),
  };
}
