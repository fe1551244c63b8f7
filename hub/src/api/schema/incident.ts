import { bilingual, entityId, severity } from '@airis/protocol';
import { z } from 'zod';
import { hostId, pageQuery, timestamp } from './common.ts';
import { change, evidence, finding } from './finding.ts';

export const incidentId = z.string().regex(/^INC-[1-9][0-9]{0,11}$/);
export const incidentState = z.enum(['open', 'acknowledged', 'resolved']);
export type IncidentState = z.infer<typeof incidentState>;

/** A reason with what shows it; null where it follows from the dependencies alone. */
const reason = z.object({
  text: bilingual,
  ref: z.object({ kind: z.enum(['finding', 'change', 'series', 'pattern']), id: z.string() }).nullable(),
});

export const cause = z.object({
  rank: z.int().positive(),
  entity: entityId,
  /** 0..1, comparable within one incident only. */
  score: z.number().min(0).max(1),
  explanation: bilingual,
  /** `finding` and `change` refer to this incident's lists, the others as in a finding. */
  evidence: z.array(
    z.union([evidence, z.object({ kind: z.enum(['finding', 'change']), ref: z.string(), note: bilingual.optional() })]),
  ),
  /** Strongest first. */
  for: z.array(reason),
  against: z.array(reason),
});
export type Cause = z.infer<typeof cause>;

/** One row of the incidents list. */
export const incident = z.object({
  id: incidentId,
  state: incidentState,
  severity,
  title: bilingual,
  startedAt: timestamp,
  detectedAt: timestamp,
  acknowledgedAt: timestamp.nullable(),
  resolvedAt: timestamp.nullable(),
  updatedAt: timestamp,
  hosts: z.array(hostId),
  services: z.array(entityId),
  owner: z.string().nullable(),
  /** Alerts that fire now, and all that ever belonged to it. */
  firingAlerts: z.int().nonnegative(),
  totalAlerts: z.int().nonnegative(),
  topCause: cause.nullable(),
  /** What users feel, in one short phrase. */
  impact: bilingual.nullable(),
});
export type Incident = z.infer<typeof incident>;

export const alert = z.object({
  id: z.string(),
  /** The finding it follows. */
  finding: z.string(),
  state: z.enum(['ok', 'pending', 'firing']),
  severity,
  host: hostId,
  entity: entityId,
  title: bilingual,
  since: timestamp,
});
export type Alert = z.infer<typeof alert>;

export const timelineEntry = z.object({
  at: timestamp,
  kind: z.enum([
    'change',
    'finding-opened',
    'finding-closed',
    'detected',
    'acknowledged',
    'reopened',
    'resolved',
    'note',
    'feedback',
  ]),
  severity: severity.nullable(),
  text: bilingual,
  /** Id of the finding or change it tells of. */
  ref: z.string().nullable(),
});
export type TimelineEntry = z.infer<typeof timelineEntry>;

export const incidentDetail = incident.extend({
  alerts: z.array(alert),
  findings: z.array(finding),
  changes: z.array(change),
  causes: z.array(cause),
  /** Looked at and cleared. */
  ruledOut: z.array(z.object({ entity: entityId, reason: bilingual, ref: reason.shape.ref.optional() })),
  /** What would settle the matter and is not known. */
  unknown: z.array(bilingual),
  /** From the root of the trouble to where users come in. */
  path: z.array(entityId),
  narrative: z.object({ ko: z.string(), en: z.string(), source: z.literal('template') }),
  /** Remediation; empty until a plan exists. */
  actions: z.array(z.never()),
  /** Oldest first. */
  timeline: z.array(timelineEntry),
  /** What people did and said. */
  log: z.array(z.object({ at: timestamp, who: z.string(), text: z.string() })),
});
export type IncidentDetail = z.infer<typeof incidentDetail>;

export const incidentsQuery = pageQuery.extend({
  state: incidentState.optional(),
  host: hostId.optional(),
});

export const resolveRequest = z.strictObject({ reason: z.string().min(1).max(1000).optional() });
export const noteRequest = z.strictObject({ text: z.string().trim().min(1).max(4000) });
export const feedbackRequest = z.strictObject({
  verdict: z.enum(['right', 'wrong', 'false-alarm']).describe('about the first cause, or the incident as a whole'),
  /** The cause meant, or the one that would have been right. */
  entity: entityId.optional(),
  text: z.string().max(4000).optional(),
});
export type FeedbackRequest = z.input<typeof feedbackRequest>;
