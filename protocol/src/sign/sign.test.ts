import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { acceptDelegation, type Delegation, signDelegation } from './delegation.ts';
import { MAX_SIGNER_AHEAD_MS, signDocument, verifyDocument } from './document.ts';
import { fingerprintOf, PURPOSES, publicKeyFromPem, type SigningRole, trustedRoot } from './keys.ts';
import { NonceBook } from './nonces.ts';

const nowMs = 1_795_300_000_000;
const hour = { issuedAtUnixMs: nowMs, expiresAtUnixMs: nowMs + 3_600_000 };
const here = { nowMs, agent: 'web-1' };
const order = { action: 'service-restart', service: 'nginx', nonce: 'n-1' };

const root = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const trusted = trust('root-1', root.publicKey, ['model', 'order']);

describe('a signed document', () => {
  const signed = signDocument(root.privateKey, 'root-1', 'order', order, hour);

  it('is believed after a journey as JSON', () => {
    const verified = verifyDocument([trusted], JSON.parse(JSON.stringify(signed)), 'order', here);
    expect(verified).toMatchObject({ ok: true, value: { document: order, lifetime: hour, key: { keyId: 'root-1' } } });
  });

  it.each([
    { name: 'a word changed', change: { document: { ...order, service: 'tomcat' } }, want: 'bad-signature' },
    { name: 'a field added', change: { document: { ...order, force: true } }, want: 'bad-signature' },
    { name: 'a later expiry', change: { expiresAtUnixMs: nowMs + 7_200_000 }, want: 'bad-signature' },
    { name: 'another issue time', change: { issuedAtUnixMs: nowMs - 1 }, want: 'bad-signature' },
    { name: 'another purpose', change: { purpose: 'model' }, want: 'wrong-purpose' },
    { name: 'another key', change: { keyId: 'root-2' }, want: 'unknown-key' },
    { name: 'another version', change: { v: 2 }, want: 'not-signed' },
    { name: 'no signature', change: { signature: '' }, want: 'not-signed' },
    {
      name: 'deep nesting',
      change: { document: JSON.parse('['.repeat(9000) + ']'.repeat(9000)) },
      want: 'bad-signature',
    },
  ])('is refused with $name: $want', ({ change, want }) => {
    expect(verifyDocument([trusted], { ...signed, ...change }, 'order', here)).toMatchObject({
      ok: false,
      reason: want,
    });
  });

  it.each([
    { name: 'too early', at: nowMs - MAX_SIGNER_AHEAD_MS - 1, want: 'not-yet-valid' },
    { name: 'with clocks a little apart', at: nowMs - MAX_SIGNER_AHEAD_MS, want: 'ok' },
    { name: 'just in time', at: hour.expiresAtUnixMs - 1, want: 'ok' },
    { name: 'too late', at: hour.expiresAtUnixMs, want: 'expired' },
  ])('read $name: $want', ({ at, want }) => {
    const verified = verifyDocument([trusted], signed, 'order', { nowMs: at, agent: null });
    expect(verified.ok ? 'ok' : verified.reason).toBe(want);
  });

  it('counts for one purpose only, even when the signature is made anew for another', () => {
    for (const purpose of PURPOSES.filter((name) => name !== 'order')) {
      const relabelled = { ...signed, purpose };
      expect(
        verifyDocument([trust('root-1', root.publicKey, ['model', 'order', 'recipe'])], relabelled, purpose, here),
      ).toMatchObject({
        reason: 'bad-signature',
      });
    }
  });

  it('is not believed by the signature of its text alone', () => {
    const bare = sign(null, Buffer.from(canonicalJson(order) ?? ''), root.privateKey).toString('base64url');
    expect(verifyDocument([trusted], { ...signed, signature: bare }, 'order', here)).toMatchObject({
      reason: 'bad-signature',
    });
  });

  it('is refused by the name of a key that somebody else holds', () => {
    const forged = signDocument(other.privateKey, 'root-1', 'order', order, hour);
    expect(verifyDocument([trusted], forged, 'order', here)).toMatchObject({ reason: 'bad-signature' });
  });

  it('never lets a stranger throw', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(verifyDocument([trusted], value, 'order', here).ok).toBe(false);
      }),
    );
  });

  it('cannot be made from what JSON has no text for', () => {
    // Past the type: what a caller with an `any` could pass.
    const broken = { at: Number.NaN };
    expect(() => signDocument(root.privateKey, 'root-1', 'order', broken, hour)).toThrow(
      expect.objectContaining({ code: 'NOT_CANONICAL' }),
    );
  });
});

describe('a delegation', () => {
  const to: Delegation = {
    keyId: 'order-1',
    publicKeyPem: other.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    roles: ['order'],
    agents: ['web-1'],
  };
  const delegate = (change: Partial<Delegation> = {}) =>
    acceptDelegation([trusted], signDelegation(root.privateKey, 'root-1', { ...to, ...change }, hour), nowMs);

  it('lets another key sign, for those agents and that long', () => {
    const accepted = delegate();
    if (!accepted.ok) throw new Error(accepted.detail);
    const day = { issuedAtUnixMs: nowMs, expiresAtUnixMs: nowMs + 86_400_000 };
    const signed = signDocument(other.privateKey, 'order-1', 'order', order, day);
    const keys = [trusted, accepted.value];
    const reason = (at: number, agent: string) => {
      const verified = verifyDocument(keys, signed, 'order', { nowMs: at, agent });
      return verified.ok ? 'ok' : verified.reason;
    };
    expect(reason(nowMs, 'web-1')).toBe('ok');
    expect(reason(nowMs, 'web-2')).toBe('wrong-scope');
    expect(reason(hour.expiresAtUnixMs, 'web-1')).toBe('key-expired');
  });

  it('gives the roles named and no others', () => {
    const accepted = delegate();
    if (!accepted.ok) throw new Error(accepted.detail);
    const signed = signDocument(other.privateKey, 'order-1', 'model', {}, hour);
    expect(verifyDocument([accepted.value], signed, 'model', here)).toMatchObject({ reason: 'wrong-role' });
  });

  it('cannot be passed on', () => {
    const accepted = delegate();
    if (!accepted.ok) throw new Error(accepted.detail);
    const third = signDelegation(other.privateKey, 'order-1', { ...to, keyId: 'order-2' }, hour);
    expect(acceptDelegation([accepted.value], third, nowMs)).toMatchObject({ reason: 'wrong-role' });
  });

  it.each([
    { name: 'a role that the root has not', change: { roles: ['recipe'] as SigningRole[] }, want: 'wrong-role' },
    { name: 'the name of a root', change: { keyId: 'root-1' }, want: 'wrong-role' },
    { name: 'a key that is none', change: { publicKeyPem: 'PEM' }, want: 'not-signed' },
    { name: 'no role', change: { roles: [] }, want: 'not-signed' },
  ])('with $name is refused: $want', ({ change, want }) => {
    expect(delegate(change)).toMatchObject({ ok: false, reason: want });
  });
});

describe('keys', () => {
  it('read Ed25519 only', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'pem', type: 'spki' });
    expect(publicKeyFromPem(rsa.toString())).toBe(null);
    expect(publicKeyFromPem('')).toBe(null);
    expect(trustedRoot({ keyId: 'x', publicKeyPem: 'x', roles: [] })).toBe(null);
  });

  it('have a fingerprint of 64 hex digits', () => {
    expect(fingerprintOf(root.publicKey)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('canonical JSON', () => {
  it('is one text whatever the order of keys, and reads back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 5 }), (value) => {
        const text = canonicalJson(value);
        if (text === null) return;
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });

  it.each([
    { value: { b: 1, a: [true, null, 'x'] }, want: '{"a":[true,null,"x"],"b":1}' },
    { value: { '10': 1, '9': 2 }, want: '{"10":1,"9":2}' },
    { value: [1e21, -0, 0.1], want: '[1e+21,0,0.1]' },
    { value: { '€': 1, '\r': 2, '1': 3 }, want: '{"\\r":2,"1":3,"€":1}' },
  ])('of $value is $want', ({ value, want }) => {
    expect(canonicalJson(value)).toBe(want);
  });

  it.each([
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '\ud800',
    { a: undefined },
    [undefined],
    new Array(1),
    1n,
    new Date(0),
    new Map(),
  ])('does not exist for %s', (value) => {
    expect(canonicalJson(value)).toBe(null);
  });
});

describe('nonces', () => {
  const book = () => {
    let n = 0;
    return new NonceBook({ lifetimeMs: 1000, most: 3 }, () => Uint8Array.of(n++));
  };

  it('are spent once', () => {
    const nonces = book();
    const nonce = nonces.issue(0);
    expect(nonces.spend(nonce, 999).ok).toBe(true);
    expect(nonces.spend(nonce, 999)).toMatchObject({ reason: 'unknown' });
  });

  it('expire', () => {
    const nonces = book();
    expect(nonces.spend(nonces.issue(0), 1000)).toMatchObject({ reason: 'expired' });
  });

  it('are bounded: the oldest is forgotten', () => {
    const nonces = book();
    const issued = [1, 2, 3, 4].map((at) => nonces.issue(at));
    expect(issued.map((nonce) => nonces.spend(nonce, 5).ok)).toEqual([false, true, true, true]);
  });
});

function trust(keyId: string, publicKey: KeyObject, roles: readonly string[]) {
  const key = trustedRoot({ keyId, publicKeyPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(), roles });
  if (key === null) throw new Error('not a key');
  return key;
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}
