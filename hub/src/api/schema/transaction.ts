import { entityId } from '@airis/protocol';
import { z } from 'zod';
import { hostId, timeExpression, timestamp } from './common.ts';

/** Dots in one answer; more become a grid. */
export const MAX_DOTS = 200_000;
const MAX_ITEMS = 500;

/** A time expression, or Unix ms: the X-View asks every second from where it is. */
const moment = z.union([timeExpression, z.number().int().min(0).max(8.64e15)]);

const filter = {
  from: moment,
  to: moment,
  services: z.array(entityId).min(1).max(200).optional(),
  minElapsedMs: z.number().min(0).optional(),
  maxElapsedMs: z.number().min(0).optional(),
  errorsOnly: z.boolean().default(false),
};

export const transactionsQuery = z.strictObject({
  ...filter,
  maxDots: z.number().int().min(1).max(MAX_DOTS).default(MAX_DOTS).describe('beyond this a grid with counts is given'),
});
export type TransactionsQuery = z.input<typeof transactionsQuery>;

const packed = (type: string) => z.base64().describe(`base64 of a little-endian ${type}`);
const entities = z.array(entityId).describe('what `service` points into; at most 255');

export const transactionDots = z.object({
  kind: z.literal('dots'),
  fromUnixMs: z.number(),
  toUnixMs: z.number(),
  services: entities,
  count: z.int().describe('length of every column'),
  timesMs: packed('Float32Array').describe(
    'base64 of a little-endian Float32Array: end of each transaction, ms since fromUnixMs, ascending',
  ),
  elapsedMs: packed('Float32Array'),
  status: packed('Uint16Array').describe('base64 of a little-endian Uint16Array: HTTP status, 0 for none'),
  flags: packed('Uint8Array').describe('base64 of bytes; bit 0: failed'),
  service: packed('Uint8Array').describe('base64 of bytes: index into services'),
});
export type TransactionDots = z.infer<typeof transactionDots>;

export const transactionGrid = z.object({
  kind: z.literal('grid').describe('more transactions than maxDots: counts by time, elapsed time and service'),
  fromUnixMs: z.number(),
  toUnixMs: z.number(),
  services: entities,
  count: z.int().describe('transactions in all cells'),
  stepMs: z.number(),
  elapsedEdgesMs: z
    .array(z.number())
    .describe('bin i reaches from edge i to edge i + 1; the last takes everything beyond'),
  cells: z.object({
    timesMs: packed('Float32Array').describe(
      'base64 of a little-endian Float32Array: start of each cell, ms since fromUnixMs, ascending',
    ),
    bin: packed('Uint16Array'),
    service: packed('Uint8Array').describe('base64 of bytes: index into services'),
    count: packed('Uint32Array'),
    failed: packed('Uint32Array'),
  }),
});
export type TransactionGrid = z.infer<typeof transactionGrid>;

export const transactionsAnswer = z.discriminatedUnion('kind', [transactionDots, transactionGrid]);
export type TransactionsAnswer = z.infer<typeof transactionsAnswer>;

export const transactionListQuery = z.strictObject({
  ...filter,
  limit: z.number().int().min(1).max(MAX_ITEMS).default(100),
});
export type TransactionListQuery = z.input<typeof transactionListQuery>;

export const transactionItem = z.object({
  at: timestamp.describe('when it ended'),
  endUnixMs: z.number(),
  elapsedMs: z.number(),
  status: z.int().describe('HTTP status, 0 for none'),
  failed: z.boolean(),
  service: z.string(),
  route: z.string(),
  traceId: z.string().describe('32 hex digits; empty where the log has none'),
  spanId: z.string(),
  parentSpanId: z.string(),
  peer: z.string().nullable().describe('ip:port of what it waited for longest'),
  callee: z.string().nullable().describe('entity behind peer'),
  peerElapsedMs: z.number().nullable(),
  host: hostId,
});
export type TransactionItem = z.infer<typeof transactionItem>;

export const transactionList = z.object({
  items: z.array(transactionItem),
  total: z.int().describe('transactions that the filter admits, listed or not'),
});
export type TransactionList = z.infer<typeof transactionList>;

export const traceQuery = z.strictObject({
  traceId: z.string().regex(/^[0-9a-f]{32}$/, '32 lower-case hex digits'),
  around: moment.optional().describe('when it was, to ten minutes; without it the last day is searched'),
});
export type TraceQuery = z.input<typeof traceQuery>;

/** As OpenTelemetry names and numbers them, 0 first. */
export const SPAN_KINDS = ['unset', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

export const traceSpan = transactionItem.extend({
  route: z.string().describe('of a request its route; else statement without literals, or masked name'),
  startUnixMs: z.number().describe('by the clock of its host: some ms before its caller where clocks differ'),
  kind: z.enum(SPAN_KINDS).describe('a transaction is a server’s'),
  depth: z.int().describe('0 for what begins the trace'),
  selfMs: z.number().describe('elapsed without the time in which its own calls within this trace ran'),
  calls: z.int().describe('calls of its own among these lines'),
  isDetached: z.boolean().describe('its caller is not known: it hangs under what begins the trace'),
  isGuessed: z
    .boolean()
    .describe('its caller handed on a context that names somebody else, and was found by time alone'),
  isHeld: z.boolean().describe('known from the answer of its host, not stored here'),
});
export type TraceSpan = z.infer<typeof traceSpan>;

export const traceAnswer = z.object({
  traceId: z.string(),
  spans: z
    .array(traceSpan)
    .describe('transactions and spans, one line each; callers before what they called, else by start; at most 2,000'),
  cut: z.int().describe('lines beyond these'),
});
export type TraceAnswer = z.infer<typeof traceAnswer>;

export const askedHost = z.object({
  host: hostId,
  state: z
    .enum(['answered', 'cut', 'silent', 'refused', 'unreadable', 'revoked', 'unasked'])
    .describe('cut: it holds more than is read; unasked: the trace crosses more than 16 hosts'),
  spans: z.int().describe('spans of the trace in its answer'),
  withheld: z.int().describe('rows that stay on the host'),
  leftOut: z.int().describe('rows of its answer that are not of this trace, or no spans'),
  detail: z.string().describe('why it did not answer'),
});
export type AskedHost = z.infer<typeof askedHost>;

export const heldTraceAnswer = traceAnswer.extend({
  hosts: z.array(askedHost).describe('every host that the trace touches, and what it answered'),
});
export type HeldTraceAnswer = z.infer<typeof heldTraceAnswer>;

/** Requests in flight now, by how long they have been. */
export const activeTransactions = z.object({
  items: z.array(
    z.object({
      service: z.string(),
      host: hostId,
      lt3s: z.number(),
      from3to8s: z.number(),
      ge8s: z.number(),
      at: timestamp,
    }),
  ),
});
export type ActiveTransactions = z.infer<typeof activeTransactions>;
