import { type BehaviourSeries, behaviourChannels, isOf } from '@airis/models';
import { formatSeriesId } from '@airis/protocol';
import type { ClickHouseClient } from '@clickhouse/client';
import { readColumns } from './query-metrics.ts';
import { findSeries } from './series-catalog.ts';

/** A series that a host's behaviour is made of, over a window. */
export interface HostSeries extends BehaviourSeries {
  readonly id: string;
  readonly unit: string;
}

/** Of one host; further ones are left out, by id. */
const MAX_SERIES = 400;
const metrics = [...new Set(behaviourChannels.flatMap((channel) => channel.metrics))];

/** Means of steps of the series that make up the behaviour of one host. Two questions to the store. */
export async function readBehaviourSeries(
  client: ClickHouseClient,
  request: {
    readonly agent: number;
    readonly fromUnixMs: number;
    readonly toUnixMs: number;
    readonly stepMs: number;
  },
): Promise<{ readonly times: readonly number[]; readonly series: readonly HostSeries[] }> {
  const { agent, stepMs, ...window } = request;
  const known = await findSeries(client, { metrics, agents: [agent], limit: 4 * MAX_SERIES });
  const wanted = known
    .filter(({ metric, attributes }) => behaviourChannels.some((channel) => isOf(channel, metric, attributes)))
    .slice(0, MAX_SERIES);
  const { times, columns } = await readColumns(
    client,
    wanted,
    { table: 'block_1m', stepMs },
    { ...window, aggregate: 'avg' },
  );
  const series = wanted.map(({ id, metric, attributes, unit }, i) => {
    return { id: formatSeriesId(BigInt(id)), metric, attributes, unit, mean: columns[i]!.mean };
  });
  return { times, series };
}
