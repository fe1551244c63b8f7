import { z } from 'zod';
import { timestamp } from './common.ts';

/** Who changed what. Written before the answer leaves. */
export const auditEntry = z.object({
  id: z.string(),
  at: timestamp,
  who: z.string(),
  action: z.string().describe('method and path of the route, or a command'),
  target: z.string(),
  outcome: z.string().describe('status code, or `done`'),
  detail: z.record(z.string(), z.string()),
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
