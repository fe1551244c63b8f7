import { z } from 'zod';
import { deliveryClass, epochId } from '../ids.ts';

/** hub → agent: everything of this class up to and with `upTo` is stored for good. */
export const receipt = z.object({ epoch: epochId, class: deliveryClass, upTo: z.number().int().nonnegative() });
export type Receipt = z.infer<typeof receipt>;

/** agent → hub, request on connect; the answer is the receipts the hub holds for that epoch. */
export const watermarkRequest = z.object({
  epoch: epochId,
  /** Highest sequence that can have been published, by class: a hub that remembers more knows the agent was set back or copied. */
  next: z.object({ event: z.number().int().nonnegative(), data: z.number().int().nonnegative() }),
});
export type WatermarkRequest = z.infer<typeof watermarkRequest>;
export const watermarkAnswer = z.object({ receipts: z.array(receipt).max(4) });
export type WatermarkAnswer = z.infer<typeof watermarkAnswer>;

/** Stands in for a range that the spool evicted; its own batch id carries `to` as its sequence. */
export const tombstone = z
  .object({
    from: z.number().int().positive(),
    to: z.number().int().positive(),
    rows: z.number().int().nonnegative(),
    reason: z.enum(['spool-full', 'disk-full', 'corrupt', 'refused']),
    fromUnixMs: z.number().int(),
    toUnixMs: z.number().int(),
  })
  .refine((t) => t.from <= t.to, 'from must not lie after to');
export type Tombstone = z.infer<typeof tombstone>;
