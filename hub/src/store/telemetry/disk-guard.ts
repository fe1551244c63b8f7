import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import type { Log } from '../../log.ts';

export interface DroppedPartition {
  readonly table: string;
  readonly partition: string;
  readonly rows: number;
  readonly bytes: number;
}

export interface TableSize {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
}

/** What frees disk when it must be freed, and says what that cost. */
export interface DiskGuard {
  /** Drops the oldest day of the least precious table that has more than its newest one; null when nothing is left. */
  dropOldest(): Promise<DroppedPartition | null>;
  tables(): Promise<readonly TableSize[]>;
}

/** First to go first: full resolution before rollups, which hold the same story, and never the rollups' last day. */
const sacrificeOrder = ['block', 'exemplar', 'histogram', 'point', 'template', 'log', 'block_1m'] as const;

const partitionRows = z.array(
  z.object({ table: z.string(), partition: z.string(), rows: z.coerce.number(), bytes: z.coerce.number() }),
);
const sizeRows = z.array(z.object({ name: z.string(), rows: z.coerce.number(), bytes: z.coerce.number() }));

export function createDiskGuard(client: ClickHouseClient, log: Log): DiskGuard {
  return {
    async dropOldest() {
      const answer = await client.query({
        query: `SELECT table, partition_id AS partition, sum(rows) AS rows, sum(bytes_on_disk) AS bytes
          FROM system.parts WHERE database = currentDatabase() AND active GROUP BY table, partition ORDER BY table, partition`,
        format: 'JSONEachRow',
      });
      const partitions = partitionRows.parse(await answer.json());
      for (const table of sacrificeOrder) {
        const own = partitions.filter((partition) => partition.table === table);
        const oldest = own[0];
        if (oldest === undefined || own.length < 2) continue;
        await client.command({
          query: `ALTER TABLE ${table} DROP PARTITION ID '${oldest.partition.replaceAll(/\W/g, '')}'`,
        });
        log.warn('telemetry.partition-dropped', 'the disk is nearly full: the oldest data was dropped', { ...oldest });
        return oldest;
      }
      return null;
    },
    async tables() {
      const answer = await client.query({
        query: `SELECT table AS name, sum(rows) AS rows, sum(bytes_on_disk) AS bytes
          FROM system.parts WHERE database = currentDatabase() AND active GROUP BY name ORDER BY name`,
        format: 'JSONEachRow',
      });
      return sizeRows.parse(await answer.json());
    },
  };
}
