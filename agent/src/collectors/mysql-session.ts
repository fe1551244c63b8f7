import { readFile } from 'node:fs/promises';
import type { Connection as Client, RowDataPacket } from 'mysql2/promise';
import type { z } from 'zod';
import { DatabaseConnection } from './database-connection.ts';
import {
  digestRow,
  digestSql,
  type Flavour,
  flavourOf,
  type HolderRow,
  holderRow,
  OWN_PROGRAM,
  parseReplica,
  type Replica,
  replicaRow,
  type SessionRow,
  SLOW_S,
  type StatementRow,
  sessionRow,
  statementRow,
  statusRow,
  type TracedRow,
  type TransactionRow,
  tracedRow,
  transactionRow,
} from './mysql-activity.ts';

export interface MysqlTarget {
  readonly host: string;
  readonly port: number;
  readonly socket?: string | undefined;
  readonly user: string;
  readonly passwordFile?: string | undefined;
}

export interface MysqlReading {
  readonly status: ReadonlyMap<string, number>;
  readonly sessions: readonly SessionRow[];
  /** `null` where the user may not see it. */
  readonly transactions: TransactionRow | null;
  readonly holder: HolderRow | null;
  readonly longest: StatementRow | null;
  /** Slow statements that run now and name their trace. */
  readonly traced: readonly TracedRow[];
  /** Of this reading; `null` where it was not asked for or is not there. */
  readonly digests: { readonly calls: number; readonly seconds: number } | null;
  readonly replicas: readonly Replica[] | null;
  /** What is not to be had, with the command that grants it. */
  readonly missing: readonly string[];
}

const ANSWER_TIMEOUT_MS = 2_500;
const CONNECT_TIMEOUT_MS = 2_000;
/** Adding up digests and asking for replication costs more than the rest. */
const SELDOM_EVERY_MS = 5_000;
const REPLICA_LIMIT = 8;

interface Connection {
  readonly client: Client;
  readonly flavour: Flavour;
  readonly settings: ReadonlyMap<string, string>;
  readonly account: string;
}

/** One session at one server. Used by one caller at a time. */
export class MysqlSession {
  readonly #connection: DatabaseConnection<Connection>;
  #seldomAtMs = Number.NEGATIVE_INFINITY;
  #seldomMissing: readonly string[] = [];

  constructor(target: MysqlTarget) {
    // Cut at once: a server that hangs would not answer a farewell either.
    this.#connection = new DatabaseConnection(
      () => connect(target),
      async ({ client }) => client.destroy(),
    );
  }

  read(nowMs: number, statusNames: readonly string[]): Promise<MysqlReading> {
    return this.#connection.use(nowMs, (connection) => this.#read(connection, nowMs, statusNames));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #read(
    { client, flavour, settings, account }: Connection,
    nowMs: number,
    names: readonly string[],
  ): Promise<MysqlReading> {
    const missing = new Set<string>();
    const status = await rows(
      client,
      `SHOW GLOBAL STATUS WHERE Variable_name IN (${names.map((n) => `'${n}'`).join()})`,
    );
    const sessions = await typed(client, flavour.sessions, sessionRow);
    const transactions = await allowed(() => typed(client, flavour.transactions, transactionRow), missing, PROCESS);
    const waits = (transactions?.[0]?.waiters ?? 0) > 0;
    const locks = flavour.isMariaDb ? PROCESS : PERFORMANCE;
    const holders = waits ? await allowed(() => typed(client, flavour.holder, holderRow), missing, locks) : null;
    const longest = await allowed(() => typed(client, flavour.longest, statementRow), missing, PROCESS);

    const mayBeTraced = waits || (longest?.[0]?.seconds ?? 0) >= SLOW_S || sessions.some(({ in_lock }) => in_lock);
    const traced = mayBeTraced ? await typed(client, flavour.traced, tracedRow) : [];

    const isSeldom = Math.abs(nowMs - this.#seldomAtMs) >= SELDOM_EVERY_MS;
    let digests: readonly z.output<typeof digestRow>[] | null = null;
    let replicas: readonly Replica[] | null = null;
    if (isSeldom) {
      this.#seldomAtMs = nowMs;
      const seldom = new Set<string>();
      const ask = () => typed(client, digestSql, digestRow);
      if (settings.get('performance_schema') === '1') digests = await allowed(ask, seldom, PERFORMANCE);
      const monitor = flavour.isMariaDb ? 'GRANT SLAVE MONITOR ON *.* TO' : 'GRANT REPLICATION CLIENT ON *.* TO';
      const found = await allowed(() => typed(client, flavour.replicas, replicaRow), seldom, monitor);
      replicas = found?.slice(0, REPLICA_LIMIT).map(parseReplica) ?? null;
      this.#seldomMissing = [...seldom];
    }
    return {
      status: new Map([
        ...status.flatMap((row) => {
          const { name, value } = statusRow.parse({ name: row.Variable_name, value: row.Value });
          return [[name.toLowerCase(), Number(value)] as const];
        }),
        ...[...settings].map(([name, value]) => [name, Number(value)] as const),
      ]),
      sessions,
      transactions: transactions?.[0] ?? null,
      holder: holders?.[0] ?? null,
      longest: longest?.[0] ?? null,
      traced,
      digests: digests?.[0] ?? null,
      replicas,
      missing: [...missing, ...this.#seldomMissing].map((grant) => `${grant} ${account}`),
    };
  }
}

async function connect({ host, port, socket, user, passwordFile }: MysqlTarget): Promise<Connection> {
  const password = passwordFile === undefined ? undefined : (await readFile(passwordFile, 'utf8')).trim();
  // A megabyte of code that most hosts never need.
  const { createConnection } = await import('mysql2/promise');
  const client = await createConnection({
    ...(socket === undefined ? { host, port } : { socketPath: socket }),
    user,
    ...(password === undefined ? {} : { password }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    connectAttributes: { program_name: OWN_PROGRAM },
    // A server may ask its client for any file; this one gives none.
    flags: ['-LOCAL_FILES'],
    supportBigNumbers: true,
    dateStrings: true,
  });
  // A connection that breaks between two readings: the next reading meets it and says so.
  client.on('error', () => undefined);
  try {
    const [row] = await rows(
      client,
      'SELECT VERSION() AS version, CURRENT_USER() AS account, @@max_connections AS max_connections, @@performance_schema AS performance_schema, @@innodb_buffer_pool_size AS innodb_buffer_pool_size',
    );
    await client.query('SET SESSION TRANSACTION READ ONLY');
    const settings = new Map(Object.entries(row ?? {}).map(([name, value]) => [name, String(value)]));
    const flavour = flavourOf(settings.get('version') ?? '');
    // The account that the server chose, which may be another host's than the one asked from.
    const [, name = '', from = ''] = /^(.*)@(.*)$/s.exec(settings.get('account') ?? '') ?? [];
    const account = `${quoted(name)}@${quoted(from)}`;
    for (const text of ['version', 'account']) settings.delete(text);
    return { client, flavour, settings, account };
  } catch (cause) {
    client.destroy();
    throw cause;
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const PROCESS = 'GRANT PROCESS ON *.* TO';
const PERFORMANCE = 'GRANT SELECT ON performance_schema.* TO';

async function rows(client: Client, sql: string): Promise<readonly RowDataPacket[]> {
  const [found] = await client.query<RowDataPacket[]>({ sql, timeout: ANSWER_TIMEOUT_MS });
  return found;
}

async function typed<S extends z.ZodType>(client: Client, sql: string, row: S): Promise<z.output<S>[]> {
  return (await rows(client, sql)).map((found) => row.parse(found));
}

/** ER_DBACCESS_DENIED, ER_ACCESS_DENIED, ER_TABLEACCESS_DENIED, ER_SPECIFIC_ACCESS_DENIED. */
const denials = [1044, 1045, 1142, 1227];

async function allowed<T>(ask: () => Promise<T>, missing: Set<string>, grant: string): Promise<T | null> {
  try {
    return await ask();
  } catch (cause) {
    if (!denials.includes((cause as { errno?: number }).errno ?? 0)) throw cause;
    missing.add(grant);
    return null;
  }
}
