import { type SignalName, signals } from '@airis/protocol';
import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import { HubError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { EngineDialect } from './engine.ts';
import { type Retention, retainedTables } from './retention.ts';
import { hourRollup, minuteRollup } from './rollup.ts';
import { rollupTable, signalTable, ttlExpression } from './tables.ts';

export interface MigrationContext {
  readonly dialect: EngineDialect;
  readonly retention: Retention;
  readonly log: Log;
}

interface Migration {
  /** 1, 2, 3, …; never changed once released. */
  readonly id: number;
  readonly name: string;
  /** Statements that may be repeated: a start that was cut off runs them again. */
  statements(context: MigrationContext): readonly string[];
}

const migrations: readonly Migration[] = [
  {
    id: 1,
    name: 'signals and rollups',
    statements: ({ dialect, retention }) => [
      ...Object.keys(signals).map((name) => signalTable(name as SignalName, dialect, retention)),
      rollupTable('block_1m', dialect, retention),
      rollupTable('block_1h', dialect, retention),
      hourRollup(dialect),
      minuteRollup(dialect),
    ],
  },
  {
    id: 2,
    name: 'spans',
    statements: ({ dialect, retention }) => [signalTable('span', dialect, retention)],
  },
];

const idRow = z.array(z.object({ id: z.coerce.number() }));
const tableRow = z.array(z.object({ name: z.string(), definition: z.string() }));

/** Brings the store to this version's tables, then its retention to the configured one. Safe to repeat at any point. */
export async function migrateTelemetry(client: ClickHouseClient, context: MigrationContext): Promise<void> {
  const { dialect, log } = context;
  await client.command({
    query: `CREATE TABLE IF NOT EXISTS migration${dialect.onCluster} (id UInt32, name String, appliedAt DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = ${dialect.engine('ReplacingMergeTree', 'migration', 'appliedAt')} ORDER BY id SETTINGS fsync_after_insert = 1`,
  });
  const answer = await client.query({ query: 'SELECT max(id) AS id FROM migration', format: 'JSONEachRow' });
  const current = idRow.parse(await answer.json())[0]?.id ?? 0;
  const newest = migrations.at(-1)!.id;
  if (current > newest) {
    throw new HubError(
      'TELEMETRY_NEWER',
      `the telemetry store is at version ${current}, this hub knows ${newest}`,
      'start the newer AIRIS-MON again, or restore a backup from before the upgrade',
    );
  }
  for (const migration of migrations) {
    if (migration.id <= current) continue;
    for (const query of migration.statements(context)) await client.command({ query });
    await client.insert({
      table: 'migration',
      values: [{ id: migration.id, name: migration.name }],
      columns: ['id', 'name'],
      format: 'JSONEachRow',
    });
    log.info('telemetry.migrated', migration.name, { version: migration.id });
  }
  await applyRetention(client, context);
}

/** Changes the time a table is kept where it differs; data is not rewritten, expired partitions go by themselves. */
async function applyRetention(client: ClickHouseClient, context: MigrationContext): Promise<void> {
  const answer = await client.query({
    query: 'SELECT name, create_table_query AS definition FROM system.tables WHERE database = currentDatabase()',
    format: 'JSONEachRow',
  });
  const tables = tableRow.parse(await answer.json());
  for (const table of retainedTables) {
    const days = context.retention[table];
    const definition = tables.find((row) => row.name === table)?.definition ?? '';
    if (new RegExp(`toIntervalDay\\(${days}\\)`).test(definition)) continue;
    await client.command({
      query: `ALTER TABLE ${table}${context.dialect.onCluster} MODIFY TTL ${ttlExpression(table, context.retention)}`,
      clickhouse_settings: { materialize_ttl_after_modify: 0 },
    });
    context.log.info('telemetry.retention', `${table} is kept for ${days} days`);
  }
}
