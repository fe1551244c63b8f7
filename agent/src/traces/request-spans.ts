import { decompressBatch, type OpenBatch, openStream, SPAN_ERROR, signals, textAt } from '@airis/protocol';
import type { Frame } from '../store/segment-store.ts';
import { madeSpanId, SERVER_SPAN, type SpanRow } from './trace-span.ts';

const CLIENT_SPAN = 3;

/**
 * Requests of one trace that access logs told, as spans: a server's, and a client's for what it waited for upstream.
 *
 * They are made when they are asked for, of the transactions that this host keeps anyway. To keep or send them as spans too
 * would double what a busy access log costs, and tell the hub nothing: it has every transaction.
 *
 * @param told - ids of spans that programs told themselves: a request of one of these is not told again
 * @param nowMs - when it is asked, Unix ms
 * @returns none for a frame that cannot be read: what a file of ours has lost says the segment store
 */
export function requestSpans(
  { payload, fromUnixMs }: Frame,
  traceId: string,
  told: ReadonlySet<string>,
  nowMs: number,
): readonly SpanRow[] {
  const stream = decompressBatch(payload);
  // Nearly all frames are done with here: nothing of them is decoded.
  if (!stream.ok || !bytesOf(stream.value).includes(traceId)) return [];
  const opened = openStream(signals.transaction, stream.value, nowMs);
  if (!opened.ok) return [];
  const read = rowReader(opened.value);
  return Array.from({ length: opened.value.rows }, (_, row) => row).flatMap((row) => {
    if (read.text('traceId', row) !== traceId || told.has(read.text('spanId', row))) return [];
    return spansOf(read, row, `${fromUnixMs} ${row}`);
  });
}

interface RowReader {
  text(name: string, row: number): string;
  number(name: 'elapsedMs' | 'peerElapsedMs', row: number): number;
  readonly times: BigInt64Array;
  readonly flags: Uint8Array;
  readonly statuses: Uint32Array;
}

/** Columns are looked up once a frame. */
function rowReader(batch: OpenBatch): RowReader {
  const texts = new Map(
    ['service', 'route', 'traceId', 'spanId', 'parentSpanId', 'peer'].map((name) => [name, batch.column(name, 'utf8')]),
  );
  const numbers = {
    elapsedMs: batch.column('elapsedMs', 'float64'),
    peerElapsedMs: batch.column('peerElapsedMs', 'float64'),
  };
  return {
    text: (name, row) => textAt(texts.get(name)!, row),
    number: (name, row) => numbers[name][row]!,
    times: batch.column('t', 'timestampMs'),
    flags: batch.column('flags', 'uint8'),
    statuses: batch.column('status', 'uint32'),
  };
}

/** @param place - where the row lies, which never changes: an id made of it is the same at each question */
function spansOf(read: RowReader, row: number, place: string): SpanRow[] {
  const traceId = read.text('traceId', row);
  const endUnixMs = Number(read.times[row]);
  const service = read.text('service', row);
  const route = read.text('route', row);
  const peer = read.text('peer', row);
  const spanId = read.text('spanId', row) || madeSpanId(`${traceId} ${service} ${place}`);
  const flags = read.flags[row] === 0 ? 0 : SPAN_ERROR;
  const request: SpanRow = [
    endUnixMs,
    read.number('elapsedMs', row),
    SERVER_SPAN,
    flags,
    service,
    route,
    traceId,
    spanId,
    read.text('parentSpanId', row),
    '',
  ];
  const peerMs = read.number('peerElapsedMs', row);
  if (peer === '' || !(peerMs >= 0)) return [request];
  const status = read.statuses[row]!;
  // When it was asked the log does not say: its answer is what let the request end. Other errors are the caller's own.
  const isPeersError = status >= 502 && status <= 504;
  const call: SpanRow = [
    endUnixMs,
    Math.min(peerMs, request[1]),
    CLIENT_SPAN,
    isPeersError ? SPAN_ERROR : 0,
    service,
    route,
    traceId,
    madeSpanId(`${spanId} ${place} ${peer}`),
    spanId,
    peer,
  ];
  return [request, call];
}

const bytesOf = ({ buffer, byteOffset, length }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, length);
