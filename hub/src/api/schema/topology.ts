import { z } from 'zod';
import { hostId, timestamp } from './common.ts';

const rate = z.object({
  callsPerSecond: z.number().nullable(),
  meanElapsedMs: z.number().nullable().describe('as the caller waited'),
  errorRatio: z.number().nullable(),
});

export const topologyNode = z.object({
  entity: z.string().describe('`address:ip:port` where nobody knows what answers'),
  tier: z.enum(['web', 'was', 'app', 'database', 'network', 'host', 'external']),
  host: hostId.nullable().describe('the agent that speaks for it'),
  runsOn: hostId.nullable().describe('the agent that watches the whole machine it runs on'),
  role: z.string().nullable(),
  state: z.enum(['ok', 'minor', 'major', 'critical', 'stale']).describe('worst open finding about it'),
  callsPerSecond: z.number().nullable().describe('over the last minute, as the next two'),
  p95ElapsedMs: z.number().nullable(),
  errorRatio: z.number().nullable(),
});
export type TopologyNode = z.infer<typeof topologyNode>;

export const topologyEdge = z.object({
  caller: z.string(),
  callee: z.string(),
  via: z.string().nullable().describe('address called, where something stands between'),
  confidence: z.number().describe('0..1: how sure it is that the caller needs the callee'),
  evidence: z.array(
    z.object({
      kind: z.enum(['socket', 'access-log', 'configuration', 'transaction']),
      text: z.string(),
      count: z.number(),
      lastSeenAt: timestamp,
    }),
  ),
  ...rate.shape,
  usual: rate.nullable().describe('over the fifteen minutes before; null while too little is known'),
});
export type TopologyEdge = z.infer<typeof topologyEdge>;

const attachment = z.object({
  host: hostId,
  interfaceName: z.string(),
  device: z.string().describe('entity of the device, among the nodes'),
  deviceName: z.string(),
  port: z.string().describe('in the device’s own words'),
  confidence: z.number().describe('0..1: fades when LLDP does not tell it again'),
  lastSeenAt: timestamp,
});
export type TopologyAttachment = z.infer<typeof attachment>;

export const topology = z.object({
  nodes: z.array(topologyNode),
  edges: z.array(topologyEdge),
  attachments: z.array(attachment).describe('ports of network devices that machines hang on'),
});
export type Topology = z.infer<typeof topology>;
