import { semconv } from '@airis/protocol';
import { z } from 'zod';
import { accepted, isJson, isOtlpPath, isOtlpType, type OtlpPath, pathOfMethod, refusal } from '../otlp/otlp-answer.ts';
import type { OtlpGroup } from '../otlp/otlp-data.ts';
import { OtlpLines } from '../otlp/otlp-lines.ts';
import { OtlpMetrics } from '../otlp/otlp-metrics.ts';
import { instanceOf, OtlpServices } from '../otlp/otlp-services.ts';
import { OtlpSpans } from '../otlp/otlp-spans.ts';
import { workMetrics } from '../otlp/otlp-work.ts';
import { MalformedOtlp } from '../otlp/protobuf-reader.ts';
import * as json from '../otlp/read-json.ts';
import * as protobuf from '../otlp/read-protobuf.ts';
import { TransactionColumns } from '../transactions/transaction-columns.ts';
import { callMetrics } from './call-stats.ts';
import { defineCollector, type MetricInfo } from './collector.ts';
import type { Host } from './host.ts';
import type { HttpListen, HttpListener, HttpReply, HttpRequest } from './http-listen.ts';
import { listenAddress } from './listen-address.ts';

const config = z.strictObject({
  listen: listenAddress.describe(
    'where programs send OTLP over HTTP: `127.0.0.1:4318`; null: not at all. Whoever reaches the port is believed',
  ),
  grpc: listenAddress.describe('where programs send OTLP over gRPC: `127.0.0.1:4317`; null: not at all'),
  maxBodyBytes: z
    .int()
    .min(64 * 1024)
    .max(16 * 1024 * 1024)
    .default(4 * 1024 * 1024)
    .describe('a larger body, as sent or unpacked, is refused with 413'),
  maxItemsPerSecond: z
    .int()
    .min(100)
    .max(200_000)
    .default(20_000)
    .describe('spans, points of metrics and log records; beyond them senders are told to try again (429)'),
  serverSpans: z
    .boolean()
    .default(true)
    .describe(
      'spans of requests are the transactions of their service, and those of an access log of the same service are left out; ' +
        'false where a sampler drops spans, so that the log tells them all',
    ),
  keepSeconds: z
    .int()
    .min(10)
    .max(3_600)
    .default(300)
    .describe('a metric that was not sent for so long, or for three of its intervals, shows a gap, not its last value'),
});
type Config = z.output<typeof config>;

const MAX_METRICS = 500;
/** What programs send under a name that other collectors have too. */
const programMetrics = {
  [semconv.metric.nodeEventLoopDelayP99]: {
    unit: 's',
    kind: 'gauge',
    about: 'delay of the event loop, 99th percentile',
  },
} as const satisfies Readonly<Record<string, MetricInfo>>;

const transportNames = { http: 'for HTTP', grpc: 'for gRPC' } as const;
type Transport = keyof typeof transportNames;

interface State {
  readonly services: OtlpServices;
  readonly columns: TransactionColumns;
  readonly spans: OtlpSpans;
  readonly lines: OtlpLines;
  readonly metrics: OtlpMetrics;
  readonly listeners: Map<Transport, HttpListener>;
  itemsLeft: number;
  /** Counted at the next reading. */
  readonly refused: Map<string, number>;
  isClosed: boolean;
}

/**
 * What programs send by OTLP over HTTP or gRPC: spans, metrics and logs. A collector like any other, whose memory holds the open
 * port: only collectors can give samples, transactions and calls to the service map, so it is there that the three come
 * together; the lines are handed on to where receivers put theirs.
 */
export const otlpCollector = defineCollector({
  name: 'otlp',
  watches: 'both',
  config,
  capabilities: ['http-server'],
  emits: { ...callMetrics, ...workMetrics, ...programMetrics },
  maxDeclared: MAX_METRICS,
  state: ({ maxItemsPerSecond, keepSeconds, serverSpans }): State => {
    const columns = new TransactionColumns('otlp');
    return {
      services: new OtlpServices(),
      columns,
      spans: new OtlpSpans(columns, serverSpans),
      lines: new OtlpLines(),
      metrics: new OtlpMetrics(keepSeconds * 1_000, programMetrics),
      listeners: new Map(),
      itemsLeft: maxItemsPerSecond,
      refused: new Map(),
      isClosed: false,
    };
  },
  applies: async (_host, { listen, grpc }) => listen !== null || grpc !== null,
  async collect(host, settings, out, state) {
    state.metrics.begin(host.nowMs());
    const opened = await Promise.allSettled([
      open('http', host.httpServer, settings.listen, host, settings, state),
      open('grpc', host.grpcServer, settings.grpc, host, settings, state),
    ]);
    state.spans.write(out);
    state.metrics.write(out, host.nowMs());
    for (const [reason, howMany] of state.refused) out.refuse?.(reason, howMany);
    state.refused.clear();
    state.itemsLeft = settings.maxItemsPerSecond;
    // One port that is taken does not close the other.
    for (const result of opened) if (result.status === 'rejected') throw result.reason;
  },
  context: ({ spans, listeners }) => {
    const ports = [...listeners].map(([transport, { port }]) => `${transportNames[transport]} on TCP port ${port}`);
    return { calls: spans.calls(), ...(ports.length === 0 ? {} : { note: `listens ${ports.join(', ')}` }) };
  },
  transactions: ({ columns }) => columns,
  deliverLines: ({ lines }, sink) => lines.deliver(sink),
  async close(state) {
    const open = [...state.listeners.values()];
    state.isClosed = true;
    state.listeners.clear();
    await Promise.all(open.map((listener) => listener[Symbol.asyncDispose]()));
  },
});

async function open(
  transport: Transport,
  listen: HttpListen | undefined,
  place: string | null,
  host: Host,
  settings: Config,
  state: State,
): Promise<void> {
  if (place === null || listen === undefined || state.listeners.has(transport)) return;
  const pathOf = transport === 'grpc' ? pathOfMethod : (path: string) => path;
  const listener = await listen(place, {
    maxBodyBytes: settings.maxBodyBytes,
    answer: (request) => answer({ ...request, path: pathOf(request.path) }, settings, state, host.nowMs()),
    refuse: (status, why, contentType) => refuse(state, status, contentType, why),
  });
  // The reading was cut off while the port was being opened.
  if (state.isClosed) await listener[Symbol.asyncDispose]();
  else state.listeners.set(transport, listener);
}

function answer(
  { method, path, contentType, body }: HttpRequest,
  { maxItemsPerSecond }: Config,
  state: State,
  nowMs: number,
): HttpReply {
  const no = (status: number, why: string) => refuse(state, status, contentType, why);
  if (!isOtlpPath(path))
    return no(404, 'OTLP is taken at /v1/traces, /v1/metrics and /v1/logs, or at Export of the three services');
  if (method !== 'POST') return no(405, 'OTLP is sent by POST');
  if (!isOtlpType(contentType)) return no(415, 'content-type must be application/x-protobuf or application/json');
  if (state.itemsLeft <= 0) return no(429, `more than ${maxItemsPerSecond} items a second; try again`);
  try {
    return takeBody(path, contentType, body, state, nowMs);
  } catch (error) {
    if (error instanceof MalformedOtlp) return no(400, `this is no OTLP: ${error.message}`);
    throw error;
  }
}

/** Read whole before anything of it is taken, so that a body refused as malformed may be sent again. */
function takeBody(path: OtlpPath, contentType: string, body: Uint8Array, state: State, nowMs: number): HttpReply {
  const { services, spans, metrics, lines } = state;
  const { readTraces, readMetrics, readLogs } = isJson(contentType) ? json : protobuf;
  if (path === '/v1/traces') {
    const groups = readTraces(body);
    state.itemsLeft -= sizeOf(groups);
    const rejected = sum(groups, ({ resource, items }) => spans.add(services.nameOf(resource), items, nowMs).rejected);
    count(state, 'otlp-span', rejected);
    return accepted(path, contentType, rejected, 'spans without ids, or that end before they start');
  }
  if (path === '/v1/metrics') {
    const groups = readMetrics(body);
    state.itemsLeft -= sum(groups, ({ items }) => sum(items, ({ points }) => points.length));
    const rejected = sum(groups, ({ resource, items }) => {
      const [service, instance] = [services.nameOf(resource), instanceOf(resource)];
      return sum(items, (metric) => metrics.add(service, instance, metric, nowMs).rejected);
    });
    return accepted(
      path,
      contentType,
      rejected,
      'points that are not finite, fall, or have too many attributes or series',
    );
  }
  const groups = readLogs(body);
  const size = sizeOf(groups);
  if (!lines.hasRoomFor(size)) return refuse(state, 503, contentType, 'too many lines wait; try again');
  state.itemsLeft -= size;
  for (const { resource, items } of groups) {
    const service = services.nameOf(resource);
    for (const log of items) if (lines.add(service, log, nowMs)) count(state, 'otlp-line-cut', 1);
  }
  return accepted(path, contentType, 0, '');
}

function refuse(state: State, status: number, contentType: string, why: string): HttpReply {
  count(state, `otlp-${status}`, 1);
  return refusal(status, contentType, why);
}

function count({ refused }: State, reason: string, howMany: number): void {
  if (howMany > 0) refused.set(reason, (refused.get(reason) ?? 0) + howMany);
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
const sizeOf = (groups: readonly OtlpGroup<unknown>[]): number => sum(groups, ({ items }) => items.length);
