import { z } from 'zod';
import { entityId } from '../ids.ts';

/** A role found on a host, with the evidence for believing so. */
export const role = z.object({
  /** `nginx`, `tomcat`, `postgresql`, … */
  name: z.string().max(64),
  tier: z.enum(['web', 'was', 'app', 'database', 'network', 'host']),
  version: z.string().max(64).nullable(),
  state: z.enum(['running', 'stopped']),
  evidence: z
    .array(
      z.object({
        kind: z.enum(['process', 'listener', 'config', 'status-page', 'log', 'operator']),
        text: z.string().max(300),
      }),
    )
    .max(16),
  /** 0..1; null from agents that do not say. */
  confidence: z.number().min(0).max(1).nullable().default(null),
});
export type Role = z.infer<typeof role>;

/**
 * What an agent knows of who talks to whom. Addresses are `ip:port`, IPv6 in brackets; what lies behind an address only
 * the hub can say.
 */
export const topologyReport = z.object({
  listens: z.array(z.object({ entity: entityId, address: z.string().max(120) })).max(128),
  calls: z
    .array(
      z.object({
        client: entityId,
        address: z.string().max(120),
        kind: z.enum(['socket', 'access-log', 'configuration']),
        /** What was seen, in the words of the source: `established TCP connections: 4`, `proxy_pass http://127.0.0.1:8080`. */
        text: z.string().max(300),
        /** Connections or calls in the last report's time. */
        count: z.number().nonnegative(),
      }),
    )
    .max(128),
  /** Which port of which device an interface hangs on. */
  links: z
    .array(
      z.object({
        interfaceName: z.string().max(64),
        device: entityId,
        deviceName: z.string().max(120),
        port: z.string().max(120),
        address: z.string().max(120).nullable(),
      }),
    )
    .max(32)
    .default([]),
});
export type TopologyReport = z.infer<typeof topologyReport>;

/** The part of a machine that an agent watches where it does not watch the whole. */
export const scopeReport = z.object({ entity: entityId, pids: z.array(z.number().int()).max(512) });
export type ScopeReport = z.infer<typeof scopeReport>;

/** Facts about the machine, once an hour. */
export const inventory = z.object({
  hostName: z.string().max(255),
  os: z.string().max(200),
  kernel: z.string().max(200),
  arch: z.string().max(32),
  cpuModel: z.string().max(200),
  cpuCount: z.number().int(),
  memoryBytes: z.number(),
  bootTimeUnixMs: z.number().int(),
  addresses: z.array(z.string().max(64)).max(32),
  virtualization: z.string().max(64).nullable(),
});
export type Inventory = z.infer<typeof inventory>;

/** Sent every 10 s (class `event`): how the agent itself is, and what it lost. */
export const health = z.object({
  atUnixMs: z.number().int(),
  agentVersion: z.string().max(64),
  startedAtUnixMs: z.number().int(),
  inventory: inventory.nullable(),
  roles: z.array(role).max(64),
  /** Same for all agents of one machine and boot; null from agents before 0.2. */
  machine: z.string().max(64).nullable().default(null),
  /** Null: the agent watches the whole host. */
  scope: scopeReport.nullable().default(null),
  topology: topologyReport.default({ listens: [], calls: [], links: [] }),
  spool: z.object({
    bytes: z.number(),
    limitBytes: z.number(),
    batches: z.number().int(),
    oldestUnixMs: z.number().int().nullable(),
  }),
  /** Rows evicted or refused since the epoch began, by reason. */
  lossRowsByReason: z.record(z.string().max(64), z.number()),
  /** Log lines and samples refused at the door since start, by reason (`line-too-long`, `invalid-encoding`, …). */
  refusedByReason: z.record(z.string().max(64), z.number()),
  collectors: z
    .array(
      z.object({
        name: z.string().max(64),
        ok: z.boolean(),
        durationMs: z.number(),
        error: z.string().max(300).nullable(),
        /** Failures in a row; the rest is of the first of them and of the next try. Agents before 0.2 do not say. */
        failures: z.number().int().default(0),
        failingSinceUnixMs: z.number().int().nullable().default(null),
        nextTryUnixMs: z.number().int().nullable().default(null),
        /** What people should know of how it reads: a mapping that nobody has tried. */
        note: z.string().max(300).optional(),
      }),
    )
    .max(64),
  self: z.object({ cpuSecondsTotal: z.number(), rssBytes: z.number(), series: z.number().int() }),
  detection: z.object({
    ready: z.boolean(),
    /** Highest anomaly score now, 0..1. */
    anomalyScore: z.number().min(0).max(1),
    modelName: z.string().max(64).nullable(),
    modelVersion: z.string().max(64).nullable(),
    inferenceMsP99: z.number().nullable(),
    error: z.string().max(300).nullable(),
  }),
});
export type Health = z.infer<typeof health>;
