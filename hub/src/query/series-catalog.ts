import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';

/** A series as announced; `id` is its number as text, since it does not fit a JavaScript number. */
export interface CatalogSeries {
  readonly agent: number;
  readonly id: string;
  readonly metric: string;
  readonly kind: 'gauge' | 'counter';
  readonly unit: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface SeriesFilter {
  readonly metrics?: readonly string[] | undefined;
  /** Agents' numbers; all where absent. */
  readonly agents?: readonly number[] | undefined;
  /** Attributes that must be there with these values; others may be there too. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly limit: number;
}

const attributesJson = z.string().transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text)));
const rows = z.array(
  z.object({
    agent: z.coerce.number(),
    id: z.string(),
    metric: z.string(),
    kind: z.enum(['gauge', 'counter']),
    unit: z.string(),
    attributes: attributesJson,
  }),
);

/** The series that a question is about, by agent and then by id. */
export async function findSeries(client: ClickHouseClient, filter: SeriesFilter): Promise<readonly CatalogSeries[]> {
  const wanted = Object.entries(filter.attributes ?? {});
  const conditions = [
    filter.metrics === undefined ? '1' : 's.metric IN {metrics:Array(String)}',
    filter.agents === undefined ? '1' : 's.agent IN {agents:Array(UInt32)}',
    wanted.length === 0
      ? '1'
      : `arrayAll((k, v) -> JSONExtract(s.attributes, 'Map(String, String)')[k] = v, {keys:Array(String)}, {values:Array(String)})`,
  ];
  const answer = await client.query({
    query: `SELECT agent, toString(seriesId) AS id, any(s.metric) AS metric, any(s.kind) AS kind, any(s.unit) AS unit,
        any(s.attributes) AS attributes
      FROM series AS s WHERE ${conditions.join(' AND ')} GROUP BY agent, seriesId ORDER BY agent, seriesId LIMIT {limit:UInt32}`,
    query_params: {
      limit: filter.limit,
      ...(filter.metrics === undefined ? {} : { metrics: filter.metrics }),
      ...(filter.agents === undefined ? {} : { agents: filter.agents }),
      ...(wanted.length === 0 ? {} : { keys: wanted.map(([key]) => key), values: wanted.map(([, value]) => value) }),
    },
    format: 'JSONEachRow',
  });
  return rows.parse(await answer.json());
}
