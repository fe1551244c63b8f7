import { formatSeriesId } from '@airis/protocol';
import type { ClickHouseClient } from '@clickhouse/client';
import type { QueryPort } from '../api/ports.ts';
import type { IngestStore } from '../store/state/ingest.ts';
import { defaultRetention, type Retention } from '../store/telemetry/retention.ts';
import { readActiveRequests } from './active-requests.ts';
import { readHostsLatest } from './hosts-latest.ts';
import { readLogs } from './query-logs.ts';
import { readColumns } from './query-metrics.ts';
import { readTrace, readTraceSpans } from './query-trace.ts';
import { readTransactionList, readTransactions } from './query-transactions.ts';
import { chooseResolution } from './resolution.ts';
import { findSeries } from './series-catalog.ts';

export interface QueryOptions {
  readonly client: ClickHouseClient;
  readonly losses: Pick<IngestStore, 'losses' | 'lossTotals'>;
  readonly agents: { agents(): Promise<readonly { readonly id: string; readonly number: number }[]> };
  readonly retention?: Retention;
  readonly now?: () => number;
}

/** Series in one answer; further ones are left out, by agent and id. */
const MAX_SERIES = 500;
/** Series named for one host. */
const MAX_SERIES_OF_HOST = 20_000;

/** The typed query layer: the only place where questions become SQL, with parameters and never with text. */
export function createQuery(options: QueryOptions): QueryPort {
  const { client, losses } = options;
  const retention = options.retention ?? defaultRetention;
  const now = options.now ?? Date.now;
  const directory = async () => {
    const list = await options.agents.agents();
    const ids = new Map(list.map((agent) => [agent.number, agent.id]));
    const numbers = new Map(list.map((agent) => [agent.id, agent.number]));
    return {
      idOf: (number: number) => ids.get(number) ?? `#${number}`,
      /** Undefined where all are meant; names of nobody are left out. */
      numbersOf: (names: readonly string[] | undefined) =>
        names?.map((name) => numbers.get(name)).filter((number) => number !== undefined),
    };
  };

  return {
    async metrics(request) {
      const { idOf, numbersOf } = await directory();
      const agents = numbersOf(request.agents);
      const filter = { metrics: [request.metric], agents, attributes: request.attributes, limit: MAX_SERIES };
      const series = agents?.length === 0 ? [] : await findSeries(client, filter);
      const resolution = chooseResolution(request, now(), retention);
      const { times, columns } = await readColumns(client, series, resolution, request);
      const { fromUnixMs, toUnixMs } = request;
      const gaps =
        agents?.length === 0
          ? []
          : await losses.losses({ fromUnixMs, toUnixMs, ...(agents === undefined ? {} : { agents }) });
      return {
        stepMs: resolution.stepMs,
        times,
        series: series.map(({ agent, id, metric, attributes, unit }, i) => ({
          id: formatSeriesId(BigInt(id)),
          agent: idOf(agent),
          metric,
          attributes,
          unit,
          ...columns[i]!,
        })),
        gaps: gaps.map(({ agent, ...gap }) => ({ agent: idOf(agent), ...gap })),
      };
    },
    async logs({ agents, ...request }) {
      const { idOf, numbersOf } = await directory();
      const numbers = numbersOf(agents);
      if (numbers?.length === 0) return { items: [], nextCursor: null };
      return readLogs(client, request, numbers, idOf);
    },
    transactions: (request) => readTransactions(client, request),
    async transactionList(request) {
      const { idOf } = await directory();
      return readTransactionList(client, request, idOf);
    },
    async trace(request) {
      const { idOf } = await directory();
      return readTrace(client, request, idOf);
    },
    async traceSpans(request) {
      const { idOf } = await directory();
      return readTraceSpans(client, request, idOf);
    },
    async activeRequests() {
      const { idOf } = await directory();
      return (await readActiveRequests(client, now())).map((row) => ({ ...row, agent: idOf(row.agent) }));
    },
    async hostsLatest() {
      const { idOf } = await directory();
      return readHostsLatest(client, now(), idOf);
    },
    async lossByHost() {
      const { idOf } = await directory();
      const byHost = new Map<string, Record<string, number>>();
      for (const { agent, reason, rows } of await losses.lossTotals()) {
        const own = byHost.get(idOf(agent)) ?? {};
        own[reason] = rows;
        byHost.set(idOf(agent), own);
      }
      return byHost;
    },
    async seriesOf(agent) {
      const { numbersOf } = await directory();
      const agents = numbersOf([agent]) ?? [];
      if (agents.length === 0) return [];
      const series = await findSeries(client, { agents, limit: MAX_SERIES_OF_HOST });
      return series.map(({ metric, attributes, unit, kind }) => ({ metric, attributes, unit, kind }));
    },
  };
}
