import { existsSync, rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { AgentError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RegisteredSeries } from '../series-registry.ts';
import { DiskReserve } from './disk-reserve.ts';
import { MINUTE_MS, MINUTE_STEPS, type Minute, minuteStart } from './minute-buffer.ts';
import { packMinute, type SeriesMinute, unpackMinute } from './minute-codec.ts';
import { isCorrupt, isDiskFull, PAGE_BYTES, putAside } from './spool-file.ts';

export interface LocalStoreOptions {
  readonly path: string;
  readonly retentionMs: number;
  readonly limitBytes: number;
  readonly nowMs: () => number;
  readonly log: Log;
  /** What others hold under the same limit now. */
  readonly othersBytes?: () => number;
  /** A minute that could not be kept, by reason. */
  readonly onRefused?: (reason: string) => void;
}

/** One series in one minute, as read back. */
export interface StoredMinute extends SeriesMinute {
  readonly t0Ms: number;
}

/** Metrics told apart in one minute's ids. */
const MAX_METRICS = 2 ** 16;
const ROW_OVERHEAD_BYTES = 32;

/**
 * Full resolution on the host, for `retentionMs` or a number of bytes: one record a metric and minute, all its series
 * packed together. A cache, not a promise: synchronous=NORMAL, a damaged file is put aside and begun anew.
 */
export class LocalStore implements Disposable {
  readonly #options: LocalStoreOptions;
  readonly #reserve: DiskReserve;
  #database!: DatabaseSync;
  #statements!: ReturnType<typeof prepareStatements>;
  #metricNumbers = new Map<string, number>();
  #bytes = 0;

  constructor(options: LocalStoreOptions) {
    this.#options = options;
    this.#reserve = new DiskReserve(`${options.path}.reserve`, options.limitBytes, options.log);
    this.#open();
    this.#reserve.take();
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Stores a minute in one transaction, and lets go of what is too old or too much; on a full disk, of what is old. */
  write(minute: Minute, series: readonly RegisteredSeries[]): void {
    const byMetric = groupByMetric(minute, series);
    this.#guarded(undefined, () => {
      try {
        this.#writeMinute(minute.t0Ms, byMetric);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        this.#makeRoom();
        this.#writeMinute(minute.t0Ms, byMetric);
      }
    });
    this.#reserve.take();
  }

  /** Every stored minute of a metric that touches the window, oldest first, read as it is asked for. */
  *window(metric: string, fromUnixMs: number, toUnixMs: number): Generator<StoredMinute> {
    const number = this.#metricNumbers.get(metric);
    if (number === undefined) return;
    const oldest = Math.max(minuteStart(fromUnixMs), this.#options.nowMs() - this.#options.retentionMs - MINUTE_MS);
    for (let t0Ms = minuteStart(oldest); t0Ms <= toUnixMs; t0Ms += MINUTE_MS) {
      const found = this.#guarded(undefined, () => this.#statements.get.get(recordId(t0Ms, number)));
      if (found !== undefined) yield* this.#unpack(t0Ms, found.packed);
    }
  }

  /** Every series in one minute. */
  *minute(t0Ms: number): Generator<StoredMinute> {
    const start = recordId(t0Ms, 0);
    const rows = this.#guarded([], () => this.#statements.range.all(start, start + MAX_METRICS));
    for (const row of rows) yield* this.#unpack(t0Ms, row.packed);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** After a restart within the minute its first part is there already: values of now win, gaps are filled from it. */
  #withEarlierPart(id: number, rows: readonly SeriesMinute[]): readonly SeriesMinute[] {
    const stored = this.#statements.get.get(id);
    if (stored === undefined) return rows;
    const earlier = new Map(this.#unpack(0, stored.packed).map((one) => [one.id, one]));
    for (const row of rows) {
      const before = earlier.get(row.id);
      earlier.set(row.id, {
        ...row,
        t0Ms: 0,
        values: before === undefined ? row.values : filled(row.values, before.values),
      });
    }
    return [...earlier.values()];
  }

  #writeMinute(t0Ms: number, byMetric: ReadonlyMap<string, readonly SeriesMinute[]>): void {
    this.#transaction(() => {
      for (const [metric, rows] of byMetric) {
        const id = recordId(t0Ms, this.#metricNumber(metric));
        const packed = packMinute(this.#withEarlierPart(id, rows));
        this.#statements.remove.run(id);
        this.#statements.insert.run(id, packed.length + ROW_OVERHEAD_BYTES, packed);
      }
      this.#bytes = this.#storedBytes();
      this.#evict(this.#options.limitBytes - (this.#options.othersBytes?.() ?? 0));
    });
  }

  /** Trades the oldest eighth for room in the file, and the reserve for room in the journal that this needs. */
  #makeRoom(): void {
    this.#reserve.release();
    this.#checkpoint();
    const limitBytes = this.#bytes - this.#bytes / 8;
    const freePages = Number(this.#statements.freePages.get()?.freelist_count);
    if (freePages * PAGE_BYTES < 2 * this.#reserve.bytes) {
      while (this.#bytes > limitBytes) {
        const before = this.#bytes;
        this.#transaction(() => this.#evict(Math.max(limitBytes, before - this.#reserve.bytes / 4)));
        this.#checkpoint();
        if (this.#bytes === before) break;
      }
    }
    if (this.#reserve.take()) return;
    this.#database.exec(`PRAGMA incremental_vacuum(${Math.ceil(this.#reserve.bytes / 2 / PAGE_BYTES)})`);
    this.#checkpoint();
  }

  /** RESTART, not TRUNCATE: the journal keeps its room on a full disk. */
  #checkpoint(): void {
    this.#database.exec('PRAGMA wal_checkpoint(RESTART)');
  }

  #storedBytes(): number {
    return Number(this.#statements.sum.get()?.bytes);
  }

  #transaction(work: () => void): void {
    const metricNumbers = new Map(this.#metricNumbers);
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#metricNumbers = metricNumbers;
      this.#bytes = this.#storedBytes();
      throw error;
    }
  }

  #unpack(t0Ms: number, packed: unknown): StoredMinute[] {
    if (!(packed instanceof Uint8Array)) return [];
    try {
      return unpackMinute(packed).map((one) => ({ ...one, t0Ms }));
    } catch (error) {
      this.#options.log.warn('LOCAL_STORE_RECORD', String(error), { t0Ms });
      return [];
    }
  }

  #evict(limitBytes: number): void {
    const { nowMs, retentionMs } = this.#options;
    const tooOld = this.#statements.removeBelow.run(recordId(minuteStart(nowMs() - retentionMs), 0));
    if (tooOld.changes !== 0) this.#bytes = this.#storedBytes();
    while (this.#bytes > limitBytes) {
      const first = this.#statements.first.get();
      if (first === undefined) return;
      const t0Ms = Math.floor(Number(first.id) / MAX_METRICS) * MINUTE_MS;
      this.#statements.removeBelow.run(recordId(t0Ms + MINUTE_MS, 0));
      this.#bytes = this.#storedBytes();
    }
  }

  #metricNumber(metric: string): number {
    const known = this.#metricNumbers.get(metric);
    if (known !== undefined) return known;
    const number = (this.#metricNumbers.size + 1) % MAX_METRICS;
    this.#statements.insertMetric.run(number, metric);
    this.#metricNumbers.set(metric, number);
    return number;
  }

  #open(): void {
    const { path } = this.#options;
    try {
      try {
        this.#openFile();
      } catch (error) {
        if (!isDiskFull(error) || !this.#reserve.isHeld) throw error;
        this.#reserve.release();
        this.#openFile();
      }
    } catch (error) {
      if (!isCorrupt(error)) {
        throw new AgentError('LOCAL_STORE_UNUSABLE', `cannot open ${path}`, 'check the data folder', { cause: error });
      }
      this.#options.log.error('LOCAL_STORE_CORRUPT', 'the local store was damaged and is begun anew', { path });
      // One damaged copy is kept: full resolution is large, and nobody promised it.
      for (const suffix of ['', '-wal', '-shm']) {
        if (existsSync(`${path}.corrupt${suffix}`)) rmSync(`${path}.corrupt${suffix}`);
      }
      putAside(path, `${path}.corrupt`);
      this.#openFile();
    }
  }

  #openFile(): void {
    const database = new DatabaseSync(this.#options.path, { timeout: 2_000 });
    try {
      database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
      database.exec('PRAGMA cache_size = -1024;');
      const { bytes: journalBytes } = this.#reserve;
      database.exec(`PRAGMA journal_size_limit = ${journalBytes};`);
      database.exec(`PRAGMA wal_autocheckpoint = ${Math.ceil(journalBytes / 4 / PAGE_BYTES)};`);
      database.exec(`
        CREATE TABLE IF NOT EXISTS metric (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE IF NOT EXISTS record (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, packed BLOB NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS total (one INTEGER PRIMARY KEY, bytes INTEGER NOT NULL) STRICT;
        INSERT OR IGNORE INTO total SELECT 1, coalesce(sum(size), 0) FROM record;
        CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON record BEGIN UPDATE total SET bytes = bytes + new.size; END;
        CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON record BEGIN UPDATE total SET bytes = bytes - old.size; END;
      `);
      this.#statements = prepareStatements(database);
      const metrics = database.prepare('SELECT number, name FROM metric').all();
      this.#metricNumbers = new Map(metrics.map((row) => [String(row.name), Number(row.number)]));
      this.#database = database;
      this.#bytes = this.#storedBytes();
    } catch (error) {
      database.close();
      throw error;
    }
  }

  #guarded<T>(otherwise: T, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (isCorrupt(error)) {
        this.#database.close();
        this.#open();
      } else if (!isDiskFull(error)) throw error;
      else {
        this.#options.onRefused?.('local-store-disk-full');
        this.#options.log.warn('LOCAL_STORE_DISK_FULL', String(error));
      }
      return otherwise;
    }
  }
}

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    insert: prepare('INSERT INTO record VALUES (?, ?, ?)'),
    remove: prepare('DELETE FROM record WHERE id = ?'),
    get: prepare('SELECT packed FROM record WHERE id = ?'),
    range: prepare('SELECT id, packed FROM record WHERE id >= ? AND id < ? ORDER BY id'),
    first: prepare('SELECT id FROM record ORDER BY id LIMIT 1'),
    removeBelow: prepare('DELETE FROM record WHERE id < ?'),
    freePages: prepare('PRAGMA freelist_count'),
    sum: prepare('SELECT bytes FROM total'),
    insertMetric: prepare('INSERT OR IGNORE INTO metric VALUES (?, ?)'),
  };
}

/** Ordered by time, then metric. */
const recordId = (t0Ms: number, metricNumber: number): number => (t0Ms / MINUTE_MS) * MAX_METRICS + metricNumber;

const filled = (values: Float64Array, otherwise: Float64Array): Float64Array =>
  values.map((value, i) => (Number.isNaN(value) ? otherwise[i]! : value));

function groupByMetric(minute: Minute, series: readonly RegisteredSeries[]): Map<string, SeriesMinute[]> {
  const groups = new Map<string, SeriesMinute[]>();
  for (let index = 0; index < minute.series; index++) {
    const values = minute.values.subarray(index * MINUTE_STEPS, (index + 1) * MINUTE_STEPS);
    if (values.every(Number.isNaN)) continue;
    const { id, identity } = series[index]!;
    const group = groups.get(identity.metric);
    if (group === undefined) groups.set(identity.metric, [{ id, values }]);
    else group.push({ id, values });
  }
  return groups;
}
