import { ok, type Result, refused } from '@airis/protocol';
import type { SqliteDatabase } from './database.ts';
import type { Migration } from './migrations.ts';

export interface AgentRecord {
  /** Unsigned 32-bit, from 1, never reused: stands for the agent in stored rows. */
  readonly number: number;
  readonly id: string;
  readonly hostName: string;
  /** NATS user public key (`U…`). */
  readonly publicKey: string;
  readonly enrolledAtUnixMs: number;
  readonly revokedAtUnixMs: number | null;
  /** Log sources whose masked lines may leave, as the enrolment token said. */
  readonly generalLogSources: readonly string[];
}

/** An enrolment token as stored: its secret only as a hash. */
export interface EnrolmentTokenRecord {
  readonly id: string;
  readonly secretHash: string;
  readonly createdBy: string;
  readonly createdAtUnixMs: number;
  readonly expiresAtUnixMs: number;
  readonly wantedId: string | null;
  readonly generalLogSources: readonly string[];
  readonly usedAtUnixMs: number | null;
  readonly usedByAgent: string | null;
}

export interface EnrolmentEntry {
  readonly secretHash: string;
  readonly publicKey: string;
  readonly hostName: string;
  /** Where the id is taken, `-2`, `-3`, … is added. The token's own wish wins over this one. */
  readonly baseId: string;
  readonly nowUnixMs: number;
}

export type EnrolmentRefusal = 'token-unknown' | 'token-used' | 'token-expired' | 'key-revoked';

export interface IdentityStore {
  addToken(token: Omit<EnrolmentTokenRecord, 'usedAtUnixMs' | 'usedByAgent'>): Promise<void>;
  /** Newest first, at most 500. */
  tokens(): Promise<readonly EnrolmentTokenRecord[]>;
  /** True where an unused token was there to withdraw. */
  withdrawToken(id: string): Promise<boolean>;
  /**
   * Spends the token and gives an identity, both or neither. A key that is enrolled already keeps its id and number, so
   * that a host whose answer was lost asks again with another token.
   */
  enrol(entry: EnrolmentEntry): Promise<Result<AgentRecord, EnrolmentRefusal>>;
  /** By number. */
  agents(): Promise<readonly AgentRecord[]>;
  agent(id: string): Promise<AgentRecord | null>;
  setGeneralLogSources(id: string, patterns: readonly string[]): Promise<void>;
  /** The agent as revoked now or before, or null where there is none. */
  revoke(id: string, nowUnixMs: number): Promise<AgentRecord | null>;
}

export const identityMigrations: readonly Migration[] = [
  {
    id: 'identity-1',
    sql: `
      CREATE TABLE agent (
        number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 4294967295),
        id TEXT NOT NULL UNIQUE,
        hostName TEXT NOT NULL,
        publicKey TEXT NOT NULL UNIQUE,
        enrolledAtUnixMs INTEGER NOT NULL,
        revokedAtUnixMs INTEGER,
        generalLogSources TEXT NOT NULL
      ) STRICT;
      CREATE TABLE enrolmentToken (
        id TEXT PRIMARY KEY,
        secretHash TEXT NOT NULL UNIQUE,
        createdBy TEXT NOT NULL,
        createdAtUnixMs INTEGER NOT NULL,
        expiresAtUnixMs INTEGER NOT NULL,
        wantedId TEXT,
        generalLogSources TEXT NOT NULL,
        usedAtUnixMs INTEGER,
        usedByAgent TEXT
      ) STRICT;`,
  },
];

type Row<T extends { generalLogSources: readonly string[] }> = Omit<T, 'generalLogSources'> & {
  readonly generalLogSources: string;
};
/** Spent and expired tokens stay in the list this long. */
const DEAD_TOKENS_KEPT_MS = 90 * 86_400_000;
const AGENT_COLUMNS = 'number, id, hostName, publicKey, enrolledAtUnixMs, revokedAtUnixMs, generalLogSources';
const TOKEN_COLUMNS =
  'id, secretHash, createdBy, createdAtUnixMs, expiresAtUnixMs, wantedId, generalLogSources, usedAtUnixMs, usedByAgent';

export function createIdentityStore(database: SqliteDatabase): IdentityStore {
  const insertToken = database.prepare(
    `INSERT INTO enrolmentToken (id, secretHash, createdBy, createdAtUnixMs, expiresAtUnixMs, wantedId, generalLogSources)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const sweepTokens = database.prepare('DELETE FROM enrolmentToken WHERE expiresAtUnixMs < ?');
  const selectTokens = database.prepare<[], Row<EnrolmentTokenRecord>>(
    `SELECT ${TOKEN_COLUMNS} FROM enrolmentToken ORDER BY createdAtUnixMs DESC, id LIMIT 500`,
  );
  const selectToken = database.prepare<[string], Row<EnrolmentTokenRecord>>(
    `SELECT ${TOKEN_COLUMNS} FROM enrolmentToken WHERE secretHash = ?`,
  );
  const spendToken = database.prepare('UPDATE enrolmentToken SET usedAtUnixMs = ?, usedByAgent = ? WHERE id = ?');
  const deleteToken = database.prepare('DELETE FROM enrolmentToken WHERE id = ? AND usedAtUnixMs IS NULL');
  const insertAgent = database.prepare(
    'INSERT INTO agent (id, hostName, publicKey, enrolledAtUnixMs, generalLogSources) VALUES (?, ?, ?, ?, ?)',
  );
  const updateAgent = database.prepare('UPDATE agent SET hostName = ? WHERE number = ?');
  const updateLogSources = database.prepare('UPDATE agent SET generalLogSources = ? WHERE id = ?');
  const selectAgents = database.prepare<[], Row<AgentRecord>>(`SELECT ${AGENT_COLUMNS} FROM agent ORDER BY number`);
  const selectAgent = database.prepare<[string], Row<AgentRecord>>(`SELECT ${AGENT_COLUMNS} FROM agent WHERE id = ?`);
  const selectAgentByKey = database.prepare<[string], Row<AgentRecord>>(
    `SELECT ${AGENT_COLUMNS} FROM agent WHERE publicKey = ?`,
  );
  const revokeAgent = database.prepare('UPDATE agent SET revokedAtUnixMs = ? WHERE id = ? AND revokedAtUnixMs IS NULL');

  const enrolInOneStep = database.transaction((entry: EnrolmentEntry): Result<AgentRecord, EnrolmentRefusal> => {
    const token = selectToken.get(entry.secretHash);
    if (token === undefined) return refused('token-unknown', 'no such enrolment token');
    if (token.usedAtUnixMs !== null) return refused('token-used', `the token was used by ${token.usedByAgent}`);
    if (token.expiresAtUnixMs <= entry.nowUnixMs) return refused('token-expired', 'the token has expired');

    const known = selectAgentByKey.get(entry.publicKey);
    if (known !== undefined && known.revokedAtUnixMs !== null) {
      return refused('key-revoked', `the key belongs to ${known.id}, which is revoked`);
    }
    // Which logs are general was decided since its first enrolment, and stays.
    if (known !== undefined) updateAgent.run(entry.hostName, known.number);
    const id = known?.id ?? freeId(token.wantedId ?? entry.baseId);
    if (known === undefined) {
      insertAgent.run(id, entry.hostName, entry.publicKey, entry.nowUnixMs, token.generalLogSources);
    }
    spendToken.run(entry.nowUnixMs, id, token.id);
    // Written above in the same transaction.
    return ok(read(selectAgent.get(id)!));
  });

  /** Ids of revoked agents stay taken: their rows and incidents still carry them. */
  function freeId(baseId: string): string {
    for (let suffix = 1; ; suffix++) {
      const tail = suffix === 1 ? '' : `-${suffix}`;
      const id = `${baseId.slice(0, 63 - tail.length).replace(/-+$/, '')}${tail}`;
      if (selectAgent.get(id) === undefined) return id;
    }
  }

  return {
    async addToken(token) {
      sweepTokens.run(token.createdAtUnixMs - DEAD_TOKENS_KEPT_MS);
      insertToken.run(
        token.id,
        token.secretHash,
        token.createdBy,
        token.createdAtUnixMs,
        token.expiresAtUnixMs,
        token.wantedId,
        JSON.stringify(token.generalLogSources),
      );
    },
    tokens: async () => selectTokens.all().map(read),
    withdrawToken: async (id) => deleteToken.run(id).changes === 1,
    enrol: async (entry) => enrolInOneStep.immediate(entry),
    agents: async () => selectAgents.all().map(read),
    async agent(id) {
      const row = selectAgent.get(id);
      return row === undefined ? null : read(row);
    },
    async setGeneralLogSources(id, patterns) {
      updateLogSources.run(JSON.stringify(patterns), id);
    },
    async revoke(id, nowUnixMs) {
      revokeAgent.run(nowUnixMs, id);
      const row = selectAgent.get(id);
      return row === undefined ? null : read(row);
    },
  };
}

function read<T extends { readonly generalLogSources: string }>(
  row: T,
): Omit<T, 'generalLogSources'> & { readonly generalLogSources: readonly string[] } {
  // Only this file writes the column, always as a JSON list of strings.
  return { ...row, generalLogSources: JSON.parse(row.generalLogSources) as string[] };
}
