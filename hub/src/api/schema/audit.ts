import { z } from 'zod';
import { timestamp } from './common.ts';

/** Who changed what. Written before the answer leaves. */
export const auditEntry = z.object({
  id: z.string(),
  at: timestamp,
  who: z.string(),
  action: z.string().describe('`session.create`, `incident.acknowledge`, …'),
  target: z.string(),
  outcome: z.enum(['done', 'refused']),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  hash: z.string().describe('SHA-256 over the entry before and this one'),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** A batch or event that was refused; its bytes stay on the hub. */
export const quarantined = z.object({
  id: z.string(),
  at: timestamp,
  agent: z.string(),
  subject: z.string(),
  reason: z.string(),
  detail: z.string(),
  sizeBytes: z.number(),
});
export type Quarantined = z.infer<typeof quarantined>;
