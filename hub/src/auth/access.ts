import { ok, type Result, refused } from '@airis/protocol';
import type { ApiTokenRecord, UserRecord, UserRole } from '../store/state/access.ts';
import { ROLES } from '../store/state/access.ts';
import type { StateStore } from '../store/state/state-store.ts';
import { createFailedAttempts, type FailedAttemptLimits, SIGN_IN_LIMITS } from './failed-attempts.ts';
import {
  hashPassword,
  MAX_PASSWORD_LENGTH,
  MIN_PASSWORD_LENGTH,
  PASSWORD_COST,
  type PasswordCost,
  verifyPassword,
} from './password.ts';
import { csrfTokenOf, equalSecrets, hashSecret, newPublicId, newSecret } from './secret.ts';

export const SESSION_LIFETIME_MS = 12 * 3_600_000;
export const SIGN_IN_LINK_LIFETIME_MS = 15 * 60_000;
/** The user whom the first start makes and its sign-in link names. It has no password until somebody sets one. */
export const FIRST_USER = 'admin';
/** Marks our bearer tokens, so that a leaked one is recognised by secret scanners. */
const TOKEN_PREFIX = 'airis_';

/** Who is asking. `name` is the user's or the API token's. */
export interface Principal {
  readonly kind: 'user' | 'token';
  readonly name: string;
  readonly role: UserRole;
}

export interface OpenSession {
  readonly principal: Principal;
  /** Value of the `airis_session` cookie. */
  readonly secret: string;
  /** Value that the `X-Airis-Csrf` header must carry on unsafe methods. */
  readonly csrf: string;
  readonly expiresAtUnixMs: number;
}

export type SignInRefusal = 'wrong-credentials' | 'too-many-attempts';
export type UserRefusal = 'invalid-name' | 'weak-password' | 'last-admin' | 'unknown-user';

/** What the API asks about people and programs. Callers' addresses are used to slow down guessing, never stored. */
export interface AccessService {
  signInWithLink(linkSecret: string, caller: string): Promise<Result<OpenSession, SignInRefusal>>;
  signInWithPassword(user: string, password: string, caller: string): Promise<Result<OpenSession, SignInRefusal>>;
  /** The session behind a cookie, or null where it is unknown or over. */
  session(cookie: string): Promise<OpenSession | null>;
  endSession(cookie: string): Promise<void>;
  isCsrfToken(cookie: string, header: string): boolean;
  /** The principal of `Authorization: Bearer`, or a refusal. */
  bearer(token: string, caller: string): Promise<Result<Principal, SignInRefusal>>;
  /** The token's secret is in the answer and never again. */
  createApiToken(
    by: string,
    token: { readonly name: string; readonly role: UserRole; readonly lifetimeMs: number | null },
  ): Promise<{ readonly record: Omit<ApiTokenRecord, 'revokedAtUnixMs'>; readonly secret: string }>;
  revokeApiToken(by: string, id: string): Promise<boolean>;
  /** The one-time secret of `/#signin=<secret>`, good for 15 minutes; makes the first user where there is none. */
  createSignInLink(by: string, user?: string): Promise<string>;
  putUser(
    by: string,
    user: { readonly name: string; readonly role: UserRole; readonly password: string | null },
  ): Promise<Result<UserRecord, UserRefusal>>;
  removeUser(by: string, name: string): Promise<Result<void, UserRefusal>>;
}

/** Whether a role may do what `needed` may. */
export function roleAllows(role: UserRole, needed: UserRole): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

export function createAccess(
  state: Pick<StateStore, 'access' | 'audit'>,
  clock: () => number,
  limits: FailedAttemptLimits = SIGN_IN_LIMITS,
  passwordCost: PasswordCost = PASSWORD_COST,
): AccessService {
  const store = state.access;
  const attempts = createFailedAttempts(limits);

  async function audit(who: string, action: string, target: string, done = true): Promise<void> {
    await state.audit.append({
      atUnixMs: clock(),
      who,
      action,
      target,
      outcome: done ? 'done' : 'refused',
      details: {},
    });
  }

  /**
   * A secret of 256 bits cannot be guessed, so a right one always passes: the limit only quietens the wrong ones, and a
   * noisy neighbour behind the same address locks nobody out.
   */
  async function bySecret<T>(
    caller: string,
    what: string,
    find: () => Promise<T | null>,
  ): Promise<Result<T, SignInRefusal>> {
    const found = await find();
    if (found !== null) return ok(found);
    return tooMany(caller) ?? (await refuse(caller, what));
  }

  function tooMany(caller: string): Result<never, SignInRefusal> | null {
    const waitMs = attempts.waitMs(caller, clock());
    return waitMs > 0 ? refused('too-many-attempts', `try again in ${Math.ceil(waitMs / 1_000)} s`) : null;
  }

  /** The answer never says what was wrong. */
  async function refuse(caller: string, what: string): Promise<Result<never, SignInRefusal>> {
    attempts.fail(caller, clock());
    await audit('system', 'session.refuse', what, false);
    return refused('wrong-credentials', 'unknown, used, expired or wrong');
  }

  async function open(user: UserRecord): Promise<OpenSession> {
    const secret = newSecret();
    const now = clock();
    await store.sweep(now);
    const expiresAtUnixMs = now + SESSION_LIFETIME_MS;
    await store.addSession({
      secretHash: hashSecret(secret),
      user: user.name,
      role: user.role,
      createdAtUnixMs: now,
      expiresAtUnixMs,
    });
    await audit(`user:${user.name}`, 'session.create', user.name);
    return describe(user.name, user.role, secret, expiresAtUnixMs);
  }

  async function isLastAdmin(name: string): Promise<boolean> {
    const admins = (await store.users()).filter((user) => user.role === 'admin');
    return admins.length === 1 && admins[0]?.name === name;
  }

  async function putUser(by: string, user: { name: string; role: UserRole; password: string | null }) {
    if (!/^[a-z][a-z0-9._@-]{0,63}$/.test(user.name)) {
      return refused('invalid-name', 'lower-case letters, digits and ._@-, at most 64, a letter first');
    }
    if (user.password !== null && !isPasswordLengthFit(user.password)) {
      return refused('weak-password', `${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters`);
    }
    if (user.role !== 'admin' && (await isLastAdmin(user.name))) {
      return refused('last-admin', `${user.name} is the only admin`);
    }
    const known = await store.user(user.name);
    const record: UserRecord = {
      name: user.name,
      role: user.role,
      passwordHash:
        user.password === null ? (known?.passwordHash ?? null) : await hashPassword(user.password, passwordCost),
      createdAtUnixMs: known?.createdAtUnixMs ?? clock(),
    };
    await store.putUser(record);
    await audit(by, known === null ? 'user.create' : 'user.change', user.name);
    return ok(record);
  }

  return {
    async signInWithLink(linkSecret, caller) {
      const found = await bySecret(caller, 'link', () => store.useSignInLink(hashSecret(linkSecret), clock()));
      return found.ok ? ok(await open(found.value)) : found;
    },
    async signInWithPassword(name, password, caller) {
      const guesser = `${caller} ${name.slice(0, 64)}`;
      const limited = tooMany(guesser);
      if (limited !== null) return limited;
      const user = await store.user(name);
      const isRight = await verifyPassword(password, user?.passwordHash ?? null);
      if (user === null || !isRight) return await refuse(guesser, 'password');
      attempts.succeed(guesser);
      return ok(await open(user));
    },
    async session(cookie) {
      const record = await store.session(hashSecret(cookie));
      if (record === null || record.expiresAtUnixMs <= clock()) return null;
      return describe(record.user, record.role, cookie, record.expiresAtUnixMs);
    },
    endSession: (cookie) => store.endSession(hashSecret(cookie)),
    isCsrfToken: (cookie, header) => equalSecrets(csrfTokenOf(cookie), header),
    bearer: (token, caller) =>
      bySecret(caller, 'bearer', async () => {
        const record = token.startsWith(TOKEN_PREFIX) ? await store.apiToken(hashSecret(token)) : null;
        if (record === null || record.revokedAtUnixMs !== null) return null;
        if (record.expiresAtUnixMs !== null && record.expiresAtUnixMs <= clock()) return null;
        return { kind: 'token' as const, name: record.name, role: record.role };
      }),
    async createApiToken(by, { name, role, lifetimeMs }) {
      const secret = `${TOKEN_PREFIX}${newSecret()}`;
      const now = clock();
      const record = {
        id: newPublicId('tok'),
        name,
        role,
        secretHash: hashSecret(secret),
        createdBy: by,
        createdAtUnixMs: now,
        expiresAtUnixMs: lifetimeMs === null ? null : now + lifetimeMs,
      };
      await store.addApiToken(record);
      await audit(by, 'token.create', record.id);
      return { record, secret };
    },
    async revokeApiToken(by, id) {
      const isRevoked = await store.revokeApiToken(id, clock());
      await audit(by, 'token.revoke', id, isRevoked);
      return isRevoked;
    },
    async createSignInLink(by, user = FIRST_USER) {
      if (user === FIRST_USER && (await store.user(user)) === null) {
        await store.putUser({ name: user, role: 'admin', passwordHash: null, createdAtUnixMs: clock() });
      }
      await store.sweep(clock());
      const secret = newSecret();
      await store.addSignInLink({
        secretHash: hashSecret(secret),
        user,
        expiresAtUnixMs: clock() + SIGN_IN_LINK_LIFETIME_MS,
      });
      await audit(by, 'link.create', user);
      return secret;
    },
    putUser,
    async removeUser(by, name) {
      if (await isLastAdmin(name)) return refused('last-admin', `${name} is the only admin`);
      if (!(await store.removeUser(name))) return refused('unknown-user', `there is no user ${name}`);
      await audit(by, 'user.remove', name);
      return ok(undefined);
    },
  };
}

function describe(name: string, role: UserRole, secret: string, expiresAtUnixMs: number): OpenSession {
  return { principal: { kind: 'user', name, role }, secret, csrf: csrfTokenOf(secret), expiresAtUnixMs };
}

function isPasswordLengthFit(password: string): boolean {
  return password.length >= MIN_PASSWORD_LENGTH && password.length <= MAX_PASSWORD_LENGTH;
}
