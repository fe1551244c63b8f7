import { z } from 'zod';
import type { TransactionRow } from '../api/ports.ts';

/** The columns of one transaction as every question about single ones reads them. */
export const TRANSACTION_COLUMNS = `toUnixTimestamp64Milli(t) AS at, elapsedMs, status, flags, service, route, traceId,
  spanId, parentSpanId, peer, if(peerElapsedMs < 0, NULL, peerElapsedMs) AS waitedMs, agent`;

const rows = z.array(
  z.tuple([
    z.coerce.number(),
    z.number(),
    z.number(),
    z.number(),
    z.string(),
    z.string(),
    z.string(),
    z.string(),
    z.string(),
    z.string(),
    z.number().nullable(),
    z.coerce.number(),
  ]),
);

export function readTransactionRows(answer: unknown, idOf: (number: number) => string): TransactionRow[] {
  return rows.parse(answer).map((row) => {
    const [endUnixMs, elapsedMs, status, flags, service, route, traceId, spanId, parentSpanId, peer, waited, agent] =
      row;
    return {
      endUnixMs,
      elapsedMs,
      status,
      flags,
      service,
      route,
      traceId,
      spanId,
      parentSpanId,
      peer: peer === '' ? null : peer,
      peerElapsedMs: waited,
      agent: idOf(agent),
    };
  });
}
