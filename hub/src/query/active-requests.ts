import { semconv } from '@airis/protocol';
import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import { findSeries } from './series-catalog.ts';

/** Requests in flight at one agent now, by how long they have been. */
export interface ActiveRequests {
  readonly agent: number;
  readonly lt3s: number;
  readonly from3to8s: number;
  readonly ge8s: number;
  readonly atUnixMs: number;
}

/** Older values say nothing of now. */
const LATEST_MS = 60_000;
const MAX_SERIES = 3_000;
const rows = z.array(z.tuple([z.coerce.number(), z.string(), z.number(), z.coerce.number()]));
const columns = { lt3s: 'lt3s', '3to8s': 'from3to8s', ge8s: 'ge8s' } as const;

/** The newest counts of every agent that reports them. Several processes of one agent add up. */
export async function readActiveRequests(client: ClickHouseClient, nowUnixMs: number): Promise<ActiveRequests[]> {
  const series = await findSeries(client, { metrics: [semconv.metric.httpServerActive], limit: MAX_SERIES });
  if (series.length === 0) return [];
  const ages = new Map(series.map(({ agent, id, attributes }) => [`${agent} ${id}`, attributes]));
  const answer = await client.query({
    query: `SELECT agent, toString(seriesId), argMax(mean[-1], t0) AS value,
        max(toUnixTimestamp64Milli(t0) + (length(mean) - 1) * stepMs) AS at
      FROM block WHERE agent IN {agents:Array(UInt32)} AND seriesId IN {ids:Array(UInt64)}
        AND t0 >= fromUnixTimestamp64Milli({since:Int64}) AND NOT isNaN(mean[-1])
      GROUP BY agent, seriesId`,
    query_params: {
      agents: [...new Set(series.map(({ agent }) => agent))],
      ids: series.map(({ id }) => BigInt(id)),
      since: nowUnixMs - LATEST_MS,
    },
    format: 'JSONCompactEachRow',
  });
  const found = new Map<number, ActiveRequests>();
  for (const [agent, id, value, atUnixMs] of rows.parse(await answer.json())) {
    const age = ages.get(`${agent} ${id}`)?.[semconv.attribute.requestAge];
    if (age === undefined || !(age in columns)) continue;
    const column = columns[age as keyof typeof columns]; // `in` has shown that it is one
    const known = found.get(agent) ?? { agent, lt3s: 0, from3to8s: 0, ge8s: 0, atUnixMs };
    found.set(agent, {
      ...known,
      [column]: known[column] + value,
      atUnixMs: Math.max(known.atUnixMs, atUnixMs),
    });
  }
  return [...found.values()];
}
