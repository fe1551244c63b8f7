import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import { inWindow } from './in-window.ts';

/** How one service answered over a window. */
export interface ServiceRate {
  readonly service: string;
  readonly calls: number;
  readonly failed: number;
  readonly p95ElapsedMs: number;
}

const MAX_SERVICES = 10_000;
const rows = z.array(z.tuple([z.string(), z.coerce.number(), z.coerce.number(), z.coerce.number()]));

export async function readServiceRates(
  client: ClickHouseClient,
  request: { readonly fromUnixMs: number; readonly toUnixMs: number },
): Promise<readonly ServiceRate[]> {
  const answer = await client.query({
    query: `SELECT service, count() AS calls, countIf(bitAnd(flags, 1) = 1) AS failed, quantile(0.95)(elapsedMs) AS p95
      FROM transaction
      WHERE ${inWindow}
      GROUP BY service ORDER BY service LIMIT ${MAX_SERVICES}`,
    query_params: { from: request.fromUnixMs, to: request.toUnixMs },
    format: 'JSONCompactEachRow',
  });
  return rows
    .parse(await answer.json())
    .map(([service, calls, failed, p95ElapsedMs]) => ({ service, calls, failed, p95ElapsedMs }));
}
