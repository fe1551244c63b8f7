import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { agentId } from '../ids.ts';
import { ok, type Result, refused } from '../result.ts';
import { type Lifetime, type SignatureRefusal, type SignedDocument, signDocument, verifyDocument } from './document.ts';
import { publicKeyFromPem, signingRole, type TrustedKey } from './keys.ts';

/** A root's word that another key may sign, for what, to whom; how long is the signed document's own expiry. */
export const delegation = z.object({
  keyId: z.string().min(1).max(128),
  publicKeyPem: z.string().max(500),
  roles: z.array(signingRole).min(1).max(3),
  /** Agents it may speak to; `null` for all. */
  agents: z.array(agentId).max(10_000).nullable(),
});
export type Delegation = z.infer<typeof delegation>;

export function signDelegation(root: KeyObject, rootKeyId: string, to: Delegation, lifetime: Lifetime): SignedDocument {
  return signDocument(root, rootKeyId, 'delegation', to, lifetime);
}

/**
 * The delegated key, with no more than its root has: roles are a subset, and it may not delegate further, so that a
 * chain is one link long.
 */
export function acceptDelegation(
  roots: readonly TrustedKey[],
  signed: unknown,
  nowMs: number,
): Result<TrustedKey, SignatureRefusal> {
  const verified = verifyDocument(roots, signed, 'delegation', { nowMs, agent: null });
  if (!verified.ok) return verified;
  const { key: root, document, lifetime } = verified.value;
  const parsed = delegation.safeParse(document);
  const publicKey = parsed.success ? publicKeyFromPem(parsed.data.publicKeyPem) : null;
  if (!parsed.success || publicKey === null) return refused('not-signed', 'not a delegation');
  const { keyId, roles, agents } = parsed.data;
  if (roots.some((known) => known.keyId === keyId)) return refused('wrong-role', `${keyId} is a root already`);
  if (!roles.every((role) => root.roles.includes(role)))
    return refused('wrong-role', `${root.keyId} cannot give ${roles.join(', ')}`);
  return ok({ keyId, publicKey, roles, mayDelegate: false, agents, expiresAtUnixMs: lifetime.expiresAtUnixMs });
}
