import { agentId } from '@airis/protocol';
import { z } from 'zod';
import { logPatterns, role, timestamp } from './common.ts';

export const userName = z
  .string()
  .regex(/^[a-z][a-z0-9._@-]{0,63}$/, 'lower-case letters, digits and ._@-, a letter first');

export const user = z.object({ name: userName, role, createdAt: timestamp });
export type User = z.infer<typeof user>;
export const userRequest = z.strictObject({ name: userName, role, password: z.string().min(1).max(200) });
export type UserRequest = z.input<typeof userRequest>;

/** An API token as listed; its text is shown once, when made. */
export const apiToken = z.object({
  id: z.string(),
  name: z.string(),
  role,
  createdAt: timestamp,
  expiresAt: timestamp.nullable(),
  createdBy: z.string(),
});
export type ApiToken = z.infer<typeof apiToken>;
export const apiTokenRequest = z.strictObject({
  name: z.string().trim().min(1).max(100),
  role,
  expiresInDays: z.number().int().min(1).max(3650).optional(),
});
export type ApiTokenRequest = z.input<typeof apiTokenRequest>;
export const apiTokenMade = apiToken.extend({ token: z.string().describe('shown this once') });
export type ApiTokenMade = z.infer<typeof apiTokenMade>;

/** Single-use right to enrol one host, alive for 15 minutes. */
export const enrolmentTokenItem = z.object({
  id: z.string(),
  wantedId: agentId.nullable(),
  createdBy: z.string(),
  createdAt: timestamp,
  expiresAt: timestamp,
  usedAt: timestamp.nullable(),
  /** The agent that it became. */
  agent: agentId.nullable(),
});
export type EnrolmentTokenItem = z.infer<typeof enrolmentTokenItem>;
export const enrolmentTokenRequest = z.strictObject({
  wantedId: agentId.optional(),
  generalLogSources: logPatterns.optional(),
});
export type EnrolmentTokenRequest = z.input<typeof enrolmentTokenRequest>;
export const enrolmentTokenMade = z.object({
  id: z.string(),
  token: z.string().describe('shown this once'),
  /** To be run on the new host. */
  command: z.string(),
  expiresAt: timestamp,
});
export type EnrolmentTokenMade = z.infer<typeof enrolmentTokenMade>;

/** Without a user the first one, an administrator, who is made where there is none. */
export const signInLinkRequest = z.strictObject({ user: userName.optional() });
export const signInLinkMade = z.object({
  token: z.string().describe('shown this once'),
  /** To be put behind any page of the console; a fragment never reaches a server or its logs. */
  fragment: z.string(),
});
