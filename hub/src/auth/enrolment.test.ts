import { createUserKey, decodeEnrolmentToken, proveEnrolment, type UserKey } from '@airis/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStateStore, type StateStore } from '../store/state/state-store.ts';
import { agentNameFrom } from './agent-name.ts';
import { createEnrolment, ENROLMENT_TOKEN_LIFETIME_MS, type Enrolment } from './enrolment.ts';

let state: StateStore;
let nowMs: number;
let pushed: string[][];
let holdPushMs: number[];
let enrolment: Enrolment;
beforeEach(() => {
  state = openStateStore(':memory:');
  nowMs = 1_000_000;
  pushed = [];
  holdPushMs = [];
  enrolment = createEnrolment({
    state,
    identities: {
      mintAgentJwt: async (agent) => `jwt of ${agent.id}`,
      mintAgentCertificate: async () => null,
      pushRevocations: async (agents) => {
        await new Promise((resolve) => setTimeout(resolve, holdPushMs.shift() ?? 0));
        pushed.push(agents.map((agent) => agent.id));
      },
      writeFirstDesired: async () => undefined,
      setGeneralLogSources: async () => undefined,
      agentUrls: ['nats://127.0.0.1:1'],
      caPem: null,
    },
    publicUrl: () => 'http://127.0.0.1:2',
    caFingerprint: null,
    roots: [{ keyId: 'root-1', publicKeyPem: 'pem', fingerprint: 'f'.repeat(64), roles: ['order'] }],
    clock: () => nowMs,
  });
});
afterEach(() => state[Symbol.asyncDispose]());

function request(token: string, key: UserKey = createUserKey()) {
  return {
    token,
    publicKey: key.publicKey,
    proof: proveEnrolment(key.seed, token) ?? '',
    hostName: 'web-1.example.kr',
  };
}

describe('enrolment', () => {
  it('gives an identity for a token and a proof, once', async () => {
    const { token } = await enrolment.createToken('user:kim', { generalLogSources: ['/var/log/*'] });
    expect(decodeEnrolmentToken(token)).toMatchObject({ url: 'http://127.0.0.1:2', ca: null, roots: ['f'.repeat(64)] });
    expect(await enrolment.enrol(request(token), 'a')).toEqual({
      ok: true,
      value: {
        agent: 'web-1',
        jwt: 'jwt of web-1',
        natsUrls: ['nats://127.0.0.1:1'],
        caPem: null,
        certificatePem: null,
        roots: [{ keyId: 'root-1', publicKeyPem: 'pem', roles: ['order'] }],
      },
    });
    expect(await enrolment.enrol(request(token), 'a')).toMatchObject({ ok: false, reason: 'token-used' });
    expect((await state.audit.list({ limit: 9 })).map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'agent.enrol refused',
      'agent.enrol done',
      'enrolment-token.create done',
    ]);
  });

  it('spends a token for one of many who ask at once', async () => {
    const { token } = await enrolment.createToken('user:kim');
    const results = await Promise.all(Array.from({ length: 20 }, () => enrolment.enrol(request(token), 'a')));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(await state.identity.agents()).toHaveLength(1);
  });

  it('never stores the secret of a token', async () => {
    const { token } = await enrolment.createToken('user:kim');
    const secret = decodeEnrolmentToken(token)?.secret ?? 'none';
    expect(JSON.stringify([await enrolment.tokens(), await state.audit.list({ limit: 9 })])).not.toContain(secret);
  });

  it.each([
    { name: 'a text that is no token', change: { token: 'airis1.nonsense' }, reason: 'token-malformed' },
    { name: 'a proof by another key', change: { publicKey: createUserKey().publicKey }, reason: 'proof-wrong' },
    {
      name: 'a proof for another token',
      change: { proof: proveEnrolment(createUserKey().seed, 'x') ?? '' },
      reason: 'proof-wrong',
    },
    { name: 'a proof that is no signature', change: { proof: 'AAAA' }, reason: 'proof-wrong' },
    { name: 'a key with a wrong checksum', change: { publicKey: `U${'A'.repeat(55)}` }, reason: 'proof-wrong' },
  ])('refuses $name and leaves the token usable', async ({ change, reason }) => {
    const { token } = await enrolment.createToken('user:kim');
    expect(await enrolment.enrol({ ...request(token), ...change }, 'a')).toMatchObject({ ok: false, reason });
    expect(await enrolment.enrol(request(token), 'a')).toMatchObject({ ok: true });
  });

  it('refuses a token after 15 minutes', async () => {
    const { token } = await enrolment.createToken('user:kim');
    nowMs += ENROLMENT_TOKEN_LIFETIME_MS;
    expect(await enrolment.enrol(request(token), 'a')).toMatchObject({ ok: false, reason: 'token-expired' });
  });

  it('slows down an address that fails again and again, and no other', async () => {
    const { token } = await enrolment.createToken('user:kim');
    for (let n = 0; n < 30; n++) await enrolment.enrol({ ...request(token), token: 'airis1.x' }, 'noisy');
    expect(await enrolment.enrol(request(token), 'noisy')).toMatchObject({ reason: 'too-many-attempts' });
    expect(await enrolment.enrol(request(token), 'other')).toMatchObject({ ok: true });
  });

  it('leaves the longest list standing when several are revoked at once', async () => {
    for (let n = 0; n < 3; n++) await enrolment.enrol(request((await enrolment.createToken('user:kim')).token), 'a');
    // The first push takes longest: its list must not come last.
    holdPushMs = [30, 10, 0];
    await Promise.all(['web-1', 'web-1-2', 'web-1-3'].map((id) => enrolment.revoke('user:kim', id)));
    expect(pushed).toHaveLength(3);
    expect(pushed.at(-1)).toEqual(['web-1', 'web-1-2', 'web-1-3']);
  });

  it('revokes for good: every revoked agent is pushed, and the key never enrols again', async () => {
    const key = createUserKey();
    await enrolment.enrol(request((await enrolment.createToken('user:kim')).token, key), 'a');
    await enrolment.enrol(request((await enrolment.createToken('user:kim')).token), 'a');
    await enrolment.revoke('user:kim', 'web-1');
    await enrolment.revoke('user:kim', 'web-1-2');
    expect(pushed).toEqual([['web-1'], ['web-1', 'web-1-2']]);
    const { token } = await enrolment.createToken('user:kim');
    expect(await enrolment.enrol(request(token, key), 'a')).toMatchObject({ reason: 'key-revoked' });
    await expect(enrolment.revoke('user:kim', 'nobody')).rejects.toMatchObject({ code: 'AGENT_UNKNOWN' });
  });
});

describe('agentNameFrom', () => {
  it.each([
    { hostName: 'web-1.example.kr', want: 'web-1' },
    { hostName: 'WEB_01', want: 'web-01' },
    { hostName: '서버', want: 'host' },
    { hostName: '-a-', want: 'a' },
    { hostName: 'x'.repeat(200), want: 'x'.repeat(63) },
    { hostName: '.', want: 'host' },
  ])('$hostName → $want', ({ hostName, want }) => expect(agentNameFrom(hostName)).toBe(want));
});
