import { bilingual, entityId } from '@airis/protocol';
import { z } from 'zod';
import { demoShopState } from '../../demo/schema.ts';
import { timestamp } from './common.ts';

export const demoFault = z.object({
  name: z.string(),
  title: bilingual,
  description: bilingual,
  /** Entity that a right root cause names first. */
  target: entityId,
  tier: z.enum(['web', 'was', 'app', 'database', 'network']),
  active: z.boolean(),
  startedAt: timestamp.nullable(),
  stopsByItselfAt: timestamp.nullable(),
});
export type DemoFault = z.infer<typeof demoFault>;

export const demoShop = demoShopState;
export type DemoShopAnswer = z.infer<typeof demoShop>;

export const demoFaultName = z.strictObject({ name: z.string().min(1).max(100) });
