import { createHash } from 'node:crypto';
import type { SqliteDatabase } from './database.ts';
import type { Migration } from './migrations.ts';

/** Something a person or a key did, or was refused. */
export interface AuditEntry {
  readonly atUnixMs: number;
  /** `user:kim`, `token:ci`, `agent:web-1`, `system`. */
  readonly who: string;
  /** `session.create`, `agent.enrol`, `agent.revoke`, … */
  readonly action: string;
  /** Entity or name acted upon; empty where there is none. */
  readonly target: string;
  readonly outcome: 'done' | 'refused';
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

export interface AuditRecord extends AuditEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  /** SHA-256 (hex) over the record before and this one. */
  readonly hash: string;
}

/** Append-only. Each entry's hash covers the one before, so that a rewritten past shows. */
export interface AuditStore {
  append(entry: AuditEntry): Promise<AuditRecord>;
  /** Newest first. @param limit - at most 1,000 */
  list(options: { readonly beforeSeq?: number; readonly limit: number }): Promise<readonly AuditRecord[]>;
  /** Recomputes the chain: the first sequence that does not fit, or null where all do. */
  firstBroken(): Promise<number | null>;
}

export const auditMigrations: readonly Migration[] = [
  {
    id: 'audit-1',
    sql: `
      CREATE TABLE audit (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
      CREATE TRIGGER auditNoUpdate BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
      CREATE TRIGGER auditNoDelete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;`,
  },
];

interface Row {
  readonly seq: number;
  /** The entry as JSON, hashed as it stands. */
  readonly body: string;
  readonly hash: string;
}

const MAX_PAGE = 1_000;
const GENESIS = '0'.repeat(64);

export function createAuditStore(database: SqliteDatabase): AuditStore {
  const newest = database.prepare<[], Row>('SELECT * FROM audit ORDER BY seq DESC LIMIT 1');
  const insert = database.prepare<[number, string, string]>('INSERT INTO audit VALUES (?, ?, ?)');
  const page = database.prepare<[number, number], Row>('SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?');
  const all = database.prepare<[], Row>('SELECT * FROM audit ORDER BY seq');

  const appendInOneStep = database.transaction((entry: AuditEntry): Row => {
    const previous = newest.get();
    const seq = (previous?.seq ?? 0) + 1;
    const body = JSON.stringify(entry);
    const row = { seq, body, hash: chainHash(previous?.hash ?? GENESIS, seq, body) };
    insert.run(row.seq, row.body, row.hash);
    return row;
  });

  return {
    append: async (entry) => read(appendInOneStep.immediate(entry)),
    list: async ({ beforeSeq = Number.MAX_SAFE_INTEGER, limit }) =>
      page.all(beforeSeq, Math.min(limit, MAX_PAGE)).map(read),
    async firstBroken() {
      let previous = { seq: 0, hash: GENESIS };
      for (const row of all.iterate()) {
        if (row.seq !== previous.seq + 1) return previous.seq + 1;
        if (row.hash !== chainHash(previous.hash, row.seq, row.body)) return row.seq;
        previous = row;
      }
      return null;
    },
  };
}

function chainHash(previousHash: string, seq: number, body: string): string {
  return createHash('sha256').update(`${previousHash}\n${seq}\n${body}`).digest('hex');
}

function read(row: Row): AuditRecord {
  // Only `append` writes the column, always an AuditEntry.
  return { ...(JSON.parse(row.body) as AuditEntry), seq: row.seq, hash: row.hash };
}
