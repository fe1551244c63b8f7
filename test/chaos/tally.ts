import { join } from 'node:path';
import { Session } from 'chdb';
import { ROWS_PER_LABEL } from './carrier.ts';
import type { Outcome } from './fault.ts';

interface StoredLabel {
  readonly carrier: number;
  readonly label: number;
  readonly rows: number;
  readonly distinct: number;
}

/**
 * Holds what the stopped hub's store has against the journal, row by row: each label must be there with exactly its
 * rows, in the table and in both rollups.
 *
 * @param evicted - rows that a spool told it gave up; a label that is missing is counted against them first
 */
export async function tally(
  dataDir: string,
  journal: readonly string[],
  evicted: number,
): Promise<Pick<Outcome, 'sent' | 'stored' | 'lost' | 'duplicated'>> {
  const session = new Session(join(dataDir, 'hub', 'telemetry', 'chdb', 'data'));
  try {
    const labels = await rowsOf<StoredLabel>(
      session,
      `SELECT toUInt32(intDiv(seriesId, 4294967296)) - 1 AS carrier, toUInt32(mean[1]) AS label,
              toUInt32(count()) AS rows, toUInt32(uniqExact(seriesId)) AS distinct
       FROM block WHERE intDiv(seriesId, 4294967296) BETWEEN 1 AND 64 GROUP BY carrier, label`,
    );
    const stored = new Map(labels.map((entry) => [`${entry.carrier} ${entry.label}`, entry.distinct]));
    const missing = journal.reduce(
      (sum, key) => sum + ROWS_PER_LABEL - Math.min(ROWS_PER_LABEL, stored.get(key) ?? 0),
      0,
    );
    const storedRows = labels.reduce((sum, entry) => sum + entry.rows, 0);
    const distinctRows = labels.reduce((sum, entry) => sum + entry.distinct, 0);
    const rollupExcess = await Promise.all(
      ['block_1m', 'block_1h'].map(async (table) => {
        const [row] = await rowsOf<{ total: number }>(
          session,
          `SELECT toUInt32(sum(count)) AS total FROM ${table} WHERE intDiv(seriesId, 4294967296) BETWEEN 1 AND 64`,
        );
        return Math.abs((row?.total ?? 0) - storedRows);
      }),
    );
    return {
      sent: journal.length * ROWS_PER_LABEL,
      stored: storedRows,
      lost: Math.max(0, missing - evicted),
      duplicated: storedRows - distinctRows + Math.max(...rollupExcess),
    };
  } finally {
    session.close();
  }
}

async function rowsOf<T>(session: Session, sql: string): Promise<T[]> {
  const result = await session.queryAsync(sql, { format: 'JSONEachRow' });
  return result
    .text()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T); // the columns are named in the query above
}
