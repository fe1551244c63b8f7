import { z } from 'zod';

/** The name of the agent's own sessions: never counted, never blamed. */
export const OWN_APPLICATION = 'airis-agent';

const seconds = z.number().nonnegative();
const count = z.number().nonnegative();

/** One row of `activitySql`. */
export const activityRow = z.object({
  /** Without pg_monitor others' states and waits are hidden. */
  may_see: z.boolean(),
  backends: z.record(z.string(), count),
  /** The statement that runs longest and does not wait for a lock; 0 for none. */
  longest_s: seconds,
  waiters: count,
  longest_wait_s: seconds,
  /** Slow statements that run, or ran last in their session, and name the trace they belong to. */
  traced: count,
  holder: z
    .object({
      pid: z.int(),
      application: z.string(),
      state: z.string(),
      state_s: seconds,
      transaction_s: seconds,
    })
    .nullable(),
  database: z.object({
    commits: count,
    rollbacks: count,
    deadlocks: count,
    blocks_read: count,
    blocks_hit: count,
  }),
  /** Of all statements since the last reset; `null` where the extension is not there or was not asked. */
  statements: z.object({ calls: count, total_ms: count }).nullable(),
});
export type ActivityRow = z.output<typeof activityRow>;
export type LockHolder = NonNullable<ActivityRow['holder']>;

/** A statement worth naming; shorter ones are what a server is there for. */
export const SLOW_S = 0.5;
/** A session keeps its last statement until the next one: it is read so long after its end. */
const TRACED_AGAIN_S = 5;
const MAX_TRACED = 64;
/** Only such texts are ever read for traces, and only once they have taken long. */
const isTraced = `(a.query LIKE '%traceparent=%' AND CASE WHEN a.state = 'active' THEN ${age('a.query_start')} >= ${SLOW_S}
  ELSE a.state LIKE 'idle%' AND ${between('a.query_start', 'a.state_change')} >= ${SLOW_S}
    AND ${age('a.state_change')} < ${TRACED_AGAIN_S} END)`;

/** Waiters whose holder is looked for: asking takes the lock manager's own locks. */
const ASKED_WAITERS = 5;

/**
 * All of one reading in one round trip and one row. Statement texts are not read here.
 *
 * @param statementsView - qualified name of `pg_stat_statements`, quoted; `null` leaves it out
 * @param hasWaitStart - `pg_locks.waitstart` exists (PostgreSQL 14 and later)
 */
export function activitySql(statementsView: string | null, hasWaitStart: boolean): string {
  const waited = hasWaitStart
    ? '(SELECT min(l.waitstart) FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted)'
    : 'NULL::timestamptz';
  const statements =
    statementsView === null
      ? 'NULL::json'
      : `(SELECT json_build_object('calls', coalesce(sum(calls), 0), 'total_ms', coalesce(sum(total_exec_time), 0))
          FROM ${statementsView}(false) WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND userid <> (SELECT oid FROM pg_roles WHERE rolname = current_user))`;
  return `
WITH activity AS MATERIALIZED (
  SELECT a.pid, a.application_name, coalesce(a.state, 'unknown') AS state,
    coalesce(a.wait_event_type, '') = 'Lock' AS waits,
    ${age('a.query_start')} AS query_s, ${age('a.state_change')} AS state_s, ${age('a.xact_start')} AS transaction_s,
    CASE WHEN a.wait_event_type = 'Lock' THEN ${age(`coalesce(${waited}, a.query_start)`)} ELSE 0 END AS wait_s,
    ${isTraced} AS traced
  FROM pg_stat_activity a
  WHERE a.backend_type = 'client backend' AND a.datname = current_database()
    AND a.pid <> pg_backend_pid() AND a.application_name <> '${OWN_APPLICATION}'
), blockers AS MATERIALIZED (
  SELECT unnest(pg_blocking_pids(pid)) AS pid
  FROM (SELECT pid FROM activity WHERE waits ORDER BY wait_s DESC LIMIT ${ASKED_WAITERS}) longest
), holder AS (
  SELECT a.pid, a.application_name AS application, a.state, a.state_s, a.transaction_s
  FROM activity a JOIN (SELECT pid, count(*) AS blocked FROM blockers GROUP BY pid) b USING (pid)
  ORDER BY a.waits, b.blocked DESC, a.transaction_s DESC LIMIT 1
)
SELECT
  pg_has_role('pg_read_all_stats', 'USAGE') AS may_see,
  coalesce((SELECT json_object_agg(state, n) FROM (SELECT state, count(*) AS n FROM activity GROUP BY state) s), '{}') AS backends,
  coalesce((SELECT max(query_s) FROM activity WHERE state = 'active' AND NOT waits), 0)::float8 AS longest_s,
  (SELECT count(*) FROM activity WHERE waits)::float8 AS waiters,
  coalesce((SELECT max(wait_s) FROM activity WHERE waits), 0)::float8 AS longest_wait_s,
  (SELECT count(*) FROM activity WHERE traced)::float8 AS traced,
  (SELECT row_to_json(holder) FROM holder) AS holder,
  (SELECT json_build_object('commits', xact_commit, 'rollbacks', xact_rollback, 'deadlocks', deadlocks,
     'blocks_read', blks_read, 'blocks_hit', blks_hit) FROM pg_stat_database WHERE datname = current_database()) AS database,
  ${statements} AS statements`;
}

export const slowStatement = z.object({ pid: z.int(), application: z.string(), seconds, text: z.string() });
export type SlowStatement = z.output<typeof slowStatement>;

/** The statement that runs longest without waiting for a lock; its literals are taken out before it is kept. */
export const slowStatementSql = () => `
SELECT pid, application_name AS application, ${age('query_start')} AS seconds, left(query, 16384) AS text
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND datname = current_database() AND state = 'active'
  AND coalesce(wait_event_type, '') <> 'Lock' AND pid <> pg_backend_pid() AND application_name <> '${OWN_APPLICATION}'
ORDER BY query_start LIMIT 1`;

export const tracedRow = z.object({
  pid: z.int(),
  started: z.string(),
  is_running: z.boolean(),
  seconds,
  /** Since it ended. */
  ago_s: seconds,
  text: z.string(),
  tail: z.string(),
});
export type TracedRow = z.output<typeof tracedRow>;

/** Slow statements that name their trace; their literals are taken out before they are kept. Those that run come first. */
export const tracedSql = `
SELECT a.pid, a.query_start::text AS started, a.state = 'active' AS is_running,
  CASE WHEN a.state = 'active' THEN ${age('a.query_start')} ELSE ${between('a.query_start', 'a.state_change')} END AS seconds,
  CASE WHEN a.state = 'active' THEN 0 ELSE ${age('a.state_change')} END AS ago_s,
  left(a.query, 16384) AS text, right(a.query, 1024) AS tail
FROM pg_stat_activity a
WHERE a.backend_type = 'client backend' AND a.datname = current_database() AND a.pid <> pg_backend_pid()
  AND a.application_name <> '${OWN_APPLICATION}' AND ${isTraced}
ORDER BY is_running DESC, a.query_start LIMIT ${MAX_TRACED}`;

export const standingRow = z.object({
  temp_files: count,
  temp_bytes: count,
  xid_age: count,
  autovacuum_workers: count,
  /** `null` on a primary, and on a standby that is behind before it replayed its first transaction: nobody knows. */
  standby_delay_s: seconds.nullable(),
  replicas: count,
  replica_delay_bytes: count,
  replica_delay_s: seconds,
  slots: z.array(z.object({ name: z.string(), retained_bytes: count })),
});
export type StandingRow = z.output<typeof standingRow>;

/** Where this server's own log stands; a standby has no current place of its own. */
const place = '(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END)';

/** What changes slowly; at most 16 slots, those that keep most. */
export const standingSql = `
SELECT d.temp_files::float8, d.temp_bytes::float8,
  (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database())::float8 AS xid_age,
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker')::float8 AS autovacuum_workers,
  CASE WHEN NOT pg_is_in_recovery() THEN NULL
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    WHEN pg_last_xact_replay_timestamp() IS NULL THEN NULL
    ELSE greatest(0, extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())) END::float8 AS standby_delay_s,
  (SELECT count(*) FROM pg_stat_replication)::float8 AS replicas,
  coalesce((SELECT max(greatest(0, pg_wal_lsn_diff(${place}, replay_lsn))) FROM pg_stat_replication), 0)::float8 AS replica_delay_bytes,
  coalesce((SELECT max(greatest(0, extract(epoch FROM replay_lag))) FROM pg_stat_replication), 0)::float8 AS replica_delay_s,
  coalesce((SELECT json_agg(s) FROM (SELECT slot_name AS name,
      coalesce(greatest(0, pg_wal_lsn_diff(${place}, restart_lsn)), 0)::float8 AS retained_bytes
    FROM pg_replication_slots ORDER BY 2 DESC LIMIT 16) s), '[]') AS slots
FROM pg_stat_database d WHERE d.datname = current_database()`;

/** Seconds since a time, never negative: `query_start` may lie after the statement's own clock. */
function age(time: string): string {
  return between(time, 'clock_timestamp()');
}

function between(from: string, to: string): string {
  return `greatest(0, coalesce(extract(epoch FROM ${to} - ${from}), 0))::float8`;
}
