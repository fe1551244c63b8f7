import { z } from 'zod';
import { timestamp } from './common.ts';

/** AIRIS-MON itself: its parts, the way in, the space left. */
export const hubHealth = z.object({
  version: z.string(),
  startedAt: timestamp,
  at: timestamp,
  parts: z.array(
    z.object({
      name: z.string().describe('broker, telemetry, state, ingest, incident, …'),
      ok: z.boolean(),
      detail: z.string(),
      restarts: z.int().nonnegative(),
    }),
  ),
  ingest: z.object({
    /** Between the newest stored batch and now; null while nothing arrived. */
    lagSeconds: z.number().nonnegative().nullable(),
    rowsPerSecond: z.number().nonnegative(),
    rowsStored: z.number().nonnegative(),
    quarantined: z.array(z.object({ reason: z.string(), count: z.number() })),
    duplicatesDropped: z.number().nonnegative(),
    rowsLost: z.number().nonnegative(),
  }),
  disk: z.object({ freeBytes: z.number(), totalBytes: z.number(), guard: z.enum(['ok', 'low', 'critical']) }),
  streams: z.array(z.object({ name: z.string(), messages: z.number(), bytes: z.number(), limitBytes: z.number() })),
  tables: z.array(z.object({ name: z.string(), rows: z.number(), bytes: z.number() })),
  agents: z.object({ total: z.int(), live: z.int(), stale: z.int(), revoked: z.int() }),
});
export type HubHealth = z.infer<typeof hubHealth>;
