import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import type { TraceRequest, TraceSpanRow, TransactionRow } from '../api/ports.ts';
import { inWindow } from './in-window.ts';
import { readTransactionRows, TRANSACTION_COLUMNS } from './transaction-row.ts';

/** Of one trace in one answer. */
const MAX_TRANSACTIONS = 1_000;
const MAX_SPANS = 2_000;

/** Every transaction of one trace, oldest end first. */
export async function readTrace(
  client: ClickHouseClient,
  request: TraceRequest,
  idOf: (number: number) => string,
): Promise<readonly TransactionRow[]> {
  const answer = await client.query({
    query: `SELECT ${TRANSACTION_COLUMNS} FROM transaction
      WHERE ${ofTrace} ORDER BY t, spanId LIMIT ${MAX_TRANSACTIONS}`,
    query_params: paramsOf(request),
    format: 'JSONCompactEachRow',
  });
  return readTransactionRows(await answer.json(), idOf);
}

const number = z.coerce.number();
const text = z.string();
const spanRows = z.array(z.tuple([number, number, number, number, text, text, text, text, text, text, number]));

/** The spans of one trace that hosts chose to send, oldest end first. */
export async function readTraceSpans(
  client: ClickHouseClient,
  request: TraceRequest,
  idOf: (number: number) => string,
): Promise<readonly TraceSpanRow[]> {
  const answer = await client.query({
    query: `SELECT toUnixTimestamp64Milli(t) AS at, elapsedMs, kind, flags, service, name, traceId, spanId, parentSpanId,
        peer, agent
      FROM span WHERE ${ofTrace} ORDER BY t, spanId LIMIT ${MAX_SPANS}`,
    query_params: paramsOf(request),
    format: 'JSONCompactEachRow',
  });
  return spanRows.parse(await answer.json()).map((row) => {
    const [endUnixMs, elapsedMs, kind, flags, service, name, traceId, spanId, parentSpanId, peer, agent] = row;
    const ids = { traceId, spanId, parentSpanId, agent: idOf(agent) };
    return { endUnixMs, elapsedMs, kind, flags, service, name, ...ids, peer: peer === '' ? null : peer };
  });
}

const ofTrace = `traceId = {traceId:String} AND ${inWindow}`;
const paramsOf = ({ traceId, fromUnixMs, toUnixMs }: TraceRequest) => ({ traceId, from: fromUnixMs, to: toUnixMs });
