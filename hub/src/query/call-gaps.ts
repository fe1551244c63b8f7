import type { ClickHouseClient } from '@clickhouse/client';
import { z } from 'zod';
import { answersInWindow } from './call-join.ts';
import { inWindow } from './in-window.ts';

/** What lay between a caller and the service it called, over the calls whose answers it had within one bucket of time. */
export interface GapBucket {
  readonly atUnixMs: number;
  /** The caller's, by number. */
  readonly agent: number;
  readonly caller: string;
  readonly callee: string;
  readonly calls: number;
  /** Time that the caller waited beyond what the callee took, ms. */
  readonly gapMsMedian: number;
  readonly gapMsP90: number;
  /** Calls whose gap was longer than `STALL_MS`. */
  readonly stalled: number;
  readonly calleeMsMedian: number;
}

/** A call that loses half a second on the way was sent again. */
const STALL_MS = 500;
const MAX_ROWS = 100_000;

const rows = z.array(
  z.tuple([
    z.coerce.number(),
    z.coerce.number(),
    z.string(),
    z.string(),
    z.coerce.number(),
    z.coerce.number(),
    z.coerce.number(),
    z.coerce.number(),
    z.coerce.number(),
  ]),
);

/**
 * Gaps of complete calls: a call that still hangs is in no log yet. Several calls of one caller's span to the same callee
 * count as one, since the caller tells only how long it waited for all of them.
 */
export async function readCallGaps(
  client: ClickHouseClient,
  request: { readonly fromUnixMs: number; readonly toUnixMs: number; readonly bucketMs: number },
): Promise<readonly GapBucket[]> {
  const answer = await client.query({
    query: `SELECT intDiv(at, {bucket:Int64}) * {bucket:Int64} AS bucketAt, agent, caller, callee, count() AS calls,
        quantileExact(0.5)(gap) AS median, quantileExact(0.9)(gap) AS p90, countIf(gap >= ${STALL_MS}) AS stalled,
        quantileExact(0.5)(took) AS calleeMedian
      FROM (
        SELECT any(at) AS at, agent, caller, callee, sum(childMs) AS took, any(waited) - took AS gap
        FROM (
          SELECT toUnixTimestamp64Milli(t) AS at, agent, service AS caller, spanId, traceId, peerElapsedMs AS waited
          FROM transaction
          WHERE ${inWindow}
            AND spanId != '' AND peerElapsedMs >= 0
        ) AS parent
        INNER JOIN (
          SELECT traceId, parentSpanId AS spanId, service AS callee, elapsedMs AS childMs FROM transaction
          WHERE ${answersInWindow}
        ) AS child USING (traceId, spanId)
        GROUP BY agent, caller, callee, traceId, spanId
      )
      GROUP BY bucketAt, agent, caller, callee ORDER BY bucketAt LIMIT ${MAX_ROWS}`,
    query_params: { from: request.fromUnixMs, to: request.toUnixMs, bucket: request.bucketMs },
    format: 'JSONCompactEachRow',
  });
  return rows
    .parse(await answer.json())
    .map(([atUnixMs, agent, caller, callee, calls, gapMsMedian, gapMsP90, stalled, calleeMsMedian]) => ({
      atUnixMs,
      agent,
      caller,
      callee,
      calls,
      gapMsMedian,
      gapMsP90,
      stalled,
      calleeMsMedian,
    }));
}
