import { sign, verify } from 'node:crypto';
import { privateKeyFromSeed, publicKeyFromUser } from './nkey.ts';

const challenge = (token: string): Buffer => Buffer.from(`airis-enrol:${token}`, 'utf8');

/** Base64 signature that shows whoever asks with this token holds the seed; `null` when the seed is none. */
export function proveEnrolment(seed: string, token: string): string | null {
  const key = privateKeyFromSeed(seed);
  return key === null ? null : sign(null, challenge(token), key).toString('base64');
}

export function isEnrolmentProof(publicKey: string, token: string, proof: string): boolean {
  const key = publicKeyFromUser(publicKey);
  const signature = Buffer.from(proof, 'base64');
  return key !== null && signature.length === 64 && verify(null, challenge(token), key, signature);
}
