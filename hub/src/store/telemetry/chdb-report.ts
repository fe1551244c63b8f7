import { z } from 'zod';

/** What the store's process is told, in one line of JSON on its standard input. */
export const startOrder = z.object({
  dataDir: z.string(),
  /** 0 takes a free one; after a restart the former one is asked for, so that addresses stay true. */
  port: z.number().int().min(0).max(65_535),
  username: z.string(),
  password: z.string().min(16),
  memoryBytes: z.number().int().positive(),
});
export type StartOrder = z.infer<typeof startOrder>;

/** What it says back, once, over IPC. */
export const serverReport = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), port: z.number().int() }),
  z.object({ kind: z.literal('failed'), reason: z.enum(['locked', 'port-taken', 'other']), detail: z.string() }),
]);
export type ServerReport = z.infer<typeof serverReport>;
