import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits as text that fits a URL, a header and a cookie (43 characters). */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** A short name for something that has a secret; 80 random bits, safe to show. */
export function newPublicId(prefix: string): string {
  return `${prefix}-${randomBytes(10).toString('hex')}`;
}

/** How a secret of full entropy is stored and looked up: a plain hash is enough, and says nothing by its timing. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** The anti-forgery token of a session: follows from the session's secret, so that nothing more is stored. */
export function csrfTokenOf(sessionSecret: string): string {
  return createHmac('sha256', sessionSecret).update('airis-csrf').digest('base64url');
}

/** Compares without telling by its duration where the texts differ. */
export function equalSecrets(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(left)), Buffer.from(hashSecret(right)));
}
