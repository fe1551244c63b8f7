import {
  bilingual,
  entityId,
  findingKind,
  findingNature,
  severity,
  change as wireChange,
  evidence as wireEvidence,
} from '@airis/protocol';
import { z } from 'zod';
import { hostId, pageQuery, timeExpression, timestamp } from './common.ts';

/** What a claim rests on; as on the wire, with readable times. */
export const evidence = wireEvidence
  .omit({ fromUnixMs: true, toUnixMs: true })
  .extend({ from: timestamp.optional(), to: timestamp.optional() });
export type Evidence = z.infer<typeof evidence>;

/** An anomaly as the edge, or the hub itself, judged it. */
export const finding = z.object({
  id: z.string(),
  host: hostId,
  /** `open` while it holds, whatever the number of updates. */
  state: z.enum(['open', 'closed']),
  kind: findingKind,
  severity,
  confidence: z.number().min(0).max(1),
  score: z.number().nonnegative(),
  entity: entityId,
  nature: findingNature,
  /** What it is about, coarsely: `cpu`, `lock`, `latency`; empty where an older agent speaks. */
  trouble: z.string(),
  /** `address:port` of the other side, where it is about calls. */
  peer: z.string().nullable(),
  detector: z.object({ name: z.string(), version: z.string() }),
  title: bilingual,
  summary: bilingual,
  startedAt: timestamp,
  detectedAt: timestamp,
  endedAt: timestamp.nullable(),
  evidence: z.array(evidence),
  /** The incident it belongs to. */
  incident: z.string().nullable(),
});
export type Finding = z.infer<typeof finding>;

export const change = z.object({
  id: z.string(),
  host: hostId,
  kind: wireChange.shape.kind,
  entity: entityId,
  at: timestamp,
  summary: bilingual,
  attributes: z.record(z.string(), z.string()),
});
export type Change = z.infer<typeof change>;

export const findingsQuery = pageQuery.extend({
  host: hostId.optional(),
  state: z.enum(['open', 'closed']).optional(),
  from: timeExpression.optional(),
  to: timeExpression.optional(),
});
