import { type Attributes, semconv } from '@airis/protocol';
import { z } from 'zod';
import { errorText } from '../errors.ts';
import { assertWithinFloor } from '../gate/floor-host.ts';
import { defineCollector, type SampleWriter } from './collector.ts';
import { readEach } from './database-connection.ts';
import { explainStatement } from './database-explanations.ts';
import type { Host } from './host.ts';
import { SLOW_S, type StatementRow, type TracedRow } from './mysql-activity.ts';
import { explainMysqlLock } from './mysql-lock.ts';
import { type MysqlReading, MysqlSession } from './mysql-session.ts';
import { type StatementSeen, StatementSpans } from './statement-spans.ts';

const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        host: z.string().min(1).default('127.0.0.1'),
        port: z.int().min(1).max(65_535).default(3_306),
        socket: z.string().min(1).optional().describe('path of the Unix socket, instead of host and port'),
        user: z.string().min(1).describe('a user of its own, with GRANT PROCESS'),
        passwordFile: z.string().min(1).optional().describe('file that holds the password and nothing else'),
      }),
    )
    .max(8)
    .default([])
    .describe('MySQL or MariaDB servers to look at'),
});

/** Name of a status variable → metric and what tells its series apart. */
const counters: Readonly<Record<string, readonly [metric: string, attributes: Attributes]>> = {
  innodb_rows_read: ['mysql.row_operations', { operation: 'read' }],
  innodb_rows_inserted: ['mysql.row_operations', { operation: 'inserted' }],
  innodb_rows_updated: ['mysql.row_operations', { operation: 'updated' }],
  innodb_rows_deleted: ['mysql.row_operations', { operation: 'deleted' }],
  // MariaDB 10.11 counts rows by handler only.
  handler_write: ['mysql.handlers', { kind: 'write' }],
  handler_update: ['mysql.handlers', { kind: 'update' }],
  handler_delete: ['mysql.handlers', { kind: 'delete' }],
  handler_read_rnd_next: ['mysql.handlers', { kind: 'read_rnd_next' }],
  handler_read_key: ['mysql.handlers', { kind: 'read_key' }],
  innodb_row_lock_waits: ['mysql.row_locks', { kind: 'waits' }],
  aborted_clients: ['mysql.connection.errors', { error: 'aborted_clients' }],
  aborted_connects: ['mysql.connection.errors', { error: 'aborted' }],
  connection_errors_max_connections: ['mysql.connection.errors', { error: 'max_connections' }],
  connections: ['mysql.connection.count', {}],
  queries: ['mysql.query.count', {}],
  slow_queries: ['mysql.query.slow.count', {}],
  innodb_deadlocks: ['airis.mysql.deadlocks', {}],
  innodb_buffer_pool_read_requests: ['mysql.buffer_pool.operations', { operation: 'read_requests' }],
  innodb_buffer_pool_reads: ['mysql.buffer_pool.operations', { operation: 'reads' }],
  innodb_buffer_pool_wait_free: ['mysql.buffer_pool.operations', { operation: 'wait_free' }],
};
const gauges: typeof counters = {
  threads_connected: ['mysql.threads', { kind: 'connected' }],
  threads_running: ['mysql.threads', { kind: 'running' }],
  threads_cached: ['mysql.threads', { kind: 'cached' }],
  max_connections: ['airis.mysql.connection.limit', {}],
  innodb_buffer_pool_size: ['mysql.buffer_pool.limit', {}],
  innodb_buffer_pool_pages_data: ['mysql.buffer_pool.pages', { kind: 'data' }],
  innodb_buffer_pool_pages_free: ['mysql.buffer_pool.pages', { kind: 'free' }],
  innodb_buffer_pool_pages_dirty: ['mysql.buffer_pool.data_pages', { status: 'dirty' }],
};
const statusNames = [...Object.keys(counters), ...Object.keys(gauges)];
const SESSION_STATES = ['active', 'idle', 'waiting'] as const;

interface Instance {
  readonly name: string;
  readonly address: string;
  readonly passwordFile: string | undefined;
  readonly session: MysqlSession;
  readonly attributes: Attributes;
  readonly known: ReadonlyMap<string, Attributes>;
  readonly spans: StatementSpans;
  last: MysqlReading | null;
  digests: MysqlReading['digests'];
}

const counter = (unit: string, about: string) => ({ unit, kind: 'counter' as const, about });
const gauge = (unit: string, about: string) => ({ unit, kind: 'gauge' as const, about });

/** MySQL and MariaDB as their own status tells them, through one read-only session a server. */
export const mysqlCollector = defineCollector({
  name: 'mysql',
  watches: 'both',
  config,
  capabilities: ['sql'],
  emits: {
    'airis.mysql.sessions': gauge('{session}', 'client sessions by state: active, idle, waiting for a lock'),
    'mysql.threads': gauge('{thread}', 'client threads, by kind'),
    'airis.mysql.connection.limit': gauge('{connection}', 'connections the server admits (max_connections)'),
    'mysql.connection.count': counter('{connection}', 'attempts to connect'),
    'mysql.connection.errors': counter('{error}', 'connections that failed or were aborted, by error'),
    'mysql.query.count': counter('{query}', 'statements executed'),
    'mysql.query.slow.count': counter('{query}', 'statements longer than long_query_time'),
    'mysql.row_operations': counter('{row}', 'InnoDB row operations; not counted by newer MariaDB'),
    'mysql.handlers': counter('{call}', 'calls to the storage engines, by kind'),
    'mysql.row_locks': counter('{lock}', 'row locks that had to be waited for'),
    'airis.mysql.deadlocks': counter('{deadlock}', 'deadlocks that the server resolved (MariaDB)'),
    'mysql.buffer_pool.limit': gauge('By', 'configured size of the buffer pool'),
    'mysql.buffer_pool.pages': gauge('{page}', 'pages of the buffer pool, by kind'),
    'mysql.buffer_pool.data_pages': gauge('{page}', 'data pages not yet written to disk'),
    'mysql.buffer_pool.operations': counter(
      '{operation}',
      'reads asked of the buffer pool, and those that met the disk',
    ),
    'airis.mysql.transaction.longest': gauge('s', 'the oldest transaction that is open, 0 for none'),
    'mysql.replica.time_behind_source': gauge(
      's',
      'how far a replica is behind, by channel; absent while it is stopped',
    ),
    'airis.mysql.replica.running': gauge('1', '1 while this thread of a replica runs, by thread and channel'),
    [semconv.metric.dbServerLongestStatement]: gauge(
      's',
      'the statement that runs longest without waiting for a lock, 0 for none',
    ),
    [semconv.metric.dbServerStatementDuration]: gauge(
      's',
      'mean time of statements that ended since the reading before; needs performance_schema',
    ),
    [semconv.metric.dbServerLockWaiters]: gauge('{session}', 'sessions that wait for a lock'),
    [semconv.metric.dbServerLockLongestWait]: gauge('s', 'the longest of those waits'),
  },
  state: ({ instances }): Instance[] =>
    instances.map((target) => {
      const attributes = {
        'db.system.name': 'mysql',
        [semconv.attribute.serverPort]: String(target.port),
        ...(target.socket === undefined ? {} : { 'network.peer.address': target.socket.slice(-200) }),
      };
      return {
        name: target.socket ?? `${target.host}:${target.port}`,
        address: target.socket ?? `${target.host}:${target.port}`,
        passwordFile: target.passwordFile,
        session: new MysqlSession(target),
        attributes,
        known: new Map([
          ...Object.entries({ ...counters, ...gauges }).map(
            ([name, [, own]]) => [name, { ...attributes, ...own }] as const,
          ),
          ...SESSION_STATES.map((state) => [state, { ...attributes, 'airis.mysql.session.state': state }] as const),
        ]),
        spans: new StatementSpans('mysql'),
        last: null,
        digests: null,
      };
    }),
  applies: async (_host, { instances }) => instances.length > 0,
  async collect(host, _config, out, instances) {
    await readEach(instances, (instance) => readInstance(instance, host, out));
  },
  context: (instances) => ({
    explanations: instances.flatMap(({ last }) => [
      ...(last?.holder == null ? [] : [explainMysqlLock(last.holder)]),
      ...(last?.longest == null || last.longest.seconds < SLOW_S ? [] : [explainLongest(last.longest)]),
    ]),
  }),
  takeSpans: (instances) => instances.flatMap(({ spans }) => spans.take()),
  async close(instances) {
    await Promise.all(instances.map(({ session }) => session.close()));
  },
});

const explainLongest = ({ id, user, text, seconds }: StatementRow) =>
  explainStatement({ name: user, id }, 'mysql', text, seconds);

/** MySQL does not number statements: its context, which each call has for itself, stands for the run. */
const seenOf = ({ id, query_id, seconds, text, tail }: TracedRow): StatementSeen => ({
  run: `${id} ${query_id === '' ? tail : query_id}`,
  text,
  tail,
  elapsedMs: seconds * 1_000,
  // The list has only what runs.
  endUnixMs: null,
});

/** Writes what one server says; returns what is wrong and what to do about it, or `null`. */
async function readInstance(instance: Instance, host: Host, out: SampleWriter): Promise<string | null> {
  const { name, address, passwordFile, session } = instance;
  const nowMs = host.nowMs();
  try {
    assertWithinFloor(host, address, passwordFile);
    const reading = await session.read(nowMs, statusNames);
    instance.last = reading;
    instance.spans.note(reading.traced.map(seenOf), nowMs);
    write(instance, reading, out);
    if (reading.missing.length === 0) return null;
    return `${name}: not all may be seen; run ${reading.missing.join('; ')}`;
  } catch (error) {
    instance.last = null;
    return `${name}: ${errorText(error)}`;
  }
}

function write(instance: Instance, reading: MysqlReading, out: SampleWriter): void {
  const { attributes, known } = instance;
  const { status, sessions, transactions, longest } = reading;
  for (const [name, [metric]] of [...Object.entries(counters), ...Object.entries(gauges)]) {
    const value = status.get(name);
    if (value !== undefined) out.write(metric, value, known.get(name));
  }
  const metadata = sessions.filter(({ in_lock }) => in_lock);
  const inLock = metadata.reduce((sum, { n }) => sum + n, 0) + (transactions?.waiters ?? 0);
  const all = sessions.reduce((sum, { n }) => sum + n, 0);
  const idle = sessions.reduce((sum, { n, command }) => sum + (command === 'Sleep' ? n : 0), 0);
  const byState = { idle, waiting: inLock, active: Math.max(0, all - idle - inLock) };
  for (const state of SESSION_STATES) out.write('airis.mysql.sessions', byState[state], known.get(state));
  if (transactions !== null) {
    const metadataWaits = metadata.map(({ longest_s }) => longest_s);
    out.write('airis.mysql.transaction.longest', transactions.longest_s, attributes);
    out.write(semconv.metric.dbServerLockWaiters, inLock, attributes);
    out.write(
      semconv.metric.dbServerLockLongestWait,
      Math.max(transactions.longest_wait_s, ...metadataWaits),
      attributes,
    );
    out.write(semconv.metric.dbServerLongestStatement, longest?.seconds ?? 0, attributes);
  }
  writeMeanDuration(instance, reading, out);
  for (const { channel, behindS, receives, applies } of reading.replicas ?? []) {
    const own = { ...attributes, 'airis.mysql.replica.channel': channel };
    if (behindS !== null) out.write('mysql.replica.time_behind_source', behindS, own);
    out.write('airis.mysql.replica.running', Number(receives), { ...own, 'airis.mysql.replica.thread': 'io' });
    out.write('airis.mysql.replica.running', Number(applies), { ...own, 'airis.mysql.replica.thread': 'sql' });
  }
}

function writeMeanDuration(instance: Instance, { digests }: MysqlReading, out: SampleWriter): void {
  if (digests === null) return;
  const before = instance.digests;
  instance.digests = digests;
  const calls = digests.calls - (before?.calls ?? Number.NaN);
  const seconds = digests.seconds - (before?.seconds ?? Number.NaN);
  // Fewer than before: the table was emptied.
  if (!(calls > 0 && seconds >= 0)) return;
  out.write(semconv.metric.dbServerStatementDuration, seconds / calls, instance.attributes);
}
