import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The Ed25519 key that signs what is built here. Made at the first build, readable by its user alone; who builds on
 * several machines gives the same file to all.
 */
export function releaseKey(path: string): KeyObject {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx', flush: true });
  }
  const key = createPrivateKey(readFileSync(path, 'utf8'));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${path} holds no Ed25519 key but ${key.asymmetricKeyType}`);
  return key;
}

/** Signature over the bytes themselves, as `openssl pkeyutl -verify -rawin` reads it, and the key to check it by. */
export function signedBy(key: KeyObject, content: Buffer): { signature: Buffer; publicKeyPem: string } {
  const publicKeyPem = createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString();
  return { signature: sign(null, content, key), publicKeyPem };
}
