import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStateStore, type StateStore } from '../store/state/state-store.ts';
import {
  type AccessService,
  createAccess,
  roleAllows,
  SESSION_LIFETIME_MS,
  SIGN_IN_LINK_LIFETIME_MS,
} from './access.ts';
import { SIGN_IN_LIMITS } from './failed-attempts.ts';

let state: StateStore;
let nowMs: number;
let access: AccessService;
beforeEach(() => {
  state = openStateStore(':memory:');
  nowMs = 1_000_000;
  access = createAccess(state, () => nowMs, { ...SIGN_IN_LIMITS, most: 3 }, { N: 2, r: 8, p: 1 });
});
afterEach(() => state[Symbol.asyncDispose]());

const password = 'correct horse battery';
const put = (name: string, role: 'admin' | 'viewer') => access.putUser('system', { name, role, password });

describe('signing in', () => {
  it('works with a link, once and in time; the first link makes its user', async () => {
    const secret = await access.createSignInLink('system');
    const opened = await access.signInWithLink(secret, 'a');
    expect(opened).toMatchObject({ ok: true, value: { principal: { kind: 'user', name: 'admin', role: 'admin' } } });
    expect(await access.signInWithLink(secret, 'a')).toMatchObject({ reason: 'wrong-credentials' });
    const late = await access.createSignInLink('system');
    nowMs += SIGN_IN_LINK_LIFETIME_MS;
    expect(await access.signInWithLink(late, 'a')).toMatchObject({ reason: 'wrong-credentials' });
  });

  it('works with a password, and says the same of a wrong one and an unknown user', async () => {
    await put('kim', 'admin');
    expect(await access.signInWithPassword('kim', password, 'a')).toMatchObject({ ok: true });
    const wrong = await access.signInWithPassword('kim', 'wrong password!!', 'a');
    expect(wrong).toEqual(await access.signInWithPassword('lee', 'wrong password!!', 'a'));
  });

  it('makes a guesser wait, and neither other users nor other addresses', async () => {
    await put('kim', 'admin');
    for (let n = 0; n < 3; n++) await access.signInWithPassword('kim', `guess number ${n}`, 'a');
    expect(await access.signInWithPassword('kim', password, 'a')).toMatchObject({ reason: 'too-many-attempts' });
    expect(await access.signInWithPassword('kim', password, 'b')).toMatchObject({ ok: true });
    nowMs += 5 * 60_000;
    expect(await access.signInWithPassword('kim', password, 'a')).toMatchObject({ ok: true });
  });

  it('keeps a session until it ends, expires, or the user changes', async () => {
    await put('kim', 'admin');
    await put('lee', 'admin');
    const open = async () => {
      const opened = await access.signInWithPassword('kim', password, 'a');
      if (!opened.ok) throw new Error(opened.reason);
      return opened.value;
    };
    const [ended, kept] = [await open(), await open()];
    await access.endSession(ended.secret);
    expect(await access.session(ended.secret)).toBeNull();
    expect(await access.session(kept.secret)).toEqual(kept);
    expect(access.isCsrfToken(kept.secret, kept.csrf)).toBe(true);
    expect(access.isCsrfToken(kept.secret, ended.csrf)).toBe(false);
    await put('kim', 'viewer');
    expect(await access.session(kept.secret)).toBeNull();
    const last = await open();
    nowMs += SESSION_LIFETIME_MS;
    expect(await access.session(last.secret)).toBeNull();
  });
});

describe('API tokens', () => {
  it('work until they expire or are revoked, and a right one always passes', async () => {
    const forever = await access.createApiToken('user:kim', { name: 'ci', role: 'operator', lifetimeMs: null });
    const brief = await access.createApiToken('user:kim', { name: 'job', role: 'viewer', lifetimeMs: 1_000 });
    for (let n = 0; n < 3; n++) await access.bearer('airis_wrong', 'a');
    expect(await access.bearer('airis_wrong', 'a')).toMatchObject({ reason: 'too-many-attempts' });
    expect(await access.bearer(forever.secret, 'a')).toEqual({
      ok: true,
      value: { kind: 'token', name: 'ci', role: 'operator' },
    });
    expect(await access.bearer(brief.secret, 'b')).toMatchObject({ ok: true });
    nowMs += 1_000;
    expect(await access.bearer(brief.secret, 'b')).toMatchObject({ ok: false });
    await access.revokeApiToken('user:kim', forever.record.id);
    expect(await access.bearer(forever.secret, 'b')).toMatchObject({ ok: false });
  });

  it('are stored without their secret', async () => {
    const { secret } = await access.createApiToken('user:kim', { name: 'ci', role: 'viewer', lifetimeMs: null });
    expect(JSON.stringify([await state.access.apiTokens(), await state.audit.list({ limit: 9 })])).not.toContain(
      secret,
    );
  });
});

describe('users', () => {
  it.each([
    { name: 'a name with spaces', user: { name: 'a b', role: 'viewer', password }, reason: 'invalid-name' },
    { name: 'a short password', user: { name: 'kim', role: 'viewer', password: 'short' }, reason: 'weak-password' },
  ] as const)('refuses $name', async ({ user, reason }) => {
    expect(await access.putUser('system', user)).toMatchObject({ ok: false, reason });
  });

  it('keeps the last admin, and a password that is not given anew', async () => {
    await put('kim', 'admin');
    expect(await put('kim', 'viewer')).toMatchObject({ reason: 'last-admin' });
    expect(await access.removeUser('system', 'kim')).toMatchObject({ reason: 'last-admin' });
    await put('lee', 'admin');
    await access.putUser('system', { name: 'kim', role: 'viewer', password: null });
    expect(await access.signInWithPassword('kim', password, 'a')).toMatchObject({ ok: true });
    expect(await access.removeUser('system', 'kim')).toMatchObject({ ok: true });
    expect(await access.removeUser('system', 'kim')).toMatchObject({ reason: 'unknown-user' });
  });

  it('orders roles', () => {
    expect([
      roleAllows('viewer', 'operator'),
      roleAllows('operator', 'operator'),
      roleAllows('admin', 'viewer'),
    ]).toEqual([false, true, true]);
  });
});
