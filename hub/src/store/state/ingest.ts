import type { DeliveryClass } from '@airis/protocol';
import type { SqliteDatabase } from './database.ts';
import type { Migration } from './migrations.ts';

/** What was stored for good of one (agent, epoch, class). */
export interface WatermarkRecord {
  readonly agent: number;
  readonly epoch: string;
  readonly class: DeliveryClass;
  /** Everything up to and with it is stored, refused or known to be lost. */
  readonly upTo: number;
  /** Ranges beyond `upTo`: [from, to, from, to, …], ascending. */
  readonly beyond: readonly number[];
  /** Digests of the newest payloads, as `recent-digests.ts` packs them. */
  readonly digests: Uint8Array;
  readonly seenAtUnixMs: number;
}

/** A joined insert that has been decided on; after a crash it is repeated exactly so. */
export interface RunRecord {
  readonly stream: string;
  /** Lowest and highest stream sequence of the run. */
  readonly first: number;
  readonly last: number;
  readonly inserts: readonly RunInsert[];
}

export interface RunInsert {
  readonly signal: string;
  readonly token: string;
  /** Stream sequences of its batches: [from, to, from, to, …], ascending; the order of rows. */
  readonly sequences: readonly number[];
}

/** Rows that will never come: evicted by a spool, or refused here. */
export interface LossRecord {
  readonly agent: number;
  readonly reason: string;
  readonly rows: number;
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
}

export interface RefusalRecord {
  /** As the subject says; may be nobody enrolled. */
  readonly agent: string;
  readonly reason: string;
  readonly batches: number;
  readonly rows: number;
}

export interface QuarantineRecord {
  /** Also the name of the file that holds the payload. */
  readonly id: string;
  readonly atUnixMs: number;
  readonly agent: string;
  readonly subject: string;
  readonly reason: string;
  readonly detail: string;
  readonly sizeBytes: number;
}

/** Something about an agent that people should know: `identity-cloned`. */
export interface NoticeRecord {
  readonly kind: string;
  readonly agent: string;
  readonly detail: string;
  readonly atUnixMs: number;
}

/** All in one transaction. */
export interface IngestCommit {
  readonly begin?: RunRecord;
  readonly finish?: { readonly stream: string; readonly first: number };
  readonly watermarks?: readonly WatermarkRecord[];
  readonly losses?: readonly LossRecord[];
  readonly refusals?: readonly RefusalRecord[];
  readonly notices?: readonly NoticeRecord[];
}

/** What ingest must not forget. */
export interface IngestStore {
  commit(commit: IngestCommit): Promise<void>;
  /** Of the 64 epochs of each agent and class that were seen last; older ones are forgotten here. */
  watermarks(): Promise<readonly WatermarkRecord[]>;
  /** Runs begun and not finished, oldest first. */
  openRuns(): Promise<readonly RunRecord[]>;
  refusals(): Promise<readonly RefusalRecord[]>;
  /** Losses of these agents (all, where none is named) that touch the window, oldest first, at most 1,000. */
  losses(window: { fromUnixMs: number; toUnixMs: number; agents?: readonly number[] }): Promise<readonly LossRecord[]>;
  /** Rows lost since enrolment, by agent and reason. */
  lossTotals(): Promise<readonly { agent: number; reason: string; rows: number }[]>;
  notices(): Promise<readonly NoticeRecord[]>;

  addQuarantined(record: QuarantineRecord): Promise<void>;
  /** Newest first; `before` is the id of the page's last. */
  quarantined(limit: number, before?: string): Promise<readonly QuarantineRecord[]>;
  quarantineSize(): Promise<{ count: number; bytes: number }>;
  /** Takes the oldest out of the index and returns their ids. */
  removeOldestQuarantined(count: number): Promise<readonly string[]>;
}

export const ingestMigrations: readonly Migration[] = [
  {
    id: 'ingest-1',
    sql: `
      CREATE TABLE ingestWatermark (
        agent INTEGER NOT NULL, epoch TEXT NOT NULL, class TEXT NOT NULL CHECK (class IN ('event', 'data')),
        upTo INTEGER NOT NULL, beyond TEXT NOT NULL, digests BLOB NOT NULL, seenAtUnixMs INTEGER NOT NULL,
        PRIMARY KEY (agent, epoch, class)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE ingestRun (
        stream TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, inserts TEXT NOT NULL,
        PRIMARY KEY (stream, first)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE ingestLoss (
        id INTEGER PRIMARY KEY, agent INTEGER NOT NULL, reason TEXT NOT NULL, rows INTEGER NOT NULL,
        fromUnixMs INTEGER NOT NULL, toUnixMs INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX ingestLossByTime ON ingestLoss (toUnixMs, agent);
      CREATE TABLE ingestLossTotal (
        agent INTEGER NOT NULL, reason TEXT NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY (agent, reason)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE ingestRefusal (
        agent TEXT NOT NULL, reason TEXT NOT NULL, batches INTEGER NOT NULL, rows INTEGER NOT NULL,
        PRIMARY KEY (agent, reason)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE ingestQuarantine (
        id TEXT PRIMARY KEY, atUnixMs INTEGER NOT NULL, agent TEXT NOT NULL, subject TEXT NOT NULL,
        reason TEXT NOT NULL, detail TEXT NOT NULL, sizeBytes INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE ingestNotice (
        kind TEXT NOT NULL, agent TEXT NOT NULL, detail TEXT NOT NULL, atUnixMs INTEGER NOT NULL,
        PRIMARY KEY (kind, agent, detail)
      ) STRICT, WITHOUT ROWID;`,
  },
];

/** Losses kept one by one; older ones are in the totals only. */
const LOSSES_KEPT = 100_000;
const NOTICES_KEPT = 1_000;
/** A spool begins an epoch when it is lost or set back: an honest host has a handful in its life. */
const EPOCHS_KEPT_PER_AGENT = 64;

interface WatermarkRow extends Omit<WatermarkRecord, 'beyond'> {
  readonly beyond: string;
}
interface RunRow extends Omit<RunRecord, 'inserts'> {
  readonly inserts: string;
}

export function createIngestStore(database: SqliteDatabase): IngestStore {
  const putWatermark = database.prepare(
    `INSERT INTO ingestWatermark VALUES (:agent, :epoch, :class, :upTo, :beyond, :digests, :seenAtUnixMs)
     ON CONFLICT DO UPDATE SET upTo = :upTo, beyond = :beyond, digests = :digests, seenAtUnixMs = :seenAtUnixMs`,
  );
  const selectWatermarks = database.prepare<[], WatermarkRow>('SELECT * FROM ingestWatermark');
  const trimWatermarks = database.prepare(
    `DELETE FROM ingestWatermark WHERE (agent, epoch, class) IN (
       SELECT agent, epoch, class FROM (
         SELECT agent, epoch, class, row_number() OVER (PARTITION BY agent, class ORDER BY seenAtUnixMs DESC) AS place
         FROM ingestWatermark) WHERE place > ${EPOCHS_KEPT_PER_AGENT})`,
  );
  const insertRun = database.prepare('INSERT OR REPLACE INTO ingestRun VALUES (?, ?, ?, ?)');
  const deleteRun = database.prepare('DELETE FROM ingestRun WHERE stream = ? AND first = ?');
  const selectRuns = database.prepare<[], RunRow>('SELECT * FROM ingestRun ORDER BY stream, first');
  const insertLoss = database.prepare(
    'INSERT INTO ingestLoss (agent, reason, rows, fromUnixMs, toUnixMs) VALUES (:agent, :reason, :rows, :fromUnixMs, :toUnixMs)',
  );
  const trimLosses = database.prepare('DELETE FROM ingestLoss WHERE id <= (SELECT max(id) FROM ingestLoss) - ?');
  const addLossTotal = database.prepare(
    `INSERT INTO ingestLossTotal VALUES (:agent, :reason, :rows)
     ON CONFLICT DO UPDATE SET rows = min(rows + excluded.rows, ${Number.MAX_SAFE_INTEGER})`,
  );
  const selectLosses = database.prepare<[number, number, string, string], LossRecord>(
    `SELECT agent, reason, rows, fromUnixMs, toUnixMs FROM ingestLoss
     WHERE toUnixMs >= ? AND fromUnixMs <= ? AND (? = '[]' OR agent IN (SELECT value FROM json_each(?)))
     ORDER BY fromUnixMs, id LIMIT 1000`,
  );
  const selectLossTotals = database.prepare<[], { agent: number; reason: string; rows: number }>(
    'SELECT agent, reason, rows FROM ingestLossTotal ORDER BY agent, reason',
  );
  const addRefusal = database.prepare(
    `INSERT INTO ingestRefusal VALUES (:agent, :reason, :batches, :rows)
     ON CONFLICT DO UPDATE SET batches = batches + excluded.batches, rows = rows + excluded.rows`,
  );
  const selectRefusals = database.prepare<[], RefusalRecord>('SELECT * FROM ingestRefusal ORDER BY agent, reason');
  const putNotice = database.prepare(
    `INSERT INTO ingestNotice VALUES (:kind, :agent, :detail, :atUnixMs)
     ON CONFLICT DO UPDATE SET atUnixMs = :atUnixMs`,
  );
  const trimNotices = database.prepare(
    `DELETE FROM ingestNotice WHERE (kind, agent, detail) NOT IN
       (SELECT kind, agent, detail FROM ingestNotice ORDER BY atUnixMs DESC LIMIT ${NOTICES_KEPT})`,
  );
  const selectNotices = database.prepare<[], NoticeRecord>('SELECT * FROM ingestNotice ORDER BY atUnixMs DESC');
  const insertQuarantined = database.prepare(
    'INSERT OR REPLACE INTO ingestQuarantine VALUES (:id, :atUnixMs, :agent, :subject, :reason, :detail, :sizeBytes)',
  );
  const selectQuarantined = database.prepare<[string, number], QuarantineRecord>(
    'SELECT * FROM ingestQuarantine WHERE id < ? ORDER BY id DESC LIMIT ?',
  );
  const quarantineSize = database.prepare<[], { count: number; bytes: number }>(
    'SELECT count(*) AS count, coalesce(sum(sizeBytes), 0) AS bytes FROM ingestQuarantine',
  );
  const removeQuarantined = database.prepare<[number], { id: string }>(
    `DELETE FROM ingestQuarantine WHERE id IN (SELECT id FROM ingestQuarantine ORDER BY id LIMIT ?) RETURNING id`,
  );

  const commitInOneStep = database.transaction((commit: IngestCommit) => {
    if (commit.begin !== undefined) {
      const { stream, first, last, inserts } = commit.begin;
      insertRun.run(stream, first, last, JSON.stringify(inserts));
    }
    if (commit.finish !== undefined) deleteRun.run(commit.finish.stream, commit.finish.first);
    for (const watermark of commit.watermarks ?? []) {
      putWatermark.run({ ...watermark, beyond: JSON.stringify(watermark.beyond) });
    }
    for (const loss of commit.losses ?? []) {
      insertLoss.run(loss);
      addLossTotal.run(loss);
    }
    if ((commit.losses ?? []).length > 0) trimLosses.run(LOSSES_KEPT);
    for (const refusal of commit.refusals ?? []) addRefusal.run(refusal);
    for (const notice of commit.notices ?? []) putNotice.run(notice);
    if ((commit.notices ?? []).length > 0) trimNotices.run();
  });

  return {
    commit: async (commit) => commitInOneStep.immediate(commit),
    async watermarks() {
      trimWatermarks.run();
      return selectWatermarks.all().map((row) => ({ ...row, beyond: JSON.parse(row.beyond) as number[] }));
    },
    openRuns: async () => selectRuns.all().map((row) => ({ ...row, inserts: JSON.parse(row.inserts) as RunInsert[] })),
    refusals: async () => selectRefusals.all(),
    async losses({ fromUnixMs, toUnixMs, agents = [] }) {
      const list = JSON.stringify(agents);
      return selectLosses.all(fromUnixMs, toUnixMs, list, list);
    },
    lossTotals: async () => selectLossTotals.all(),
    notices: async () => selectNotices.all(),
    async addQuarantined(record) {
      insertQuarantined.run(record);
    },
    quarantined: async (limit, before = '~') => selectQuarantined.all(before, Math.min(limit, 500)),
    quarantineSize: async () => quarantineSize.get()!,
    removeOldestQuarantined: async (count) => removeQuarantined.all(count).map((row) => row.id),
  };
}
