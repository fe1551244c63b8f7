import { bilingual, entityId } from '@airis/protocol';
import { z } from 'zod';

const tier = z.enum(['web', 'was', 'app', 'database', 'network']);

export const demoFaultState = z.object({
  name: z.string().max(100),
  title: bilingual,
  description: bilingual,
  /** Entity that a right root cause names first. */
  target: entityId,
  tier,
  active: z.boolean(),
  startedAtUnixMs: z.number().nullable(),
  stopsByItselfAtUnixMs: z.number().nullable(),
});
export type DemoFaultState = z.infer<typeof demoFaultState>;
export const demoFaultStates = z.array(demoFaultState).max(100);

export const demoShopState = z.object({
  tiers: z
    .array(
      z.object({
        name: tier,
        entity: entityId,
        title: bilingual,
        program: z.string().max(200),
        isStandIn: z.boolean(),
        /** Why the real program is not used, and what to install. */
        standInReason: bilingual.nullable(),
        state: z.enum(['starting', 'running', 'stopped']),
        url: z.string().max(300).nullable(),
      }),
    )
    .max(16),
  load: z.object({ requestsPerSecond: z.number(), phase: bilingual }),
});
export type ShopState = z.infer<typeof demoShopState>;

/** What the shop's own door answers. */
export const demoAnswer = {
  control: z.object({ url: z.url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/ }), token: z.string().max(200) }),
  fault: demoFaultState,
  refusal: z.object({ detail: z.string().max(1000) }),
};
