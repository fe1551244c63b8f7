import { type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { ProtocolError } from '../errors.ts';
import { ok, type Result, refused } from '../result.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import { PURPOSES, type Purpose, roleFor, type TrustedKey } from './keys.ts';

/** A document with the signature of one key, as it travels in JSON. */
export const signedDocument = z.object({
  v: z.literal(1),
  purpose: z.enum(PURPOSES),
  keyId: z.string().min(1).max(128),
  issuedAtUnixMs: z.number().int().nonnegative(),
  expiresAtUnixMs: z.number().int().nonnegative(),
  /** Bounded by `canonicalJson`; a recursive schema would follow any depth. */
  document: z.unknown(),
  /** Ed25519 in base64url. */
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});
export type SignedDocument = z.infer<typeof signedDocument>;

export interface Lifetime {
  readonly issuedAtUnixMs: number;
  readonly expiresAtUnixMs: number;
}

/** @param privateKey - Ed25519 */
export function signDocument(
  privateKey: KeyObject,
  keyId: string,
  purpose: Purpose,
  document: Json,
  { issuedAtUnixMs, expiresAtUnixMs }: Lifetime,
): SignedDocument {
  const said = { v: 1 as const, purpose, keyId, issuedAtUnixMs, expiresAtUnixMs, document };
  const bytes = signedBytes(said);
  if (bytes === null) {
    throw new ProtocolError(
      'NOT_CANONICAL',
      `a ${purpose} holds a value without one JSON text`,
      'sign plain JSON only',
    );
  }
  return { ...said, signature: sign(null, bytes, privateKey).toString('base64url') };
}

export type SignatureRefusal =
  | 'not-signed'
  | 'wrong-purpose'
  | 'unknown-key'
  | 'wrong-role'
  | 'wrong-scope'
  | 'key-expired'
  | 'not-yet-valid'
  | 'expired'
  | 'bad-signature';

export interface Verified {
  readonly document: unknown;
  readonly key: TrustedKey;
  readonly lifetime: Lifetime;
}

export interface Verification {
  readonly nowMs: number;
  /** Who verifies; a key whose scope does not name it is refused. `null` where scope plays no part. */
  readonly agent: string | null;
}

/** How far two clocks may differ before a document counts as from the future. */
export const MAX_SIGNER_AHEAD_MS = 5 * 60_000;

/**
 * The document, when a trusted key with the right role signed it for this purpose and it is valid now.
 *
 * @param signed - anything
 */
export function verifyDocument(
  trusted: readonly TrustedKey[],
  signed: unknown,
  purpose: Purpose,
  { nowMs, agent }: Verification,
): Result<Verified, SignatureRefusal> {
  const parsed = signedDocument.safeParse(signed);
  if (!parsed.success) return refused('not-signed', parsed.error.issues[0]?.message ?? '');
  const { signature, ...said } = parsed.data;
  if (said.purpose !== purpose) return refused('wrong-purpose', `signed as ${said.purpose}, wanted ${purpose}`);
  const key = trusted.find((candidate) => candidate.keyId === said.keyId);
  if (key === undefined) return refused('unknown-key', said.keyId);
  if (!maySign(key, purpose)) return refused('wrong-role', `${said.keyId} may not sign a ${purpose}`);
  if (agent !== null && key.agents !== null && !key.agents.includes(agent))
    return refused('wrong-scope', `${said.keyId} for ${agent}`);
  if (key.expiresAtUnixMs !== null && nowMs >= key.expiresAtUnixMs) return refused('key-expired', said.keyId);
  if (said.issuedAtUnixMs > nowMs + MAX_SIGNER_AHEAD_MS)
    return refused('not-yet-valid', `${said.issuedAtUnixMs - nowMs} ms ahead`);
  if (nowMs >= said.expiresAtUnixMs) return refused('expired', `${nowMs - said.expiresAtUnixMs} ms ago`);
  const bytes = signedBytes(said);
  const isGood = bytes !== null && verify(null, bytes, key.publicKey, Buffer.from(signature, 'base64url'));
  if (!isGood) return refused('bad-signature', said.keyId);
  const { issuedAtUnixMs, expiresAtUnixMs } = said;
  return ok({ document: said.document, key, lifetime: { issuedAtUnixMs, expiresAtUnixMs } });
}

const maySign = (key: TrustedKey, purpose: Purpose): boolean =>
  purpose === 'delegation' ? key.mayDelegate : key.roles.includes(roleFor[purpose]);

/** Purpose first and apart from the text, so that no document can pass for another kind. */
function signedBytes(said: { purpose: Purpose }): Buffer | null {
  const text = canonicalJson(said);
  return text === null ? null : Buffer.from(`airis-sign/1\u0000${said.purpose}\u0000${text}`, 'utf8');
}
