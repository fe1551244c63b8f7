import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { z } from 'zod';
import { DatabaseConnection } from './database-connection.ts';
import {
  type ActivityRow,
  activityRow,
  activitySql,
  OWN_APPLICATION,
  type SlowStatement,
  type StandingRow,
  slowStatement,
  slowStatementSql,
  standingRow,
  standingSql,
  type TracedRow,
  tracedRow,
  tracedSql,
} from './postgresql-activity.ts';

export interface PostgresqlTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly passwordFile?: string | undefined;
  readonly database: string;
}

const STATEMENT_TIMEOUT_MS = 2_000;
const ANSWER_TIMEOUT_MS = 2_500;
const CONNECT_TIMEOUT_MS = 2_000;
/** Adding up `pg_stat_statements` costs the server some ms where thousands of statements are known. */
const STATEMENTS_EVERY_MS = 2_000;

const serverRow = z.object({ version: z.number(), schema: z.string().nullable() });
const sizeRow = z.object({ bytes: z.number().nonnegative() });

interface Connection {
  readonly client: Client;
  readonly plain: string;
  /** With `pg_stat_statements`; `null` where the database has none. */
  readonly withStatements: string | null;
}

/** One read-only session at one database. Used by one caller at a time. */
export class PostgresqlSession {
  readonly #connection: DatabaseConnection<Connection>;
  #statementsAtMs = Number.NEGATIVE_INFINITY;

  constructor(target: PostgresqlTarget) {
    this.#connection = new DatabaseConnection(
      () => connect(target),
      async ({ client }) => void (await client.end().catch(() => undefined)),
    );
  }

  async activity(nowMs: number): Promise<ActivityRow> {
    return this.#connection.use(nowMs, async ({ client, plain, withStatements }) => {
      const isDue = withStatements !== null && Math.abs(nowMs - this.#statementsAtMs) >= STATEMENTS_EVERY_MS;
      if (isDue) this.#statementsAtMs = nowMs;
      return activityRow.parse((await client.query(isDue ? withStatements : plain)).rows[0]);
    });
  }

  async sizeBytes(nowMs: number): Promise<number> {
    return this.#connection.use(nowMs, async ({ client }) => {
      const { rows } = await client.query('SELECT pg_database_size(current_database())::float8 AS bytes');
      return sizeRow.parse(rows[0]).bytes;
    });
  }

  /** `null` where it has ended meanwhile. */
  async slowStatement(nowMs: number): Promise<SlowStatement | null> {
    return this.#connection.use(nowMs, async ({ client }) => {
      const [row] = (await client.query(slowStatementSql())).rows;
      return row === undefined ? null : slowStatement.parse(row);
    });
  }

  async traced(nowMs: number): Promise<readonly TracedRow[]> {
    return this.#connection.use(nowMs, async ({ client }) =>
      (await client.query(tracedSql)).rows.map((row) => tracedRow.parse(row)),
    );
  }

  async standing(nowMs: number): Promise<StandingRow> {
    return this.#connection.use(nowMs, async ({ client }) =>
      standingRow.parse((await client.query(standingSql)).rows[0]),
    );
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

async function connect({ host, port, user, passwordFile, database }: PostgresqlTarget): Promise<Connection> {
  const password = passwordFile === undefined ? undefined : (await readFile(passwordFile, 'utf8')).trim();
  const client = new Client({
    host,
    port,
    user,
    password,
    database,
    application_name: OWN_APPLICATION,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    options: '-c default_transaction_read_only=on',
  });
  // A connection that breaks between two readings: the next reading meets it and says so.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { version, schema } = serverRow.parse(
      (
        await client.query(`SELECT current_setting('server_version_num')::float8 AS version,
          (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
            WHERE e.extname = 'pg_stat_statements') AS schema`)
      ).rows[0],
    );
    const hasWaitStart = version >= 140_000;
    const view = schema === null ? null : `${schema}.pg_stat_statements`;
    return {
      client,
      plain: activitySql(null, hasWaitStart),
      withStatements: (await answers(client, view)) ? activitySql(view, hasWaitStart) : null,
    };
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw cause;
  }
}

/** The extension may be created although its library was not loaded, and before 13 its times had another name. */
async function answers(client: Client, view: string | null): Promise<boolean> {
  if (view === null) return false;
  try {
    await client.query(`SELECT total_exec_time FROM ${view}(false) LIMIT 1`);
    return true;
  } catch {
    return false;
  }
}
