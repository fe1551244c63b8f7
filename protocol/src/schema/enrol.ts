import { z } from 'zod';
import { agentId } from '../ids.ts';

/** What an enrolment token says once decoded: where, whom to trust, and the single-use secret. */
export const enrolmentToken = z.object({
  v: z.literal(1),
  /** The hub's URL. */
  url: z.string().max(500),
  /** SHA-256 (hex) of the hub's CA certificate in DER; null when the URL is on loopback without TLS. */
  ca: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  /** SHA-256 (hex) of the public keys trusted to sign orders and models. */
  roots: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(8),
  secret: z.string().min(32).max(128),
});
export type EnrolmentToken = z.infer<typeof enrolmentToken>;

export const enrolmentRequest = z.object({
  token: z.string().max(4096),
  /** NATS user public key (`U…`), made on the host; its seed never leaves it. */
  publicKey: z.string().regex(/^U[A-Z2-7]{55}$/),
  /** Base64 signature of `airis-enrol:<token>` by that key: whoever asks holds the seed. */
  proof: z.string().max(200),
  hostName: z.string().min(1).max(255),
  /** Wanted id; the hub adds a suffix where it is taken. */
  wantedId: agentId.optional(),
});
export type EnrolmentRequest = z.infer<typeof enrolmentRequest>;

export const enrolmentAnswer = z.object({
  agent: agentId,
  /** NATS user JWT, scoped to this agent's subjects. */
  jwt: z.string(),
  natsUrls: z.array(z.string()).min(1).max(16),
  /** PEM of the hub's CA; null where NATS is on loopback without TLS. */
  caPem: z.string().nullable(),
  /** PEM client certificate for the same Ed25519 key (mTLS off loopback); null on loopback. */
  certificatePem: z.string().nullable(),
  roots: z.array(z.object({ keyId: z.string(), publicKeyPem: z.string(), roles: z.array(z.string()) })).max(8),
});
export type EnrolmentAnswer = z.infer<typeof enrolmentAnswer>;

export function encodeEnrolmentToken(token: EnrolmentToken): string {
  return `airis1.${Buffer.from(JSON.stringify(token)).toString('base64url')}`;
}

/** The token's content, or `null` when the text is not an AIRIS-MON token. */
export function decodeEnrolmentToken(text: string): EnrolmentToken | null {
  if (!text.startsWith('airis1.') || text.length > 4096) return null;
  try {
    const parsed = enrolmentToken.safeParse(JSON.parse(Buffer.from(text.slice(7), 'base64url').toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
