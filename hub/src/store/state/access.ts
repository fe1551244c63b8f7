import type { SqliteDatabase } from './database.ts';
import type { Migration } from './migrations.ts';

/** `viewer` reads, `operator` also handles incidents and watches hosts, `admin` also enrols, revokes and gives access. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type UserRole = (typeof ROLES)[number];

export interface UserRecord {
  readonly name: string;
  readonly role: UserRole;
  /** As `hashPassword` made it; null for a user who signs in by link only. */
  readonly passwordHash: string | null;
  readonly createdAtUnixMs: number;
}

export interface ApiTokenRecord {
  readonly id: string;
  readonly name: string;
  readonly role: UserRole;
  readonly secretHash: string;
  readonly createdBy: string;
  readonly createdAtUnixMs: number;
  readonly expiresAtUnixMs: number | null;
  readonly revokedAtUnixMs: number | null;
}

export interface SessionRecord {
  readonly secretHash: string;
  readonly user: string;
  readonly role: UserRole;
  readonly createdAtUnixMs: number;
  readonly expiresAtUnixMs: number;
}

export interface SignInLinkRecord {
  readonly secretHash: string;
  readonly user: string;
  readonly expiresAtUnixMs: number;
}

/** Who may use the hub. Secrets are stored as hashes only; the caller makes and compares them. */
export interface AccessStore {
  /** Adds the user or replaces role and password. A changed user's sessions end. */
  putUser(user: UserRecord): Promise<void>;
  user(name: string): Promise<UserRecord | null>;
  /** By name. */
  users(): Promise<readonly UserRecord[]>;
  /** True where the user was there; sessions end with it. */
  removeUser(name: string): Promise<boolean>;

  addApiToken(token: Omit<ApiTokenRecord, 'revokedAtUnixMs'>): Promise<void>;
  apiToken(secretHash: string): Promise<ApiTokenRecord | null>;
  /** Newest first. */
  apiTokens(): Promise<readonly ApiTokenRecord[]>;
  revokeApiToken(id: string, nowUnixMs: number): Promise<boolean>;

  addSession(session: SessionRecord): Promise<void>;
  session(secretHash: string): Promise<SessionRecord | null>;
  endSession(secretHash: string): Promise<void>;

  addSignInLink(link: SignInLinkRecord): Promise<void>;
  /** Spends the link: the second caller gets null, as does one that comes late or for a user who is gone. */
  useSignInLink(secretHash: string, nowUnixMs: number): Promise<UserRecord | null>;

  /** Drops expired sessions and links, and API tokens that are 90 days dead; returns how many. */
  sweep(nowUnixMs: number): Promise<number>;
}

export const accessMigrations: readonly Migration[] = [
  {
    id: 'access-1',
    sql: `
      CREATE TABLE user (
        name TEXT PRIMARY KEY,
        role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
        passwordHash TEXT,
        createdAtUnixMs INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE apiToken (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
        secretHash TEXT NOT NULL UNIQUE,
        createdBy TEXT NOT NULL,
        createdAtUnixMs INTEGER NOT NULL,
        expiresAtUnixMs INTEGER,
        revokedAtUnixMs INTEGER
      ) STRICT;
      CREATE TABLE session (
        secretHash TEXT PRIMARY KEY,
        user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
        role TEXT NOT NULL,
        createdAtUnixMs INTEGER NOT NULL,
        expiresAtUnixMs INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX sessionByUser ON session (user);
      CREATE TABLE signInLink (
        secretHash TEXT PRIMARY KEY,
        user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
        expiresAtUnixMs INTEGER NOT NULL
      ) STRICT;`,
  },
];

const DEAD_TOKENS_KEPT_MS = 90 * 86_400_000;

export function createAccessStore(database: SqliteDatabase): AccessStore {
  const upsertUser = database.prepare(
    `INSERT INTO user (name, role, passwordHash, createdAtUnixMs) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET role = excluded.role, passwordHash = excluded.passwordHash`,
  );
  const endSessionsOf = database.prepare('DELETE FROM session WHERE user = ?');
  const selectUser = database.prepare<[string], UserRecord>('SELECT * FROM user WHERE name = ?');
  const selectUsers = database.prepare<[], UserRecord>('SELECT * FROM user ORDER BY name');
  const deleteUser = database.prepare('DELETE FROM user WHERE name = ?');
  const insertToken = database.prepare(
    `INSERT INTO apiToken (id, name, role, secretHash, createdBy, createdAtUnixMs, expiresAtUnixMs)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const selectToken = database.prepare<[string], ApiTokenRecord>('SELECT * FROM apiToken WHERE secretHash = ?');
  const selectTokens = database.prepare<[], ApiTokenRecord>(
    'SELECT * FROM apiToken ORDER BY createdAtUnixMs DESC, id LIMIT 1000',
  );
  const revokeToken = database.prepare(
    'UPDATE apiToken SET revokedAtUnixMs = ? WHERE id = ? AND revokedAtUnixMs IS NULL',
  );
  const insertSession = database.prepare('INSERT INTO session VALUES (?, ?, ?, ?, ?)');
  const selectSession = database.prepare<[string], SessionRecord>('SELECT * FROM session WHERE secretHash = ?');
  const deleteSession = database.prepare('DELETE FROM session WHERE secretHash = ?');
  const insertLink = database.prepare('INSERT INTO signInLink VALUES (?, ?, ?)');
  const takeLink = database.prepare<[string], SignInLinkRecord>(
    'DELETE FROM signInLink WHERE secretHash = ? RETURNING *',
  );
  const sweepSessions = database.prepare('DELETE FROM session WHERE expiresAtUnixMs <= ?');
  const sweepLinks = database.prepare('DELETE FROM signInLink WHERE expiresAtUnixMs <= ?');

  const sweepTokens = database.prepare(
    'DELETE FROM apiToken WHERE coalesce(revokedAtUnixMs, expiresAtUnixMs) <= ?', // a living one without end has neither
  );

  const putUserInOneStep = database.transaction((user: UserRecord) => {
    upsertUser.run(user.name, user.role, user.passwordHash, user.createdAtUnixMs);
    endSessionsOf.run(user.name);
  });

  return {
    putUser: async (user) => putUserInOneStep(user),
    user: async (name) => selectUser.get(name) ?? null,
    users: async () => selectUsers.all(),
    removeUser: async (name) => deleteUser.run(name).changes === 1,
    async addApiToken(token) {
      const { id, name, role, secretHash, createdBy, createdAtUnixMs, expiresAtUnixMs } = token;
      insertToken.run(id, name, role, secretHash, createdBy, createdAtUnixMs, expiresAtUnixMs);
    },
    apiToken: async (secretHash) => selectToken.get(secretHash) ?? null,
    apiTokens: async () => selectTokens.all(),
    revokeApiToken: async (id, nowUnixMs) => revokeToken.run(nowUnixMs, id).changes === 1,
    async addSession(session) {
      const { secretHash, user, role, createdAtUnixMs, expiresAtUnixMs } = session;
      insertSession.run(secretHash, user, role, createdAtUnixMs, expiresAtUnixMs);
    },
    session: async (secretHash) => selectSession.get(secretHash) ?? null,
    async endSession(secretHash) {
      deleteSession.run(secretHash);
    },
    async addSignInLink({ secretHash, user, expiresAtUnixMs }) {
      insertLink.run(secretHash, user, expiresAtUnixMs);
    },
    async useSignInLink(secretHash, nowUnixMs) {
      const link = takeLink.get(secretHash);
      if (link === undefined || link.expiresAtUnixMs <= nowUnixMs) return null;
      return selectUser.get(link.user) ?? null;
    },
    sweep: async (nowUnixMs) =>
      sweepSessions.run(nowUnixMs).changes +
      sweepLinks.run(nowUnixMs).changes +
      sweepTokens.run(nowUnixMs - DEAD_TOKENS_KEPT_MS).changes,
  };
}
