import { z } from 'zod';
import { demoFaultState, demoShopState } from '../../demo/schema.ts';
import { timestamp } from './common.ts';

export const demoFault = demoFaultState
  .omit({ startedAtUnixMs: true, stopsByItselfAtUnixMs: true })
  .extend({ startedAt: timestamp.nullable(), stopsByItselfAt: timestamp.nullable() });
export type DemoFault = z.infer<typeof demoFault>;

export const demoShop = demoShopState;
export type DemoShopAnswer = z.infer<typeof demoShop>;

export const demoFaultName = z.strictObject({ name: z.string().min(1).max(100) });
