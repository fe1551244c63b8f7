import { type Attributes, semconv } from '@airis/protocol';
import { z } from 'zod';
import { errorText } from '../errors.ts';
import { assertWithinFloor } from '../gate/floor-host.ts';
import { defineCollector, type SampleWriter } from './collector.ts';
import { readEach } from './database-connection.ts';
import { explainStatement } from './database-explanations.ts';
import type { Host } from './host.ts';
import {
  type ActivityRow,
  SLOW_S,
  type SlowStatement,
  type StandingRow,
  type TracedRow,
} from './postgresql-activity.ts';
import { explainPostgresqlLock } from './postgresql-lock.ts';
import { PostgresqlSession } from './postgresql-session.ts';
import { type StatementSeen, StatementSpans } from './statement-spans.ts';

const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        host: z.string().min(1).default('127.0.0.1'),
        port: z.int().min(1).max(65_535).default(5_432),
        user: z.string().min(1).describe('a user of its own, with GRANT pg_monitor'),
        passwordFile: z.string().min(1).optional().describe('file that holds the password and nothing else'),
        database: z.string().min(1),
      }),
    )
    .max(8)
    .default([])
    .describe('databases to look at'),
});

const STANDING_EVERY_MS = 10_000;
const SIZE_EVERY_MS = 60_000;
/** States of `pg_stat_activity`, with the shorter words of the convention. */
const states: Readonly<Record<string, string>> = {
  active: 'active',
  idle: 'idle',
  'idle in transaction': 'idle_in_transaction',
  'idle in transaction (aborted)': 'idle_in_transaction_aborted',
  'fastpath function call': 'fastpath_function_call',
  disabled: 'disabled',
  unknown: 'unknown',
};
const alwaysWritten = ['active', 'idle', 'idle_in_transaction'];

interface Instance {
  readonly name: string;
  readonly user: string;
  readonly address: string;
  readonly passwordFile: string | undefined;
  readonly session: PostgresqlSession;
  readonly attributes: Attributes;
  readonly stateAttributes: ReadonlyMap<string, Attributes>;
  last: ActivityRow | null;
  slow: SlowStatement | null;
  readonly spans: StatementSpans;
  statements: ActivityRow['statements'];
  sizedAtMs: number;
  stoodAtMs: number;
}

/** PostgreSQL as its own statistics views tell it, through one read-only session a database. */
export const postgresqlCollector = defineCollector({
  name: 'postgresql',
  watches: 'both',
  config,
  capabilities: ['sql'],
  emits: {
    [semconv.metric.postgresqlBackends]: { unit: '{session}', kind: 'gauge', about: 'client sessions by state' },
    'postgresql.commits': { unit: '{transaction}', kind: 'counter', about: 'transactions committed' },
    'postgresql.rollbacks': { unit: '{transaction}', kind: 'counter', about: 'transactions rolled back' },
    'postgresql.deadlocks': { unit: '{deadlock}', kind: 'counter', about: 'deadlocks that the server resolved' },
    'postgresql.blks_read': { unit: '{block}', kind: 'counter', about: 'blocks read from disk' },
    'postgresql.blks_hit': { unit: '{block}', kind: 'counter', about: 'blocks found in the buffer cache' },
    'postgresql.db_size': { unit: 'By', kind: 'gauge', about: 'disk space of the database, once a minute' },
    'postgresql.temp_files': { unit: '{file}', kind: 'counter', about: 'temporary files written' },
    'postgresql.temp.io': { unit: 'By', kind: 'counter', about: 'bytes written to temporary files written' },
    'airis.postgresql.xid.age': {
      unit: '{transaction}',
      kind: 'gauge',
      about: 'age of the oldest unfrozen transaction id',
    },
    'airis.postgresql.autovacuum.workers': { unit: '{process}', kind: 'gauge', about: 'autovacuum workers now' },
    'airis.postgresql.standby.delay': {
      unit: 's',
      kind: 'gauge',
      about: 'how old a standby is behind what it received',
    },
    'airis.postgresql.replication_slot.retained': {
      unit: 'By',
      kind: 'gauge',
      about: 'log that a replication slot keeps',
    },
    'postgresql.replication.data_delay': {
      unit: 'By',
      kind: 'gauge',
      about: 'log not yet replayed by the slowest replica',
    },
    'postgresql.wal.delay': { unit: 's', kind: 'gauge', about: 'replay delay of the slowest replica' },
    [semconv.metric.dbServerLongestStatement]: {
      unit: 's',
      kind: 'gauge',
      about: 'the statement that runs longest without waiting for a lock, 0 for none',
    },
    [semconv.metric.dbServerStatementDuration]: {
      unit: 's',
      kind: 'gauge',
      about: 'mean time of statements that ended since the reading before; needs pg_stat_statements',
    },
    [semconv.metric.dbServerLockWaiters]: { unit: '{session}', kind: 'gauge', about: 'sessions that wait for a lock' },
    [semconv.metric.dbServerLockLongestWait]: { unit: 's', kind: 'gauge', about: 'the longest of those waits' },
  },
  state: ({ instances }): Instance[] =>
    instances.map((target) => {
      const attributes = { 'db.namespace': target.database, [semconv.attribute.serverPort]: String(target.port) };
      return {
        name: `${target.database} at ${target.host}:${target.port}`,
        user: target.user,
        address: `${target.host}:${target.port}`,
        passwordFile: target.passwordFile,
        session: new PostgresqlSession(target),
        attributes,
        stateAttributes: new Map(
          Object.values(states).map((state) => [state, { ...attributes, 'postgresql.backend.state': state }]),
        ),
        last: null,
        slow: null,
        spans: new StatementSpans('postgresql'),
        statements: null,
        sizedAtMs: Number.NEGATIVE_INFINITY,
        stoodAtMs: Number.NEGATIVE_INFINITY,
      };
    }),
  applies: async (_host, { instances }) => instances.length > 0,
  async collect(host, _config, out, instances) {
    await readEach(instances, (instance) => readInstance(instance, host, out));
  },
  context: (instances) => ({
    explanations: instances.flatMap(({ last, slow }) => [
      ...(last?.holder == null ? [] : [explainPostgresqlLock(last.holder)]),
      ...(slow === null
        ? []
        : [explainStatement({ name: slow.application, id: slow.pid }, 'postgresql', slow.text, slow.seconds)]),
    ]),
  }),
  takeSpans: (instances) => instances.flatMap(({ spans }) => spans.take()),
  async close(instances) {
    await Promise.all(instances.map(({ session }) => session.close()));
  },
});

/** Writes what one database says; returns what is wrong and what to do about it, or `null`. */
async function readInstance(instance: Instance, host: Host, out: SampleWriter): Promise<string | null> {
  const { name, address, passwordFile, session } = instance;
  const nowMs = host.nowMs();
  try {
    assertWithinFloor(host, address, passwordFile);
    const row = await session.activity(nowMs);
    instance.last = row;
    instance.slow = row.longest_s < SLOW_S ? null : await session.slowStatement(nowMs);
    instance.spans.note(row.traced === 0 ? [] : seenOf(await session.traced(nowMs), nowMs), nowMs);
    write(instance, row, out);
    if (Math.abs(nowMs - instance.stoodAtMs) >= STANDING_EVERY_MS) {
      instance.stoodAtMs = nowMs;
      writeStanding(instance, await session.standing(nowMs), out);
    }
    if (Math.abs(nowMs - instance.sizedAtMs) >= SIZE_EVERY_MS) {
      instance.sizedAtMs = nowMs;
      out.write('postgresql.db_size', await session.sizeBytes(nowMs), instance.attributes);
    }
    return row.may_see
      ? null
      : `${name}: may not see other users' sessions; run GRANT pg_monitor TO "${instance.user.replaceAll('"', '""')}"`;
  } catch (error) {
    instance.last = null;
    instance.slow = null;
    return `${name}: ${errorText(error)}`;
  }
}

const seenOf = (rows: readonly TracedRow[], nowMs: number): readonly StatementSeen[] =>
  rows.map(({ pid, started, is_running, seconds, ago_s, text, tail }) => ({
    run: `${pid} ${started}`,
    text,
    tail,
    elapsedMs: seconds * 1_000,
    endUnixMs: is_running ? null : nowMs - ago_s * 1_000,
  }));

function write(instance: Instance, row: ActivityRow, out: SampleWriter): void {
  const { attributes, stateAttributes } = instance;
  const byState = new Map<string, number>(alwaysWritten.map((state) => [state, 0]));
  for (const [state, sessions] of Object.entries(row.backends)) {
    const key = states[state] ?? 'unknown';
    byState.set(key, (byState.get(key) ?? 0) + sessions);
  }
  for (const [state, sessions] of byState) {
    out.write(semconv.metric.postgresqlBackends, sessions, stateAttributes.get(state));
  }
  const { database } = row;
  out.write('postgresql.commits', database.commits, attributes);
  out.write('postgresql.rollbacks', database.rollbacks, attributes);
  out.write('postgresql.deadlocks', database.deadlocks, attributes);
  out.write('postgresql.blks_read', database.blocks_read, attributes);
  out.write('postgresql.blks_hit', database.blocks_hit, attributes);
  out.write(semconv.metric.dbServerLockWaiters, row.waiters, attributes);
  out.write(semconv.metric.dbServerLockLongestWait, row.longest_wait_s, attributes);
  out.write(semconv.metric.dbServerLongestStatement, row.longest_s, attributes);
  writeMeanDuration(instance, row, out);
}

function writeStanding({ attributes }: Instance, row: StandingRow, out: SampleWriter): void {
  out.write('postgresql.temp_files', row.temp_files, attributes);
  out.write('postgresql.temp.io', row.temp_bytes, attributes);
  out.write('airis.postgresql.xid.age', row.xid_age, attributes);
  out.write('airis.postgresql.autovacuum.workers', row.autovacuum_workers, attributes);
  if (row.standby_delay_s !== null) out.write('airis.postgresql.standby.delay', row.standby_delay_s, attributes);
  for (const { name, retained_bytes } of row.slots) {
    const own = { ...attributes, 'airis.postgresql.replication_slot.name': name };
    out.write('airis.postgresql.replication_slot.retained', retained_bytes, own);
  }
  if (row.replicas > 0) {
    out.write('postgresql.replication.data_delay', row.replica_delay_bytes, attributes);
    out.write('postgresql.wal.delay', row.replica_delay_s, attributes);
  }
}

function writeMeanDuration(instance: Instance, { statements }: ActivityRow, out: SampleWriter): void {
  if (statements === null) return;
  const before = instance.statements;
  instance.statements = statements;
  const calls = statements.calls - (before?.calls ?? Number.NaN);
  const seconds = (statements.total_ms - (before?.total_ms ?? Number.NaN)) / 1_000;
  // Fewer than before: the statistics were reset, or statements fell out of the table.
  if (!(calls > 0 && seconds >= 0)) return;
  out.write(semconv.metric.dbServerStatementDuration, seconds / calls, instance.attributes);
}
