import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isEnrolmentProof, proveEnrolment } from './enrolment-proof.ts';
import { createUserKey, privateKeyFromSeed, publicKeyFromUser, userKeyOf, userPublicKeyOf } from './nkey.ts';

/** Made and signed (`airis-enrol:airis1.token`) by @nats-io/nkeys 2.0.3. */
const known = [
  {
    seed: 'SUAAKU5MOF4ALOS7ZBMBBLCHUSYQSQRL4NGGNSZ36DH7LNIGKI5YCHZHLA',
    publicKey: 'UBQJRNNGCRKDKKVWEAICBTEN37KI5E6W6N5WZII3LZ7TJE2EZVUMAIQF',
    signature: 'udYevuvDK5SkASNN7LipjJQPmHMXFBl1fGDAT2b4VE9S5O2I9RXnUns/g6RB6Glw+0vYWRChnY4mtTuRDa6ADw==',
  },
  {
    seed: 'SUAHP2GAJ47VNWCP2TYP6PHVALO7DLXR5S2JMND3KPZEOCSFTWXX6Y7XNY',
    publicKey: 'UDZWB7A23RKS2GJ2DFAUG44SJTEEBKB4ZF6MXKTY3B3MNQ4LZK2O5HQZ',
    signature: 'W2vNf2MnvRRYfU2+JwB6VlXvSiSHYTQaejdK+FviR4xUDYF0qJ9c1Dgy7Qs4kqEKeORaZw4WHlf/6+KmOcTJCg==',
  },
  {
    seed: 'SUAHNPQOWDIDZPBQACKCYE6C4MLFSSKOISEPWYBVHYVVAH3KBHVYBJPW5Y',
    publicKey: 'UDAXK4CH3WCNXVJCLHUXEGDVDT2UDSAK3UYE3CQATXQ5DP4ZBYJDNUIR',
    signature: '2X8R9FSymsk4KP1xu2ZztfiB3L2HOBA3mDW6yEMjUBi7fqJYjYMDaSeLEl6adXpcO2rjip3zmstrWiJkTQp8AA==',
  },
];

describe('a user key', () => {
  it.each(known)('is read and written as the NATS library does: $publicKey', ({ seed, publicKey, signature }) => {
    const privateKey = privateKeyFromSeed(seed);
    expect(privateKey && userKeyOf(privateKey)).toEqual({ seed, publicKey });
    expect(proveEnrolment(seed, 'airis1.token')).toBe(signature);
    expect(isEnrolmentProof(publicKey, 'airis1.token', signature)).toBe(true);
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
    { name: 'an account seed', seed: 'SAAD7ZKW3EFTWZUMW3SXMNTUT5PPI24N3MCUSRAQLGNMSQDADHW6FY2F2A' },
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
