import { agentId, entityId, health, inventory, role, topologyReport } from '@airis/protocol';
import { z } from 'zod';
import { hostId, logPatterns, timestamp } from './common.ts';
import { change, finding } from './finding.ts';

/** The worst of its live findings and of the unresolved incidents that are rooted there; `stale` when nothing was heard for a minute. */
export const hostState = z.enum(['ok', 'minor', 'major', 'critical', 'stale', 'revoked']);
export type HostState = z.infer<typeof hostState>;

/** One row of the hosts table. Values are null where nothing recent is known: never 0 in place of a gap. */
export const host = z.object({
  id: hostId,
  agent: agentId,
  hostName: z.string(),
  state: hostState,
  roles: z.array(role),
  /** The part of the machine that its agent watches; null for the whole of it. */
  scope: z.object({ entity: entityId }).nullable(),
  /** Ratio 0..1, newest 10 s summary. */
  cpuUtilization: z.number().nullable(),
  memoryUtilization: z.number().nullable(),
  /** The last 30 minutes, one value a minute, oldest first; null is a gap. */
  cpuTrend: z.array(z.number().nullable()).max(30),
  anomalyScore: z.number().min(0).max(1).nullable(),
  rowsLost: z.number().nonnegative(),
  agentVersion: z.string().nullable(),
  lastSeenAt: timestamp.nullable(),
  openIncidents: z.int().nonnegative(),
});
export type Host = z.infer<typeof host>;

const collector = health.shape.collectors.element;

/** The agent's own report, every 10 s. */
export const agentHealth = z.object({
  at: timestamp,
  startedAt: timestamp,
  spool: z.object({
    bytes: z.number(),
    limitBytes: z.number(),
    batches: z.int(),
    oldestAt: timestamp.nullable(),
  }),
  collectors: z.array(collector),
  refusedByReason: z.record(z.string(), z.number()),
  self: health.shape.self,
  detection: health.shape.detection,
});
export type AgentHealth = z.infer<typeof agentHealth>;

export const hostSeries = z.object({
  metric: z.string(),
  attributes: z.record(z.string(), z.string()),
  unit: z.string(),
  kind: z.enum(['gauge', 'counter']),
});
export type HostSeries = z.infer<typeof hostSeries>;

export const hostDetail = host.extend({
  inventory: inventory.omit({ bootTimeUnixMs: true }).extend({ bootTime: timestamp }).nullable(),
  /** Which port of which network device its interfaces hang on, by LLDP. */
  links: topologyReport.shape.links,
  generalLogSources: logPatterns.describe('logs whose masked lines may leave the host; all others are private'),
  health: agentHealth.nullable(),
  /** Rows that were taken on the host and never stored, by reason. */
  lossByReason: z.record(z.string(), z.number()),
  series: z.array(hostSeries),
  /** Newest first, 50 at most. */
  changes: z.array(change),
  findings: z.array(finding),
  enrolledAt: timestamp,
  revokedAt: timestamp.nullable(),
});
export type HostDetail = z.infer<typeof hostDetail>;

export const logSources = z.strictObject({ general: logPatterns });
export type LogSources = z.infer<typeof logSources>;

/** While it lasts the host sends every second. */
export const watchLease = z.object({ liveUntil: timestamp });
export type WatchLease = z.infer<typeof watchLease>;
