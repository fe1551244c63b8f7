import type { Change } from '@airis/protocol';
import type { Act } from '../../incident/act.ts';
import { endOf, type FindingRecord } from '../../incident/finding-record.ts';
import type { HostRecord } from '../../incident/host-record.ts';
import { hostsOf, type IncidentSummary } from '../../incident/incident.ts';
import type { IncidentState } from '../../incident/life.ts';
import type { SqliteDatabase } from './database.ts';
import type { Migration } from './migrations.ts';

export interface ChangeRecord {
  readonly agent: string;
  readonly change: Change;
}

/** Everything that one event or one act changes; written in one transaction. */
export interface IncidentWrite {
  readonly findings?: readonly FindingRecord[];
  readonly incidents?: readonly IncidentSummary[];
  /** Incidents that turned out to be part of an older one: their findings and acts move there. */
  readonly absorbed?: readonly { readonly from: number; readonly into: number }[];
  readonly acts?: readonly Act[];
  readonly changes?: readonly ChangeRecord[];
  readonly hosts?: readonly HostRecord[];
}

export interface ListPage<T> {
  readonly items: readonly T[];
  /** Give it back as `after`; null on the last page. */
  readonly next: string | null;
}

/** Most rows kept, so that one host that never stops talking fills no disk. */
export interface RowsKept {
  readonly findings: number;
  readonly changes: number;
}
const ROWS_KEPT: RowsKept = { findings: 500_000, changes: 500_000 };

export interface FindingFilter {
  readonly agent?: string | undefined;
  readonly isOpen?: boolean | undefined;
  /** Findings that held at some time in this window. */
  readonly fromUnixMs?: number | undefined;
  readonly toUnixMs?: number | undefined;
}

/**
 * Findings, changes, hosts and incidents. Reads see what was committed; one writer (the incident service) reads,
 * decides and commits.
 */
export interface IncidentStore {
  finding(agent: string, id: string): Promise<FindingRecord | null>;
  /** Of one host, those that hold or ended after `unixMs`; the newest 500. */
  findingsEndedAfter(agent: string, unixMs: number): Promise<readonly FindingRecord[]>;
  /** At most 500, oldest first. */
  findingsOfIncident(incident: number): Promise<readonly FindingRecord[]>;
  /** Detected after `unixMs` and of no incident; the newest 500. */
  unassignedFindings(unixMs: number): Promise<readonly FindingRecord[]>;
  /** All that hold now, of all hosts; at most 10,000. */
  openFindings(): Promise<readonly FindingRecord[]>;
  /** Newest first. */
  listFindings(
    filter: FindingFilter,
    page: { limit: number; after?: string | undefined },
  ): Promise<ListPage<FindingRecord>>;

  incident(number: number): Promise<IncidentSummary | null>;
  /** The incident that took this one in, or null. */
  absorbedInto(number: number): Promise<number | null>;
  unresolvedIncidents(): Promise<readonly IncidentSummary[]>;
  /** Incidents that a host has a part in and that were not over at `unixMs`; at most 50. */
  incidentsOverAfter(agent: string, unixMs: number): Promise<readonly IncidentSummary[]>;
  /** Newest first. */
  listIncidents(
    filter: { state?: IncidentState | undefined; agent?: string | undefined },
    page: { limit: number; after?: string | undefined },
  ): Promise<ListPage<IncidentSummary>>;
  /** A number never given before, from 1001. */
  reserveNumber(): Promise<number>;
  acts(incident: number): Promise<readonly Act[]>;

  /** Of one host, within a window, oldest first; the newest 50. */
  changesBetween(agent: string, fromUnixMs: number, toUnixMs: number): Promise<readonly Change[]>;

  hosts(): Promise<readonly HostRecord[]>;
  host(agent: string): Promise<HostRecord | null>;

  commit(write: IncidentWrite): Promise<void>;
  /**
   * Drops resolved incidents with their findings and acts, other ended findings, and changes: all older than this, and
   * the oldest beyond what is kept at most. What belongs to an unresolved incident stays.
   *
   * @returns rows dropped
   */
  prune(beforeUnixMs: number, keep?: RowsKept): Promise<number>;
}

export const incidentMigrations: readonly Migration[] = [
  {
    id: 'incident-1',
    sql: `
      CREATE TABLE finding (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        agent TEXT NOT NULL,
        id TEXT NOT NULL,
        incident INTEGER,
        detectedAtUnixMs INTEGER NOT NULL,
        endUnixMs INTEGER,
        body TEXT NOT NULL,
        UNIQUE (agent, id)
      ) STRICT;
      CREATE INDEX findingByIncident ON finding (incident);
      CREATE INDEX findingByTime ON finding (detectedAtUnixMs);
      CREATE INDEX findingByAgentEnd ON finding (agent, endUnixMs);
      CREATE INDEX findingOpen ON finding (agent) WHERE endUnixMs IS NULL;
      CREATE TABLE incident (
        number INTEGER PRIMARY KEY,
        agent TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved')),
        detectedAtUnixMs INTEGER NOT NULL,
        resolvedAtUnixMs INTEGER,
        absorbedInto INTEGER,
        body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX incidentByState ON incident (state, number);
      CREATE INDEX incidentByAgent ON incident (agent, number);
      CREATE TABLE incidentNumber (next INTEGER NOT NULL) STRICT;
      INSERT INTO incidentNumber VALUES (1001);
      CREATE TABLE act (id TEXT PRIMARY KEY, incident INTEGER NOT NULL, atUnixMs INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE INDEX actByIncident ON act (incident, atUnixMs);
      CREATE TABLE change (
        agent TEXT NOT NULL, id TEXT NOT NULL, atUnixMs INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (agent, id)
      ) STRICT;
      CREATE INDEX changeByTime ON change (agent, atUnixMs);
      CREATE TABLE host (agent TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;`,
  },
  {
    id: 'incident-2',
    sql: `
      CREATE TABLE incidentAgent (
        agent TEXT NOT NULL, incident INTEGER NOT NULL, PRIMARY KEY (agent, incident)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX incidentAgentByIncident ON incidentAgent (incident);
      INSERT INTO incidentAgent SELECT agent, number FROM incident;
      CREATE INDEX findingUnassigned ON finding (detectedAtUnixMs) WHERE incident IS NULL;`,
  },
];

interface BodyRow {
  readonly body: string;
}
type FindingRow = BodyRow & {
  readonly seq: number;
  readonly incident: number | null;
  readonly detectedAtUnixMs: number;
};

export function createIncidentStore(database: SqliteDatabase): IncidentStore {
  const many = <P extends unknown[]>(sql: string) => database.prepare<P, BodyRow>(sql);
  const findingColumns = 'SELECT seq, incident, detectedAtUnixMs, body FROM finding';
  const selectFinding = database.prepare<[string, string], FindingRow>(`${findingColumns} WHERE agent = ? AND id = ?`);
  const selectEndedAfter = database.prepare<[string, number], FindingRow>(
    `${findingColumns} WHERE agent = ? AND (endUnixMs IS NULL OR endUnixMs > ?) ORDER BY detectedAtUnixMs DESC LIMIT 500`,
  );
  const selectOfIncident = database.prepare<[number], FindingRow>(
    `${findingColumns} WHERE incident = ? ORDER BY detectedAtUnixMs, seq LIMIT 500`,
  );
  const selectUnassigned = database.prepare<[number], FindingRow>(
    `${findingColumns} WHERE incident IS NULL AND detectedAtUnixMs > ? ORDER BY detectedAtUnixMs DESC LIMIT 500`,
  );
  const selectOpen = database.prepare<[], FindingRow>(`${findingColumns} WHERE endUnixMs IS NULL LIMIT 10000`);
  const selectFindings = database.prepare<[Record<string, string | number | null>], FindingRow>(
    `${findingColumns}
     WHERE (:agent IS NULL OR agent = :agent)
       AND (:isOpen IS NULL OR (endUnixMs IS NULL) = :isOpen)
       AND (:from IS NULL OR endUnixMs IS NULL OR endUnixMs >= :from)
       AND (:to IS NULL OR detectedAtUnixMs <= :to)
       AND (:afterTime IS NULL OR (detectedAtUnixMs, seq) < (:afterTime, :afterSeq))
     ORDER BY detectedAtUnixMs DESC, seq DESC LIMIT :limit`,
  );
  const upsertFinding = database.prepare<[string, string, number | null, number, number | null, string]>(
    `INSERT INTO finding (agent, id, incident, detectedAtUnixMs, endUnixMs, body) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (agent, id) DO UPDATE SET incident = excluded.incident, endUnixMs = excluded.endUnixMs,
       detectedAtUnixMs = excluded.detectedAtUnixMs, body = excluded.body`,
  );

  const selectIncident = many<[number]>('SELECT body FROM incident WHERE number = ? AND absorbedInto IS NULL');
  const selectAbsorbed = database.prepare<[number], { absorbedInto: number | null }>(
    'SELECT absorbedInto FROM incident WHERE number = ?',
  );
  const selectUnresolved = many<[]>(
    "SELECT body FROM incident WHERE state IN ('open', 'acknowledged') AND absorbedInto IS NULL ORDER BY number",
  );
  const selectOverAfter = many<[string, number]>(
    `SELECT body FROM incident
     WHERE number IN (SELECT incident FROM incidentAgent WHERE agent = ?) AND absorbedInto IS NULL AND (resolvedAtUnixMs IS NULL OR resolvedAtUnixMs >= ?)
     ORDER BY number DESC LIMIT 50`,
  );
  const selectIncidents = many<[Record<string, string | number | null>]>(
    `SELECT body FROM incident
     WHERE absorbedInto IS NULL AND (:state IS NULL OR state = :state) AND
       (:agent IS NULL OR number IN (SELECT incident FROM incidentAgent WHERE agent = :agent))
       AND (:after IS NULL OR number < :after)
     ORDER BY number DESC LIMIT :limit`,
  );
  const takeNumber = database.prepare<[], { number: number }>(
    'UPDATE incidentNumber SET next = next + 1 RETURNING next - 1 AS number',
  );
  const upsertIncident = database.prepare<[number, string, string, number, number | null, string]>(
    `INSERT INTO incident (number, agent, state, detectedAtUnixMs, resolvedAtUnixMs, body) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (number) DO UPDATE SET agent = excluded.agent, state = excluded.state, detectedAtUnixMs = excluded.detectedAtUnixMs,
       resolvedAtUnixMs = excluded.resolvedAtUnixMs, body = excluded.body`,
  );
  const dropAgents = database.prepare<[number]>('DELETE FROM incidentAgent WHERE incident = ?');
  const insertAgent = database.prepare<[string, number]>('INSERT OR IGNORE INTO incidentAgent VALUES (?, ?)');
  const absorb = {
    incident: database.prepare(
      "UPDATE incident SET absorbedInto = :into, state = 'resolved' WHERE number = :from OR absorbedInto = :from",
    ),
    findings: database.prepare('UPDATE finding SET incident = :into WHERE incident = :from'),
    acts: database.prepare('UPDATE act SET incident = :into WHERE incident = :from'),
  };
  const selectActs = database.prepare<[number], BodyRow & { incident: number }>(
    'SELECT incident, body FROM act WHERE incident = ? ORDER BY atUnixMs, id LIMIT 1000',
  );
  const insertAct = database.prepare('INSERT OR IGNORE INTO act VALUES (?, ?, ?, ?)');
  const selectChanges = many<[string, number, number]>(
    'SELECT body FROM change WHERE agent = ? AND atUnixMs BETWEEN ? AND ? ORDER BY atUnixMs DESC, id LIMIT 50',
  );
  const insertChange = database.prepare('INSERT OR IGNORE INTO change VALUES (?, ?, ?, ?)');
  const selectHosts = many<[]>('SELECT body FROM host ORDER BY agent');
  const selectHost = many<[string]>('SELECT body FROM host WHERE agent = ?');
  const upsertHost = database.prepare(
    'INSERT INTO host VALUES (?, ?) ON CONFLICT (agent) DO UPDATE SET body = excluded.body',
  );
  const dropOld = [
    `DELETE FROM act WHERE incident IN (SELECT number FROM incident WHERE resolvedAtUnixMs < ?)`,
    `DELETE FROM finding WHERE incident IN (SELECT number FROM incident WHERE resolvedAtUnixMs < ?)`,
    `DELETE FROM finding WHERE incident IS NULL AND endUnixMs < ?`,
    `DELETE FROM incident WHERE resolvedAtUnixMs < ?`,
    `DELETE FROM incident WHERE detectedAtUnixMs < ? AND absorbedInto NOT IN (SELECT number FROM incident)`,
    `DELETE FROM change WHERE atUnixMs < ?`,
  ].map((sql) => database.prepare<[number]>(sql));

  const commitInOneStep = database.transaction((write: IncidentWrite) => {
    for (const record of write.findings ?? []) {
      const end = endOf(record);
      upsertFinding.run(
        record.agent,
        record.finding.id,
        record.incident,
        record.detectedAtUnixMs,
        Number.isFinite(end) ? end : null,
        JSON.stringify(record),
      );
    }
    for (const summary of write.incidents ?? []) {
      const { number, agent, state, detectedAtUnixMs, resolvedAtUnixMs } = summary;
      upsertIncident.run(number, agent, state, detectedAtUnixMs, resolvedAtUnixMs, JSON.stringify(summary));
      dropAgents.run(number);
      for (const host of hostsOf(summary)) insertAgent.run(host, number);
    }
    for (const pair of write.absorbed ?? []) {
      absorb.incident.run(pair);
      absorb.findings.run(pair);
      absorb.acts.run(pair);
    }
    for (const act of write.acts ?? []) insertAct.run(act.id, act.incident, act.atUnixMs, JSON.stringify(act));
    for (const { agent, change } of write.changes ?? []) {
      insertChange.run(agent, change.id, change.atUnixMs, JSON.stringify(change));
    }
    for (const record of write.hosts ?? []) upsertHost.run(record.agent, JSON.stringify(record));
  });
  const dropFindingsBeyond = database.prepare<[number]>(
    `DELETE FROM finding WHERE seq <= (SELECT max(seq) FROM finding) - ? AND endUnixMs IS NOT NULL AND
       (incident IS NULL OR incident NOT IN (SELECT number FROM incident WHERE state IN ('open', 'acknowledged')))`,
  );
  const dropEmptied = [
    `DELETE FROM incident WHERE state = 'resolved' AND absorbedInto IS NULL AND
       number NOT IN (SELECT incident FROM finding WHERE incident IS NOT NULL)`,
    `DELETE FROM incident WHERE absorbedInto NOT IN (SELECT number FROM incident)`,
    `DELETE FROM act WHERE incident NOT IN (SELECT number FROM incident)`,
  ].map((sql) => database.prepare<[]>(sql));
  const dropLostAgents = database.prepare<[]>(
    'DELETE FROM incidentAgent WHERE incident NOT IN (SELECT number FROM incident)',
  );
  const dropChangesBeyond = database.prepare<[number]>(
    'DELETE FROM change WHERE rowid <= (SELECT max(rowid) FROM change) - ?',
  );
  const pruneInOneStep = database.transaction((before: number, keep: RowsKept) => {
    let dropped = 0;
    for (const statement of dropOld) dropped += statement.run(before).changes;
    const findings = dropFindingsBeyond.run(keep.findings).changes;
    if (findings > 0) for (const statement of dropEmptied) dropped += statement.run().changes;
    dropLostAgents.run();
    return dropped + findings + dropChangesBeyond.run(keep.changes).changes;
  });

  return {
    finding: async (agent, id) => firstOf(selectFinding.all(agent, id).map(readFinding)),
    findingsEndedAfter: async (agent, unixMs) => selectEndedAfter.all(agent, unixMs).map(readFinding),
    findingsOfIncident: async (incident) => selectOfIncident.all(incident).map(readFinding),
    unassignedFindings: async (unixMs) => selectUnassigned.all(unixMs).map(readFinding),
    openFindings: async () => selectOpen.all().map(readFinding),
    async listFindings({ agent, isOpen, fromUnixMs, toUnixMs }, { limit, after }) {
      const [afterTime, afterSeq] = (after ?? '').split('.').map(Number);
      const rows = selectFindings.all({
        agent: agent ?? null,
        isOpen: isOpen === undefined ? null : Number(isOpen),
        from: fromUnixMs ?? null,
        to: toUnixMs ?? null,
        afterTime: after === undefined ? null : (afterTime ?? 0),
        afterSeq: afterSeq ?? 0,
        limit: limit + 1,
      });
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return {
        items: rows.slice(0, limit).map(readFinding),
        next: last === undefined ? null : `${last.detectedAtUnixMs}.${last.seq}`,
      };
    },
    incident: async (number) => firstOf(selectIncident.all(number).map(readBody<IncidentSummary>)),
    absorbedInto: async (number) => selectAbsorbed.get(number)?.absorbedInto ?? null,
    unresolvedIncidents: async () => selectUnresolved.all().map(readBody<IncidentSummary>),
    incidentsOverAfter: async (agent, unixMs) => selectOverAfter.all(agent, unixMs).map(readBody<IncidentSummary>),
    async listIncidents({ state, agent }, { limit, after }) {
      const rows = selectIncidents.all({
        state: state ?? null,
        agent: agent ?? null,
        after: after === undefined ? null : Number(after),
        limit: limit + 1,
      });
      const items = rows.slice(0, limit).map(readBody<IncidentSummary>);
      return { items, next: rows.length > limit ? String(items.at(-1)?.number) : null };
    },
    async reserveNumber() {
      return takeNumber.get()!.number; // the migration made the one row
    },
    acts: async (incident) =>
      selectActs.all(incident).map((row) => ({ ...readBody<Act>(row), incident: row.incident })),
    changesBetween: async (agent, from, to) =>
      selectChanges
        .all(agent, from, to)
        .map(readBody<Change>)
        .reverse(),
    hosts: async () => selectHosts.all().map(readBody<HostRecord>),
    host: async (agent) => firstOf(selectHost.all(agent).map(readBody<HostRecord>)),
    commit: async (write) => commitInOneStep.immediate(write),
    prune: async (beforeUnixMs, keep = ROWS_KEPT) => pruneInOneStep.immediate(beforeUnixMs, keep),
  };
}

const firstOf = <T>(list: readonly T[]): T | null => list[0] ?? null;

function readBody<T>(row: BodyRow): T {
  // Only `commit` writes the column, always a T.
  return JSON.parse(row.body) as T;
}

/** The column counts: absorbing moves findings without rewriting their bodies. */
function readFinding(row: FindingRow): FindingRecord {
  return { ...readBody<FindingRecord>(row), incident: row.incident };
}
