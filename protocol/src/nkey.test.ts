import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createUser, fromPublic, fromSeed } from '@nats-io/nkeys';
import { describe, expect, it } from 'vitest';
import { isEnrolmentProof, proveEnrolment } from './enrolment-proof.ts';
import { createUserKey, privateKeyFromSeed, publicKeyFromUser, userKeyOf, userPublicKeyOf } from './nkey.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

describe('a user key', () => {
  it('means the same to the NATS library, both ways', () => {
    for (let i = 0; i < 20; i++) {
      const ours = createUserKey();
      expect(fromSeed(Buffer.from(ours.seed)).getPublicKey()).toBe(ours.publicKey);

      const theirs = createUser();
      const privateKey = privateKeyFromSeed(text(theirs.getSeed()));
      if (privateKey === null) throw new Error('a seed is refused');
      expect(userKeyOf(privateKey)).toEqual({ seed: text(theirs.getSeed()), publicKey: theirs.getPublicKey() });
    }
  });

  it('is the same key as PKCS #8 and SPKI', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const key = userKeyOf(privateKey);
    expect(privateKeyFromSeed(key.seed)?.equals(privateKey)).toBe(true);
    expect(publicKeyFromUser(key.publicKey)?.equals(publicKey)).toBe(true);
    expect(userPublicKeyOf(createPublicKey(privateKey))).toBe(key.publicKey);
  });

  const key = createUserKey();
  it.each([
    { name: 'nothing', seed: '' },
    { name: 'a public key', seed: key.publicKey },
    { name: 'a letter changed', seed: key.seed.slice(0, 20) + (key.seed[20] === 'A' ? 'B' : 'A') + key.seed.slice(21) },
    { name: 'a letter short', seed: key.seed.slice(0, -1) },
    { name: 'lower case', seed: key.seed.toLowerCase() },
    { name: 'an account seed', seed: 'SAAGXPIB3XUHHFAUAQP4GA7CNM2B6UTHDJWNVJ2S3QZ7QTU3M7J6QKB3ZE' },
  ])('is not read from $name', ({ seed }) => {
    expect(privateKeyFromSeed(seed)).toBe(null);
    expect(publicKeyFromUser(seed === key.publicKey ? key.seed : seed)).toBe(null);
  });
});

describe('an enrolment proof', () => {
  const key = createUserKey();
  const proof = proveEnrolment(key.seed, 'airis1.token') ?? '';

  it('shows that the seed is held', () => {
    expect(isEnrolmentProof(key.publicKey, 'airis1.token', proof)).toBe(true);
    expect(
      fromPublic(key.publicKey).verify(Buffer.from('airis-enrol:airis1.token'), Buffer.from(proof, 'base64')),
    ).toBe(true);
  });

  it.each([
    { name: 'another token', publicKey: key.publicKey, token: 'airis1.other', given: proof },
    { name: 'another key', publicKey: createUserKey().publicKey, token: 'airis1.token', given: proof },
    { name: 'no signature', publicKey: key.publicKey, token: 'airis1.token', given: '' },
    { name: 'no key', publicKey: 'U', token: 'airis1.token', given: proof },
  ])('does not stand for $name', ({ publicKey, token, given }) => {
    expect(isEnrolmentProof(publicKey, token, given)).toBe(false);
  });

  it('needs a seed', () => {
    expect(proveEnrolment('SU', 'airis1.token')).toBe(null);
  });
});
