import type { Finding, IncidentDetail } from '../api/types.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { type Lane, LaneTimeline } from '../parts/lane-timeline.tsx';
import { LevelShape } from '../parts/severity.tsx';
import { isOfAgent } from './evidence-index.ts';
import { findingTitle } from './finding-title.ts';

/** Findings that get a lane of their own; the rest share one. */
const MAX_FINDING_LANES = 6;

/** Part of the incident's length shown before it began and after it ended, and at least this long. */
const MARGIN_SHARE = 0.15;
const MIN_MARGIN_MS = 60_000;

export function incidentWindow(incident: IncidentDetail, nowMs: number): { fromMs: number; toMs: number } {
  const startMs = Date.parse(incident.startedAt);
  const endMs = incident.resolvedAt === null ? nowMs : Date.parse(incident.resolvedAt);
  const marginMs = Math.max(MIN_MARGIN_MS, (endMs - startMs) * MARGIN_SHARE);
  return { fromMs: startMs - marginMs, toMs: Math.min(nowMs, endMs + marginMs) };
}

/** Changes, then anomalies in the order in which they began, then alerts. */
export function IncidentTimeline({
  incident,
  fromMs,
  toMs,
}: {
  readonly incident: IncidentDetail;
  readonly fromMs: number;
  readonly toMs: number;
}) {
  const i18n = useI18n();
  return (
    <LaneTimeline
      lanes={lanesOf(incident, toMs, i18n)}
      fromMs={fromMs}
      toMs={toMs}
      marks={incident.timeline
        .filter(({ kind }) => kind === 'detected' || kind === 'acknowledged' || kind === 'resolved')
        .map((entry) => ({
          atMs: Date.parse(entry.at),
          text: i18n.t(`timeline.${entry.kind}` as 'timeline.detected'),
        }))}
    />
  );
}

function lanesOf(incident: IncidentDetail, toMs: number, i18n: I18n): Lane[] {
  const { t, pick } = i18n;
  // Where the path ends is where users are: what is wrong there is what they feel.
  const entry = incident.path.at(-1);
  const isCauseItself = entry === incident.topCause?.entity;
  const isFelt = ({ entity }: Finding): boolean => entity === entry && !isCauseItself;
  const isRoot = ({ entity }: Finding): boolean => entity === incident.topCause?.entity;
  const spansOf = (findings: readonly Finding[]) =>
    findings
      .toSorted((a, b) => Number(isRoot(b)) - Number(isRoot(a)) || a.startedAt.localeCompare(b.startedAt))
      .map((finding) => ({
        id: finding.id,
        fromMs: Date.parse(finding.startedAt),
        toMs: finding.endedAt === null ? toMs : Date.parse(finding.endedAt),
        level: finding.severity,
        text: findingTitle(finding, i18n),
      }));
  const spans = spansOf(incident.findings.filter((finding) => !isFelt(finding)));
  const own = spans.slice(0, MAX_FINDING_LANES);
  const rest = spans.slice(MAX_FINDING_LANES);
  const lanes: Lane[] = [
    {
      id: 'changes',
      label: t('lanes.changes'),
      kind: 'instants',
      isNamed: true,
      items: incident.changes
        .filter(({ kind }) => !isOfAgent(kind))
        .map((change) => ({
          id: change.id,
          fromMs: Date.parse(change.at),
          toMs: Date.parse(change.at),
          level: null,
          text: pick(change.summary),
        })),
    },
    ...own.map((span) => ({
      id: span.id,
      label: (
        <>
          <LevelShape level={span.level} /> <span className="cut">{span.text}</span>
        </>
      ),
      kind: 'spans' as const,
      items: [span],
    })),
    { id: 'rest', label: t('lanes.more', { count: rest.length }), kind: 'spans', items: rest },
    {
      id: 'alerts',
      label: t('lanes.alerts', { count: incident.alerts.length }),
      kind: 'instants',
      items: incident.alerts.map((alert) => ({
        id: alert.id,
        fromMs: Date.parse(alert.since),
        toMs: Date.parse(alert.since),
        level: alert.severity,
        text: pick(alert.title),
      })),
    },
    {
      id: 'impact',
      label: t('lanes.impact'),
      kind: 'spans',
      items: spansOf(incident.findings.filter(isFelt)),
    },
  ];
  return lanes.filter((lane) => lane.id === 'changes' || lane.items.length > 0);
}
