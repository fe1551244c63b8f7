import { join } from 'node:path';
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

/** Private folder (0700) for bodies that the engine reads as files; emptied at every start. */
export const incomingFolder = (dataDir: string): string => join(dataDir, 'incoming');

/**
 * Header of an insert whose body lies in the incoming folder already: its file's name, a UUID. Whoever may write there
 * is the store's own user, so that megabytes need not go through two sockets and be written by a second process.
 */
export const BODY_FILE_HEADER = 'x-airis-body-file';

/** What it says back, once, over IPC. */
export const serverReport = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), port: z.number().int() }),
  z.object({ kind: z.literal('failed'), reason: z.enum(['locked', 'port-taken', 'other']), detail: z.string() }),
]);
export type ServerReport = z.infer<typeof serverReport>;
