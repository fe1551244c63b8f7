import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentId, enrolmentAnswer, privateKeyFromSeed } from '@airis/protocol';
import { z } from 'zod';
import { AgentError } from './errors.ts';

/** Who this agent is: written once at enrolment, mode 0600; the seed never leaves the file and this process. */
export const identitySchema = enrolmentAnswer.extend({
  agent: agentId,
  /** NATS user seed, `SU…`. */
  seed: z.string().refine((seed) => privateKeyFromSeed(seed) !== null, 'a NATS user seed'),
  hubUrl: z.string(),
  enrolledAtUnixMs: z.number().int(),
});
export type Identity = z.infer<typeof identitySchema>;

export const identityPath = (directory: string): string => join(directory, 'identity.json');

/** The identity, or `null` where the agent is not enrolled yet. */
export function readIdentity(directory: string): Identity | null {
  const path = identityPath(directory);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new AgentError('IDENTITY_INVALID', `cannot read ${path}`, 'run as the user that enrolled', { cause });
  }
  try {
    return identitySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AgentError('IDENTITY_INVALID', `${path} is no identity`, 'enrol again with a new token', { cause });
  }
}

export function writeIdentity(directory: string, identity: Identity): void {
  const path = identityPath(directory);
  writeFileSync(`${path}.new`, `${JSON.stringify(identity, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}

/** The same key as PEM, for TLS. */
export function privateKeyPem(identity: Identity): string {
  const key = privateKeyFromSeed(identity.seed);
  if (key === null) throw new AgentError('IDENTITY_INVALID', 'the seed is none', 'enrol again with a new token');
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
