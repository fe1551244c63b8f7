import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

/** What a key may sign. `recipe`: weight-only new versions of a signed recipe, and nothing else. */
export const signingRole = z.enum(['model', 'recipe', 'order']);
export type SigningRole = z.infer<typeof signingRole>;

/** A signature for one purpose never counts for another: the purpose is part of what is signed. */
export const PURPOSES = ['delegation', 'model', 'recipe', 'recipe-version', 'order'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** The role each purpose needs; a delegation needs a key that may delegate. */
export const roleFor: Readonly<Record<Exclude<Purpose, 'delegation'>, SigningRole>> = {
  model: 'model',
  recipe: 'model',
  'recipe-version': 'recipe',
  order: 'order',
};

/** A key that somebody trusts, and for what. */
export interface TrustedKey {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  readonly roles: readonly SigningRole[];
  /** Roots only: may hand its roles to another key. */
  readonly mayDelegate: boolean;
  /** Agents it may speak to; `null` for all. */
  readonly agents: readonly string[] | null;
  /** `null`: as long as it is trusted. */
  readonly expiresAtUnixMs: number | null;
}

/** SHA-256 (hex) of the key's SPKI: what enrolment tokens pin. */
export function fingerprintOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** An Ed25519 public key from PEM, or `null` for anything else. */
export function publicKeyFromPem(pem: string): KeyObject | null {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

/** A root as the hub announced it at enrolment, or `null` when its key is none. Roles unknown to this version are left out. */
export function trustedRoot(root: {
  keyId: string;
  publicKeyPem: string;
  roles: readonly string[];
}): TrustedKey | null {
  const publicKey = publicKeyFromPem(root.publicKeyPem);
  if (publicKey === null) return null;
  const roles = signingRole.options.filter((role) => root.roles.includes(role));
  return { keyId: root.keyId, publicKey, roles, mayDelegate: true, agents: null, expiresAtUnixMs: null };
}
