import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import type { TransactionDots, TransactionFilter, TransactionGrid, TransactionRow } from '../api/ports.ts';
import { inWindow } from './in-window.ts';
import { readTransactionRows, TRANSACTION_COLUMNS } from './transaction-row.ts';

/** Services that one answer tells apart: one byte a dot. The rest is left out, by name. */
const MAX_SERVICES = 255;
/** Columns of a grid; a longer window gets wider ones. */
const MAX_GRID_STEPS = 2_000;
const LEAST_GRID_STEP_MS = 10_000;
/** Elapsed times of a grid, in ms: four bins a factor of ten, from 1 ms to a minute and beyond. */
const ELAPSED_EDGES_MS: readonly number[] = [
  0,
  ...Array.from({ length: 20 }, (_, i) => Number((10 ** (i / 4)).toPrecision(3))),
  100_000,
];

const counted = z.array(z.tuple([z.string(), z.coerce.number()]));
const dotRows = z.tuple([z.coerce.number(), z.number(), z.number(), z.number(), z.number()]);
const cellRows = z.array(
  z.tuple([z.coerce.number(), z.coerce.number(), z.coerce.number(), z.coerce.number(), z.coerce.number()]),
);

/** Dots in columns, by time; a grid with counts where there are more than `maxDots`. */
export async function readTransactions(
  client: ClickHouseClient,
  request: TransactionFilter & { readonly maxDots: number },
): Promise<TransactionDots | TransactionGrid> {
  const { where, params } = conditionsOf(request);
  const perService = await client.query({
    query: `SELECT service, count() FROM transaction WHERE ${where} GROUP BY service ORDER BY service LIMIT ${MAX_SERVICES}`,
    query_params: params,
    format: 'JSONCompactEachRow',
  });
  const counts = counted.parse(await perService.json());
  const services = counts.map(([service]) => service);
  const count = counts.reduce((sum, [, calls]) => sum + calls, 0);
  const of = { where, params: { ...params, known: services }, services, count };
  return count > request.maxDots ? readGrid(client, request, of) : readDots(client, request, of);
}

interface Counted {
  readonly where: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly services: readonly string[];
  readonly count: number;
}

const serviceIndex = 'indexOf({known:Array(String)}, service) - 1';

async function readDots(
  client: ClickHouseClient,
  { fromUnixMs, maxDots }: TransactionFilter & { readonly maxDots: number },
  { where, params, services, count }: Counted,
): Promise<TransactionDots> {
  // Some may have come in since they were counted.
  const room = Math.min(maxDots, count + 1_000);
  const timesMs = new Float32Array(room);
  const elapsedMs = new Float32Array(room);
  const status = new Uint16Array(room);
  const flags = new Uint8Array(room);
  const service = new Uint8Array(room);
  let read = 0;
  if (count > 0) {
    const answer = await client.query({
      query: `SELECT toUnixTimestamp64Milli(t) - {from:Int64} AS at, toFloat32(elapsedMs), status, flags, ${serviceIndex}
        FROM transaction WHERE ${where} AND has({known:Array(String)}, service) ORDER BY at LIMIT {room:UInt32}`,
      query_params: { ...params, from: fromUnixMs, room },
      format: 'JSONCompactEachRow',
    });
    for await (const part of answer.stream()) {
      for (const line of part) {
        const [at, elapsed, code, bits, index] = dotRows.parse(line.json());
        timesMs[read] = at;
        elapsedMs[read] = elapsed;
        status[read] = code;
        flags[read] = bits;
        service[read] = index;
        read += 1;
      }
    }
  }
  return {
    kind: 'dots',
    services,
    count: read,
    timesMs: timesMs.subarray(0, read),
    elapsedMs: elapsedMs.subarray(0, read),
    status: status.subarray(0, read),
    flags: flags.subarray(0, read),
    service: service.subarray(0, read),
  };
}

async function readGrid(
  client: ClickHouseClient,
  { fromUnixMs, toUnixMs }: TransactionFilter,
  { where, params, services, count }: Counted,
): Promise<TransactionGrid> {
  const widest = (toUnixMs - fromUnixMs) / MAX_GRID_STEPS;
  const stepMs = Math.max(1, Math.ceil(widest / LEAST_GRID_STEP_MS)) * LEAST_GRID_STEP_MS;
  const answer = await client.query({
    query: `SELECT intDiv(toUnixTimestamp64Milli(t) - {from:Int64}, {step:Int64}) * {step:Int64} AS at,
        arrayFirstIndex(edge -> edge > elapsedMs, {edges:Array(Float64)}) AS above, ${serviceIndex} AS which,
        count() AS calls, countIf(bitAnd(flags, 1) = 1) AS failed
      FROM transaction WHERE ${where} AND has({known:Array(String)}, service)
      GROUP BY at, above, which ORDER BY at, above, which`,
    query_params: { ...params, from: fromUnixMs, step: stepMs, edges: ELAPSED_EDGES_MS },
    format: 'JSONCompactEachRow',
  });
  const cells = cellRows.parse(await answer.json());
  const last = ELAPSED_EDGES_MS.length - 2;
  return {
    kind: 'grid',
    services,
    count,
    stepMs,
    elapsedEdgesMs: ELAPSED_EDGES_MS,
    // The index is 1-based and of the edge above; 0 says that none is.
    cells: {
      timesMs: Float32Array.from(cells, ([at]) => at),
      bin: Uint16Array.from(cells, ([, above]) => (above === 0 ? last : Math.max(0, above - 2))),
      service: Uint8Array.from(cells, ([, , which]) => which),
      count: Uint32Array.from(cells, ([, , , calls]) => calls),
      failed: Uint32Array.from(cells, ([, , , , failed]) => failed),
    },
  };
}

/** Slowest first. */
export async function readTransactionList(
  client: ClickHouseClient,
  request: TransactionFilter & { readonly limit: number },
  idOf: (number: number) => string,
): Promise<{ readonly items: readonly TransactionRow[]; readonly total: number }> {
  const { where, params } = conditionsOf(request);
  const [list, all] = await Promise.all([
    client.query({
      query: `SELECT ${TRANSACTION_COLUMNS} FROM transaction WHERE ${where}
        ORDER BY elapsedMs DESC, t DESC, spanId LIMIT {limit:UInt32}`,
      query_params: { ...params, limit: request.limit },
      format: 'JSONCompactEachRow',
    }),
    client.query({
      query: `SELECT '', count() FROM transaction WHERE ${where}`,
      query_params: params,
      format: 'JSONCompactEachRow',
    }),
  ]);
  return { items: readTransactionRows(await list.json(), idOf), total: counted.parse(await all.json())[0]?.[1] ?? 0 };
}

function conditionsOf(filter: TransactionFilter): { where: string; params: Record<string, unknown> } {
  const { fromUnixMs, toUnixMs, services, minElapsedMs, maxElapsedMs, errorsOnly } = filter;
  const conditions = [
    inWindow,
    ...(services === undefined ? [] : ['service IN {services:Array(String)}']),
    ...(minElapsedMs === undefined ? [] : ['elapsedMs >= {least:Float64}']),
    ...(maxElapsedMs === undefined ? [] : ['elapsedMs <= {most:Float64}']),
    ...(errorsOnly === true ? ['bitAnd(flags, 1) = 1'] : []),
  ];
  return {
    where: conditions.join(' AND '),
    params: {
      from: fromUnixMs,
      to: toUnixMs,
      ...(services === undefined ? {} : { services }),
      ...(minElapsedMs === undefined ? {} : { least: minElapsedMs }),
      ...(maxElapsedMs === undefined ? {} : { most: maxElapsedMs }),
    },
  };
}
