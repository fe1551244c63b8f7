import type { ClickHouseClient } from '@clickhouse/client';
import type { MetricsRequest } from '../api/ports.ts';
import { type BlockTable, MAX_STEPS, type Resolution } from './resolution.ts';
import type { CatalogSeries } from './series-catalog.ts';

/** Columns of one series; NaN where nothing is known. */
export interface SeriesColumns {
  readonly mean: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** A block's first value may lie this far before the window and its others still in it. */
const LONGEST_BLOCK_MS = 3_600_000;

/** Times of the answer's steps, each the start of one. */
export function stepTimes(fromUnixMs: number, toUnixMs: number, stepMs: number): number[] {
  const first = Math.floor(fromUnixMs / stepMs) * stepMs;
  const count = Math.min(MAX_STEPS + 2, Math.max(0, Math.ceil((toUnixMs - first) / stepMs)));
  return Array.from({ length: count }, (_, i) => first + i * stepMs);
}

/** Reads the values of these series, dealt to steps. */
export async function readColumns(
  client: ClickHouseClient,
  series: readonly CatalogSeries[],
  resolution: Resolution,
  request: Pick<MetricsRequest, 'fromUnixMs' | 'toUnixMs' | 'aggregate'>,
): Promise<{ times: number[]; columns: readonly SeriesColumns[] }> {
  const { stepMs, table } = resolution;
  const times = stepTimes(request.fromUnixMs, request.toUnixMs, stepMs);
  const empty = () => new Float64Array(times.length).fill(Number.NaN);
  const columns = series.map(() => ({ mean: empty(), min: empty(), max: empty() }));
  if (series.length === 0 || times.length === 0) return { times, columns };
  const index = new Map(series.map(({ agent, id }, i) => [`${agent}:${id}`, i]));
  const answer = await client.query({
    query: statement(table, request.aggregate),
    query_params: {
      agents: [...new Set(series.map((one) => one.agent))],
      ids: series.map((one) => BigInt(one.id)),
      from: times[0]!,
      to: request.toUnixMs,
      step: stepMs,
    },
    format: 'JSONCompactEachRow',
  });
  for await (const part of answer.stream<[number, string, string | number, number, number, number]>()) {
    for (const row of part) {
      const [agent, id, at, mean, min, max] = row.json();
      const i = index.get(`${agent}:${id}`);
      const step = (Number(at) - times[0]!) / stepMs;
      const into = i === undefined ? undefined : columns[i];
      if (into === undefined || step < 0 || step >= times.length) continue;
      into.mean[step] = Number(mean);
      into.min[step] = Number(min);
      into.max[step] = Number(max);
    }
  }
  return { times, columns };
}

/** One value of a step from values of a series within it: time-weighted, so that a summary counts its ten seconds. */
const aggregates: Readonly<Record<MetricsRequest['aggregate'], string>> = {
  avg: 'sum(integral) / sum(seconds)',
  sum: 'sum(integral)',
  min: 'min(low)',
  max: 'max(high)',
};

function statement(table: BlockTable, aggregate: MetricsRequest['aggregate']): string {
  return `SELECT agent, toString(seriesId) AS id, at, ${aggregates[aggregate]} AS value, min(low) AS least, max(high) AS most
    FROM (${table === 'block' ? fineRows : rollupRows(table)})
    WHERE at >= {from:Int64} AND at < {to:Int64}
    GROUP BY agent, seriesId, at ORDER BY agent, seriesId, at`;
}

const seriesCondition = 'agent IN {agents:Array(UInt32)} AND seriesId IN {ids:Array(UInt64)}';

const fineRows = `
  SELECT agent, seriesId,
    intDiv(toUnixTimestamp64Milli(t0) + (i - 1) * stepMs, {step:Int64}) * {step:Int64} AS at,
    stepMs / 1000 AS seconds, value * seconds AS integral,
    if(empty(min), value, min[i]) AS low, if(empty(max), value, max[i]) AS high
  FROM block ARRAY JOIN mean AS value, arrayEnumerate(mean) AS i
  WHERE ${seriesCondition}
    AND t0 >= fromUnixTimestamp64Milli({from:Int64} - ${LONGEST_BLOCK_MS}) AND t0 < fromUnixTimestamp64Milli({to:Int64})
    AND NOT isNaN(value)`;

const rollupRows = (table: BlockTable): string => `
  SELECT agent, seriesId, intDiv(toUnixTimestamp(t) * 1000, {step:Int64}) * {step:Int64} AS at,
    seconds, integral, min AS low, max AS high
  FROM ${table}
  WHERE ${seriesCondition}
    AND t >= toDateTime(intDiv({from:Int64}, 1000)) AND t < toDateTime(intDiv({to:Int64} + 999, 1000))`;
