import Database from 'better-sqlite3';
import { errorText, HubError } from '../../errors.ts';
import type { Migration } from './migrations.ts';

export type SqliteDatabase = Database.Database;

/**
 * Opens the hub's state. WAL with `synchronous=FULL`: a promise that resolves has been fsynced.
 *
 * @param path - file, or `:memory:` in tests
 */
export function openDatabase(path: string, migrations: readonly Migration[]): SqliteDatabase {
  let database: SqliteDatabase | null = null;
  try {
    database = new Database(path);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    database.pragma('busy_timeout = 5000');
    migrate(database, path, migrations);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof HubError) throw cause;
    throw new HubError(
      'STATE_CORRUPT',
      `${path} cannot be used: ${errorText(cause)}`,
      'restore it from a backup with `airis-hub restore`',
      { cause },
    );
  }
}

/** Applies what is missing, each in a transaction of its own; refuses a file that a newer version has written. */
function migrate(database: SqliteDatabase, path: string, migrations: readonly Migration[]): void {
  database.exec(
    'CREATE TABLE IF NOT EXISTS migration (id TEXT PRIMARY KEY, appliedAtUnixMs INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  );
  const applied = new Set(
    database
      .prepare<[], { id: string }>('SELECT id FROM migration')
      .all()
      .map((row) => row.id),
  );
  const known = new Set(migrations.map((migration) => migration.id));
  const foreign = [...applied].filter((id) => !known.has(id));
  if (foreign.length > 0) {
    throw new HubError(
      'STATE_NEWER',
      `${path} was written by a newer version (unknown migrations: ${foreign.join(', ')})`,
      'start that version again, or restore a backup made before the upgrade',
    );
  }
  const record = database.prepare<[string, number]>('INSERT INTO migration (id, appliedAtUnixMs) VALUES (?, ?)');
  for (const migration of migrations) {
    if (applied.has(migration.id)) continue;
    database.transaction(() => {
      database.exec(migration.sql);
      record.run(migration.id, Date.now());
    })();
  }
}
