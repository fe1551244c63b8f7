import { semconv } from '@airis/protocol';
import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import type { HostLatest } from '../api/ports.ts';

const TREND_MINUTES = 30;
const LATEST_MS = 2 * 60_000;

const trendRows = z.array(z.object({ agent: z.coerce.number(), minute: z.coerce.number(), value: z.number() }));
const latestRows = z.array(z.object({ agent: z.coerce.number(), metric: z.string(), value: z.number() }));

/** The series of a metric for the whole host: the one without attributes. */
const wholeHost = `(agent, seriesId) IN (SELECT agent, seriesId FROM series
  WHERE metric IN {metrics:Array(String)} AND attributes = '{}')`;

/** Newest values and the last half hour of every host, in two questions for all hosts together. */
export async function readHostsLatest(
  client: ClickHouseClient,
  nowUnixMs: number,
  idOf: (number: number) => string,
): Promise<ReadonlyMap<string, HostLatest>> {
  const { cpuUtilization, memoryUtilization } = semconv.metric;
  const firstMinute = Math.floor(nowUnixMs / 60_000) - TREND_MINUTES + 1;
  const [latest, trend] = await Promise.all([
    client.query({
      query: `SELECT agent, any(known.name) AS metric, argMax(mean[-1], t0) AS value
        FROM block INNER JOIN (SELECT agent, seriesId, any(metric) AS name FROM series
          WHERE metric IN {metrics:Array(String)} AND attributes = '{}' GROUP BY agent, seriesId) AS known
        USING (agent, seriesId)
        WHERE t0 >= fromUnixTimestamp64Milli({since:Int64}) AND ${wholeHost} AND NOT isNaN(mean[-1])
        GROUP BY agent, seriesId`,
      query_params: { metrics: [cpuUtilization, memoryUtilization], since: nowUnixMs - LATEST_MS },
      format: 'JSONEachRow',
    }),
    client.query({
      query: `SELECT agent, intDiv(toUnixTimestamp(t), 60) AS minute, sum(integral) / sum(seconds) AS value
        FROM block_1m WHERE t >= toDateTime({from:UInt32}) AND ${wholeHost}
        GROUP BY agent, minute`,
      query_params: { metrics: [cpuUtilization], from: firstMinute * 60 },
      format: 'JSONEachRow',
    }),
  ]);
  const hosts = new Map<number, { cpu: number | null; memory: number | null; trend: (number | null)[] }>();
  const host = (agent: number) => {
    const known = hosts.get(agent) ?? { cpu: null, memory: null, trend: Array<null>(TREND_MINUTES).fill(null) };
    hosts.set(agent, known);
    return known;
  };
  for (const { agent, metric, value } of latestRows.parse(await latest.json())) {
    if (metric === cpuUtilization) host(agent).cpu = value;
    else host(agent).memory = value;
  }
  for (const { agent, minute, value } of trendRows.parse(await trend.json())) {
    const at = minute - firstMinute;
    if (at >= 0 && at < TREND_MINUTES) host(agent).trend[at] = value;
  }
  return new Map(
    [...hosts].map(([agent, { cpu, memory, trend: cpuTrend }]) => [
      idOf(agent),
      { cpuUtilization: cpu, memoryUtilization: memory, cpuTrend },
    ]),
  );
}
