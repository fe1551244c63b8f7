import { z } from 'zod';

/** The program name of the agent's own sessions: never counted, never blamed. */
export const OWN_PROGRAM = 'airis-agent';

const number = z.coerce.number().nonnegative();

export const sessionRow = z.object({ command: z.string(), in_lock: z.coerce.boolean(), n: number, longest_s: number });
export const transactionRow = z.object({ n: number, longest_s: number, waiters: number, longest_wait_s: number });
export const holderRow = z.object({
  id: number,
  user: z.string(),
  command: z.string(),
  command_s: number,
  transaction_s: number,
});
export const statementRow = z.object({ id: number, user: z.string(), seconds: number, text: z.string() });
export const tracedRow = z.object({
  id: number,
  query_id: z.coerce.string(),
  seconds: number,
  text: z.string(),
  tail: z.string(),
});
export const digestRow = z.object({ calls: number, seconds: number });
export const statusRow = z.object({ name: z.string(), value: z.string() });
export const replicaRow = z.record(z.string(), z.unknown());

export type SessionRow = z.output<typeof sessionRow>;
export type TransactionRow = z.output<typeof transactionRow>;
export type HolderRow = z.output<typeof holderRow>;
export type StatementRow = z.output<typeof statementRow>;
export type TracedRow = z.output<typeof tracedRow>;

/** A statement worth naming; shorter ones are what a server is there for. */
export const SLOW_S = 0.5;
const MAX_TRACED = 64;

/** Server threads that are no client's. */
const clients = `p.ID <> CONNECTION_ID() AND p.COMMAND NOT IN ('Daemon', 'Binlog Dump', 'Binlog Dump GTID', 'Connect',
  'Slave_IO', 'Slave_SQL', 'Slave_worker') AND p.USER NOT IN ('system user', 'event_scheduler')`;
const inLock = "coalesce(p.STATE, '') REGEXP '^(Waiting for .* lock|Locked)'";

/** How the two servers differ, by what they call themselves. */
export interface Flavour {
  readonly isMariaDb: boolean;
  readonly sessions: string;
  readonly transactions: string;
  readonly holder: string;
  readonly longest: string;
  /** Slow statements that name the trace they belong to. */
  readonly traced: string;
  readonly replicas: string;
}

export function flavourOf(version: string): Flavour {
  const isMariaDb = /mariadb/i.test(version);
  const [major = 0, minor = 0, patch = 0] = version.split(/\D/).map(Number);
  const isNewer = !isMariaDb && (major > 8 || (major === 8 && (minor > 0 || patch >= 22)));
  const hasDataLocks = !isMariaDb && major >= 8;
  const age = isMariaDb ? 'greatest(0, p.TIME_MS / 1000)' : 'greatest(0, p.TIME)';
  const since = (time: string) => `greatest(0, coalesce(TIMESTAMPDIFF(MICROSECOND, ${time}, SYSDATE(6)) / 1e6, 0))`;
  const waits = hasDataLocks
    ? 'performance_schema.data_lock_waits w JOIN information_schema.INNODB_TRX b ON b.trx_id = w.BLOCKING_ENGINE_TRANSACTION_ID'
    : 'information_schema.INNODB_LOCK_WAITS w JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_trx_id';
  return {
    isMariaDb,
    sessions: `SELECT p.COMMAND AS command, ${inLock} AS in_lock, count(*) AS n, max(${age}) AS longest_s
      FROM information_schema.PROCESSLIST p WHERE ${clients} GROUP BY 1, 2 LIMIT 100`,
    transactions: `SELECT count(*) AS n, coalesce(max(${since('trx_started')}), 0) AS longest_s,
      coalesce(sum(trx_state = 'LOCK WAIT'), 0) AS waiters,
      coalesce(max(CASE WHEN trx_state = 'LOCK WAIT' THEN ${since('trx_wait_started')} END), 0) AS longest_wait_s
      FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id <> CONNECTION_ID()`,
    // Whoever waits itself is only a link of the chain.
    holder: `SELECT p.ID AS id, p.USER AS user, p.COMMAND AS command, ${age} AS command_s,
      max(${since('b.trx_started')}) AS transaction_s
      FROM ${waits} JOIN information_schema.PROCESSLIST p ON p.ID = b.trx_mysql_thread_id
      GROUP BY p.ID, p.USER, p.COMMAND, command_s
      ORDER BY max(b.trx_state = 'LOCK WAIT'), count(*) DESC, transaction_s DESC LIMIT 1`,
    longest: `SELECT p.ID AS id, p.USER AS user, ${age} AS seconds, LEFT(p.INFO, 4096) AS text
      FROM information_schema.PROCESSLIST p
      WHERE ${clients} AND p.COMMAND IN ('Query', 'Execute') AND p.INFO IS NOT NULL AND NOT ${inLock}
        AND p.ID NOT IN (SELECT trx_mysql_thread_id FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT')
      ORDER BY seconds DESC LIMIT 1`,
    traced: `SELECT p.ID AS id, ${isMariaDb ? 'p.QUERY_ID' : "''"} AS query_id, ${age} AS seconds, LEFT(p.INFO, 4096) AS text,
      RIGHT(p.INFO, 1024) AS tail
      FROM information_schema.PROCESSLIST p
      WHERE ${clients} AND p.COMMAND IN ('Query', 'Execute') AND p.INFO LIKE '%traceparent=%' AND ${age} >= ${SLOW_S}
      ORDER BY seconds DESC LIMIT ${MAX_TRACED}`,
    replicas: isMariaDb ? 'SHOW ALL SLAVES STATUS' : isNewer ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS',
  };
}

export const digestSql = `SELECT coalesce(sum(COUNT_STAR), 0) AS calls, coalesce(sum(SUM_TIMER_WAIT), 0) / 1e12 AS seconds
  FROM performance_schema.events_statements_summary_by_digest`;

export interface Replica {
  readonly channel: string;
  /** `null` while it is not replicating: nobody knows. */
  readonly behindS: number | null;
  readonly receives: boolean;
  readonly applies: boolean;
}

/** The columns changed their names with MySQL 8.0.22; MariaDB kept the old ones. */
export function parseReplica(row: z.output<typeof replicaRow>): Replica {
  const said = (...names: string[]) => names.map((name) => row[name]).find((value) => value !== undefined);
  const behind = said('Seconds_Behind_Source', 'Seconds_Behind_Master');
  const behindS = behind === null || behind === undefined ? Number.NaN : Number(behind);
  return {
    channel: String(said('Channel_Name', 'Connection_name') ?? '').slice(0, 64),
    behindS: behindS >= 0 ? behindS : null,
    receives: said('Replica_IO_Running', 'Slave_IO_Running') === 'Yes',
    applies: said('Replica_SQL_Running', 'Slave_SQL_Running') === 'Yes',
  };
}
