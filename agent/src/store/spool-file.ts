import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

const ddl = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS batch (
    id INTEGER PRIMARY KEY,      -- class * 2^50 + seq: delivery order
    from_seq INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    size INTEGER NOT NULL,       -- bytes this row counts for
    rows INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    schema TEXT NOT NULL,
    reason TEXT,                 -- set: a tombstone, payload is null
    payload BLOB
  ) STRICT;
  CREATE INDEX IF NOT EXISTS batch_eviction ON batch (priority, id) WHERE reason IS NULL;
`;

export const PAGE_BYTES = 4096;
/** Whole-file check at start only below this; a larger file is checked as its pages are read. */
const MAX_CHECKED_BYTES = 64 * 1024 * 1024;

export interface SpoolFile {
  readonly database: DatabaseSync;
  readonly statements: SpoolStatements;
  /** Set when a damaged file was put aside: where it lies, and when it was last written. */
  readonly setAside: { readonly path: string; readonly modifiedUnixMs: number } | null;
}

export type SpoolStatements = ReturnType<typeof prepareStatements>;

export interface SpoolFileOptions {
  readonly nowMs: number;
  /** Hard stop for the file's growth, in pages. */
  readonly maxPages: number;
  /** The journal is written back from a quarter of this on, and shrinks to this after a large transaction. */
  readonly journalBytes: number;
}

/** Opens the spool file, or makes one. A damaged file is renamed to `<path>.corrupt-<time>` and a new one begun. */
export function openSpoolFile(path: string, options: SpoolFileOptions): SpoolFile {
  try {
    return { ...openDatabase(path, options), setAside: null };
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    const setAside = { path: `${path}.corrupt-${options.nowMs}`, modifiedUnixMs: Math.round(statSync(path).mtimeMs) };
    putAside(path, setAside.path);
    return { ...openDatabase(path, options), setAside };
  }
}

/** Renames a damaged database and its journal, so that nobody loses what may still be read by hand. */
export function putAside(path: string, target: string): void {
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
}

/** SQLITE_CORRUPT, SQLITE_NOTADB: the file is not, or no longer, a database. */
export const isCorrupt = (error: unknown): boolean => hasSqliteCode(error, [11, 26]);
/** SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN: the disk takes nothing more. */
export const isDiskFull = (error: unknown): boolean => hasSqliteCode(error, [13, 10, 8, 14]);

function hasSqliteCode(error: unknown, codes: readonly number[]): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false;
  return codes.includes(error.errcode & 0xff);
}

function openDatabase(path: string, options: SpoolFileOptions): Pick<SpoolFile, 'database' | 'statements'> {
  const existed = existsSync(path);
  const database = new DatabaseSync(path, { timeout: 2_000 });
  try {
    database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL;`);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -2048;');
    const { maxPages, journalBytes } = options;
    database.exec(`PRAGMA journal_size_limit = ${journalBytes}; PRAGMA max_page_count = ${maxPages};`);
    database.exec(`PRAGMA wal_autocheckpoint = ${Math.ceil(journalBytes / 4 / PAGE_BYTES)};`);
    if (existed && statSync(path).size <= MAX_CHECKED_BYTES) assertSound(database);
    database.exec(ddl);
    const statements = prepareStatements(database);
    if (statements.getMeta.get('epoch') === undefined) statements.setMeta.run('epoch', newEpoch());
    return { database, statements };
  } catch (error) {
    database.close();
    throw error;
  }
}

export const newEpoch = (): string => randomBytes(16).toString('hex');

class UnsoundFile extends Error {
  readonly errcode = 11;
}

function assertSound(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA quick_check(1)').get();
  if (row?.quick_check !== 'ok') throw new UnsoundFile(String(row?.quick_check));
}

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    getMeta: prepare('SELECT value FROM meta WHERE key = ?'),
    setMeta: prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
    insert: prepare('INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    read: prepare('SELECT * FROM batch WHERE id > ? AND id < ? ORDER BY id LIMIT ?'),
    get: prepare('SELECT * FROM batch WHERE id = ?'),
    after: prepare('SELECT * FROM batch WHERE id > ? ORDER BY id LIMIT 1'),
    ids: prepare('SELECT id, from_seq FROM batch WHERE id > ? AND id < ? ORDER BY id'),
    renumber: prepare('UPDATE batch SET id = ?, from_seq = ? WHERE id = ?'),
    deleteOne: prepare('DELETE FROM batch WHERE id = ?'),
    deleteRange: prepare('DELETE FROM batch WHERE id > ? AND id <= ?'),
    sumRange: prepare(
      'SELECT count(*) AS batches, coalesce(sum(size), 0) AS bytes, coalesce(sum(rows), 0) AS rows FROM batch WHERE id > ? AND id <= ?',
    ),
    freePages: prepare('PRAGMA freelist_count'),
    evictable: prepare('SELECT id, size, rows FROM batch WHERE reason IS NULL ORDER BY priority, id LIMIT 64'),
    bury: prepare(
      `UPDATE batch SET reason = ?, payload = NULL, kind = 'tombstone', schema = 'tombstone/1', size = ?, from_seq = ?, rows = ?,
       from_ms = ?, to_ms = ? WHERE id = ?`,
    ),
  };
}
