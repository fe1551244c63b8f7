import type { TransactionColumns } from '../transactions/transaction-columns.ts';
import type { LoggedTransaction } from './access-line.ts';

/** What the wire says for a time that nobody measured. */
const NO_TIME = -1;
/** A line may be of another time than its reading, but not of the future. */
const LONGEST_AGO_MS = 3_600_000;

/**
 * One dot of the X-View from a line of an access log. Without a duration there is no dot. Of the path only its learnt
 * route goes on, never the path itself.
 *
 * @param service - entity that answered; empty for the entity that the agent speaks for
 */
export function noteTransaction(
  columns: TransactionColumns,
  request: LoggedTransaction,
  route: string | null,
  service: string,
  nowMs: number,
): void {
  if (request.durationSeconds === null) return;
  const said = request.endUnixMs;
  const endUnixMs = said === null || said > nowMs || said < nowMs - LONGEST_AGO_MS ? nowMs : said;
  columns.add(
    endUnixMs,
    request.durationSeconds * 1_000,
    request.status,
    service,
    `${request.method ?? '?'} ${route ?? '(other)'}`,
    request.traceId,
    request.spanId,
    request.parentSpanId,
    request.peer ?? '',
    request.peerSeconds === null ? NO_TIME : request.peerSeconds * 1_000,
  );
}
