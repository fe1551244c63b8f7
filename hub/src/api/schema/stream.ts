import { agentId } from '@airis/protocol';
import { z } from 'zod';
import { hostId, timestamp } from './common.ts';
import { finding } from './finding.ts';
import { host, hostState } from './host.ts';
import { incident } from './incident.ts';

/** What changes of a host row without asking the telemetry store. */
export const hostUpdate = z.object({
  id: hostId,
  agent: agentId,
  hostName: z.string(),
  state: hostState,
  roles: host.shape.roles,
  scope: host.shape.scope,
  anomalyScore: host.shape.anomalyScore,
  agentVersion: host.shape.agentVersion,
  lastSeenAt: timestamp.nullable(),
  openIncidents: z.int().nonnegative(),
});
export type HostUpdate = z.infer<typeof hostUpdate>;

/** The foot of the menu: how the hub is. */
export const healthUpdate = z.object({
  at: timestamp,
  ok: z.boolean(),
  /** Names of the parts that are not well. */
  failing: z.array(z.string()),
  lagSeconds: z.number().nullable(),
  rowsPerSecond: z.number(),
  rowsLost: z.number(),
});
export type HealthUpdate = z.infer<typeof healthUpdate>;

/**
 * `event` and `data` of a server-sent event; its `id` resumes the stream after a break. `reset` says that the ring no
 * longer holds what was missed: load the page's data again.
 */
export const streamEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('incident'), data: incident }),
  z.object({ event: z.literal('finding'), data: finding }),
  z.object({ event: z.literal('host'), data: hostUpdate }),
  z.object({ event: z.literal('health'), data: healthUpdate }),
  z.object({ event: z.literal('reset'), data: z.object({ reason: z.string() }) }),
]);
export type StreamEvent = z.infer<typeof streamEvent>;
