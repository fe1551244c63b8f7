import { createHash } from 'node:crypto';
import { compressBatch, encodeBatch, SPAN_ERROR, schemaName, signals, utf8Column } from '@airis/protocol';
import type { KeptRow } from '../store/kept-rows.ts';

/** One span as it may be kept and sent: its name and texts are masked already. */
export interface TraceSpan {
  readonly endUnixMs: number;
  readonly elapsedMs: number;
  /** As OpenTelemetry: 2 is a server's. */
  readonly kind: number;
  readonly isError: boolean;
  /** Entity, or empty for what the agent speaks for. */
  readonly service: string;
  /** Of a span without a service: the role that spent the time; by default what programs send by OTLP. */
  readonly role?: string;
  /** Route, statement without literals, or masked name. */
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly peer: string;
}

export const SERVER_SPAN = 2;

/** Id of a span that nobody gave one: the same for the same text, and not all digits, which no id may be that leaves. */
export const madeSpanId = (of: string): string => `a${createHash('sha256').update(of).digest('hex').slice(0, 15)}`;

export type SpanRow = readonly [
  endUnixMs: number,
  elapsedMs: number,
  kind: number,
  flags: number,
  service: string,
  name: string,
  traceId: string,
  spanId: string,
  parentSpanId: string,
  peer: string,
] &
  KeptRow;

export const rowOf = (span: TraceSpan): SpanRow => [
  span.endUnixMs,
  span.elapsedMs,
  span.kind,
  span.isError ? SPAN_ERROR : 0,
  span.service,
  span.name,
  span.traceId,
  span.spanId,
  span.parentSpanId,
  span.peer,
];

/** @param why - of each row, why its trace is sent */
export function encodeSpans(rows: readonly SpanRow[], why: readonly string[]): Uint8Array {
  const numbers = (at: 0 | 1 | 2 | 3) => rows.map((row) => row[at]);
  const texts = (at: 4 | 5 | 6 | 7 | 8 | 9) => utf8Column(rows.map((row) => row[at]));
  const columns = [
    BigInt64Array.from(numbers(0), (unixMs) => BigInt(Math.round(unixMs))),
    Float64Array.from(numbers(1)),
    Uint8Array.from(numbers(2)),
    Uint8Array.from(numbers(3)),
    utf8Column(why),
    ...([4, 5, 6, 7, 8, 9] as const).map(texts),
  ];
  return compressBatch(encodeBatch(signals.span, columns, rows.length));
}

export const SPAN_SCHEMA = schemaName(signals.span);
