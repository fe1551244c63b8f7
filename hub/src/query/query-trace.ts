import type { ClickHouseClient } from '@clickhouse/client';
import type { TransactionRow } from '../api/ports.ts';
import { inWindow } from './in-window.ts';
import { readTransactionRows, TRANSACTION_COLUMNS } from './transaction-row.ts';

/** Spans of one trace in one answer. */
const MAX_SPANS = 1_000;

/** Every transaction of one trace, oldest end first. */
export async function readTrace(
  client: ClickHouseClient,
  request: { readonly traceId: string; readonly fromUnixMs: number; readonly toUnixMs: number },
  idOf: (number: number) => string,
): Promise<readonly TransactionRow[]> {
  const answer = await client.query({
    query: `SELECT ${TRANSACTION_COLUMNS} FROM transaction
      WHERE traceId = {traceId:String}
        AND ${inWindow}
      ORDER BY t, spanId LIMIT ${MAX_SPANS}`,
    query_params: { traceId: request.traceId, from: request.fromUnixMs, to: request.toUnixMs },
    format: 'JSONCompactEachRow',
  });
  return readTransactionRows(await answer.json(), idOf);
}
