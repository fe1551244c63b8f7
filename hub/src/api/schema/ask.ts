import { z } from 'zod';
import { hostId, timeExpression, timestamp } from './common.ts';
import { logLine } from './query.ts';

export const heldLinesQuery = z.strictObject({
  host: hostId,
  from: timeExpression,
  to: timeExpression.describe('an hour after `from` at most'),
  limit: z.number().int().min(1).max(2_000).default(500),
});

export type HeldLinesQuery = z.input<typeof heldLinesQuery>;

export const heldLinesAnswer = z.object({
  lines: z.array(logLine).describe('oldest first, masked on the host'),
  isCut: z.boolean().describe('there are more than `limit` in the window'),
  withheld: z.number().int().describe('lines of private sources, which stay on the host'),
});
export type HeldLinesAnswer = z.infer<typeof heldLinesAnswer>;

export const threadsQuery = z.strictObject({
  pid: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('of one Java virtual machine; without it all that the agent may reach, four at most'),
});

export const threadsAnswer = z.object({
  host: hostId,
  takenAt: timestamp,
  text: z.string().describe('as the virtual machines print it, masked on the host'),
});
export type ThreadsAnswer = z.infer<typeof threadsAnswer>;
