import { z } from 'zod';

/** KV `desired`, key `<agent>`: what the hub wants. The host's floor may refuse any of it. */
export const desired = z.object({
  schema: z.literal(1),
  revision: z.number().int().nonnegative(),
  /** `summary`: one row a series every 10 s. `full`: every value. */
  metrics: z.enum(['summary', 'full']).default('summary'),
  /** While in the future, send 1 s blocks: somebody watches this host. Renewed for 30 s at a time. */
  liveUntilUnixMs: z.number().int().nullable().default(null),
  /** Sources whose lines may leave, masked; every other source is private. Globs over the source's path or unit. */
  generalLogSources: z.array(z.string().max(300)).max(200).default([]),
});
export type Desired = z.infer<typeof desired>;

/** KV `actual`, key `<agent>`: what runs there, and why what was wanted does not. */
export const actual = z.object({
  schema: z.literal(1),
  agentVersion: z.string().max(64),
  protocolVersion: z.number().int(),
  revisionApplied: z.number().int().nonnegative(),
  refused: z
    .array(z.object({ revision: z.number().int(), reason: z.string().max(300) }))
    .max(20)
    .default([]),
  inventoryDigest: z.string().max(64),
  /** Every metric the agent's collectors can emit, so that units and docs follow by themselves. */
  emits: z.record(
    z.string(),
    z.object({ unit: z.string(), kind: z.enum(['gauge', 'counter']), about: z.string().max(300) }),
  ),
});
export type Actual = z.infer<typeof actual>;

/** Sent on `airis.nudge.<agent>`: fetch `desired` now. Carries the live lease so that a watched host answers at once. */
export const nudge = z.object({
  revision: z.number().int().nonnegative().optional(),
  liveUntilUnixMs: z.number().int().optional(),
  /** Announce every series again (the hub has lost or never had them). */
  announce: z.boolean().optional(),
});
export type Nudge = z.infer<typeof nudge>;
