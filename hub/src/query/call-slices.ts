import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import { answersInWindow } from './call-join.ts';
import { inWindow } from './in-window.ts';

/** Calls of one caller to one place, whose answers the caller had within one slice of time. */
export interface CallSlice {
  readonly atUnixMs: number;
  /** The caller's, by number. */
  readonly agent: number;
  readonly caller: string;
  /** The address that the caller waited for longest; empty where it did not say. */
  readonly peer: string;
  /** The service that answered, by trace; empty where no transaction of it was found. */
  readonly callee: string;
  readonly calls: number;
  readonly failed: number;
  /** Time that the caller waited, else that the callee took; 0 where neither is known. */
  readonly elapsedMsSum: number;
}

/** Slices in one answer: callers times callees times slices. */
const MAX_ROWS = 200_000;

const rows = z.array(
  z.tuple([
    z.coerce.number(),
    z.coerce.number(),
    z.string(),
    z.string(),
    z.string(),
    z.coerce.number(),
    z.coerce.number(),
    z.coerce.number(),
  ]),
);

/** Joins what callers and callees say of the same calls: `child.parentSpanId = parent.spanId` within one trace. */
export async function readCallSlices(
  client: ClickHouseClient,
  request: { readonly fromUnixMs: number; readonly toUnixMs: number; readonly sliceMs: number },
): Promise<readonly CallSlice[]> {
  const answer = await client.query({
    query: `SELECT intDiv(at, {slice:Int64}) * {slice:Int64} AS slice, agent, caller, peer, callee, count() AS calls,
        countIf(bitAnd(if(callee = '', callerFlags, calleeFlags), 1) = 1) AS failed,
        sum(if(peer != '' AND waited >= 0, waited, if(callee = '', 0, took))) AS elapsed
      FROM (
        SELECT toUnixTimestamp64Milli(t) AS at, agent, service AS caller, peer, spanId, traceId, flags AS callerFlags,
          peerElapsedMs AS waited
        FROM transaction
        WHERE ${inWindow}
      ) AS parent
      LEFT JOIN (
        SELECT traceId, parentSpanId AS spanId, service AS callee, flags AS calleeFlags, elapsedMs AS took
        FROM transaction
        WHERE ${answersInWindow}
      ) AS child USING (traceId, spanId)
      WHERE callee != '' OR peer != ''
      GROUP BY slice, agent, caller, peer, callee ORDER BY slice LIMIT ${MAX_ROWS}`,
    query_params: { from: request.fromUnixMs, to: request.toUnixMs, slice: request.sliceMs },
    format: 'JSONCompactEachRow',
  });
  return rows
    .parse(await answer.json())
    .map(([atUnixMs, agent, caller, peer, callee, calls, failed, elapsedMsSum]) => ({
      atUnixMs,
      agent,
      caller,
      peer,
      callee,
      calls,
      failed,
      elapsedMsSum,
    }));
}
