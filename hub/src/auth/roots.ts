import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyFolder } from './key-folder.ts';

/** A public key that agents trust to say which keys may sign orders and models. */
export interface TrustRoot {
  readonly keyId: string;
  readonly publicKeyPem: string;
  /** SHA-256 (hex) of the public key's SPKI. */
  readonly fingerprint: string;
  readonly roles: readonly string[];
}

const ROOT_FILE = 'root.pem';

/**
 * Home mode: an Ed25519 root made at the first start and kept beside the hub's other keys, so that one machine works
 * with nothing to prepare. In production people hold the root offline and the hub is given public keys only; whoever
 * has taken a hub in home mode can sign as root.
 */
export async function openHomeRoots(keys: KeyFolder): Promise<readonly TrustRoot[]> {
  const privateKeyPem = await keys.text(ROOT_FILE, () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  );
  const publicKey = createPublicKey(privateKeyPem);
  const fingerprint = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return [
    {
      keyId: `root-${fingerprint.slice(0, 16)}`,
      publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      fingerprint,
      roles: ['model', 'order'],
    },
  ];
}
