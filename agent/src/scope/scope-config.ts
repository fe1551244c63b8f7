import { entityId } from '@airis/protocol';
import { z } from 'zod';

const GiB = 1024 ** 3;

const processes = z.strictObject({
  pidFile: z.string().min(1).max(1_024).describe('its first line is the pid of the root; may come, change and go'),
});

const directory = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, 'lower-case letters, digits and . _ -, at most 40')
    .describe('what findings and series call it'),
  path: z.string().min(1).max(1_024),
  quotaBytes: z.int().positive().describe('what is 100 %'),
});

/** The part of a machine that one agent watches: a process tree and folders, and the entity it speaks for. */
export const scopeConfig = z.strictObject({
  entity: entityId.describe('what this agent speaks for: `service:shop-app`'),
  processes,
  memoryLimitBytes: z
    .int()
    .positive()
    .max(1_024 * GiB)
    .optional()
    .describe('memory of the tree that is 100 %'),
  directories: z.array(directory).max(8).default([]).describe('folders whose use is watched against a quota'),
  tier: z.enum(['web', 'was', 'app', 'database']).default('app').describe('shown for a program that is not recognised'),
});
export type ScopeConfig = z.output<typeof scopeConfig>;

/** Process trees that have an agent of their own; the agent of the whole host looks for no roles there. */
export const leaveScopesConfig = z
  .array(processes)
  .max(32)
  .default([])
  .describe('process trees that agents of their own watch: no roles, logs or status pages are looked for in them');
