import type {
  ActiveTransactions,
  HeldTraceAnswer,
  TraceAnswer,
  TransactionItem,
  TransactionList,
  TransactionsAnswer,
} from '../../hub/src/api/types.ts';
import { stamp } from './console-fixture-data.ts';

export interface DotsQuery {
  readonly from: string | number;
  readonly to: string | number;
}

const services = ['service:shop-web', 'service:shop-was', 'service:shop-app'];
const PER_SECOND = 20;

/** Transactions of the shop, the same for the same time: 40 ms each, and 3 s for two of nine minutes. */
export function fixtureDots({ from, to }: DotsQuery, nowMs: number, hasShop: boolean): TransactionsAnswer {
  const fromUnixMs = momentOf(from, nowMs);
  const toUnixMs = momentOf(to, nowMs);
  const stepMs = 1000 / PER_SECOND;
  const times: number[] = [];
  for (let at = Math.ceil(fromUnixMs / stepMs) * stepMs; hasShop && at < toUnixMs; at += stepMs) times.push(at);
  const isSlow = (at: number): boolean => Math.floor(at / 60_000) % 9 < 2;
  const spread = (at: number): number => ((at * 7919) % 1000) / 1000;
  return {
    kind: 'dots',
    fromUnixMs,
    toUnixMs,
    services: hasShop ? services : [],
    count: times.length,
    timesMs: packed(Float32Array.from(times, (at) => at - fromUnixMs)),
    elapsedMs: packed(Float32Array.from(times, (at) => (isSlow(at) ? 3000 + 600 * spread(at) : 40 + 90 * spread(at)))),
    status: packed(Uint16Array.from(times, () => 200)),
    flags: packed(Uint8Array.from(times, (at) => (isSlow(at) && spread(at) > 0.8 ? 1 : 0))),
    service: packed(Uint8Array.from(times, (_, index) => index % services.length)),
  };
}

function momentOf(moment: string | number, nowMs: number): number {
  if (typeof moment === 'number') return moment;
  const match = /^-(\d+)([smh])$/.exec(moment);
  if (match === null) return moment === 'now' ? nowMs : Date.parse(moment);
  return nowMs - Number(match[1]) * ({ s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? ''] ?? 0);
}

const packed = (column: Float32Array | Uint16Array | Uint8Array): string =>
  Buffer.from(column.buffer).toString('base64');

const item = (index: number, endUnixMs: number, elapsedMs: number): TransactionItem => ({
  at: stamp(endUnixMs),
  endUnixMs,
  elapsedMs,
  status: index === 1 ? 504 : 200,
  failed: index === 1,
  service: services[index] ?? '',
  route: 'POST /orders',
  traceId: 'a'.repeat(32),
  spanId: String(index + 1).repeat(16),
  parentSpanId: index === 0 ? '' : String(index).repeat(16),
  peer: `127.0.0.1:${9000 + index}`,
  callee: services[index + 1] ?? 'database:shop-db',
  peerElapsedMs: elapsedMs - 15,
  host: `host:${(services[index] ?? '').slice('service:'.length)}`,
});

export function fixtureList(nowMs: number, isEmpty: boolean): TransactionList {
  const endUnixMs = Math.floor(nowMs / 60_000) * 60_000;
  const items = isEmpty ? [] : services.map((_, index) => item(index, endUnixMs - index, 3300 - 20 * index));
  return { items, total: items.length };
}

export function fixtureTrace(nowMs: number, isEmpty: boolean): TraceAnswer {
  const spans = fixtureList(nowMs, isEmpty).items.map((row, depth) => ({
    ...row,
    kind: 'server' as const,
    startUnixMs: row.endUnixMs - row.elapsedMs,
    depth,
    selfMs: depth === services.length - 1 ? row.elapsedMs : 20,
    calls: depth === services.length - 1 ? 0 : 1,
    isDetached: false,
    isGuessed: false,
    isHeld: false,
  }));
  return { traceId: 'a'.repeat(32), spans, cut: 0 };
}

/** As the hosts answer: 500 spans of the last service, deep and by a clock that is behind; one host is silent. */
export function fixtureHeldTrace(nowMs: number): HeldTraceAnswer {
  const trace = fixtureTrace(nowMs, false);
  const last = trace.spans.at(-1)!;
  const inner = Array.from({ length: 500 }, (_, index) => ({
    ...last,
    kind: 'internal' as const,
    route: `select * from orders where id = ? and step = ${'very '.repeat(8)}long`,
    spanId: index.toString(16).padStart(16, '0'),
    parentSpanId: last.spanId,
    startUnixMs: last.startUnixMs - 7 + index,
    elapsedMs: 2,
    selfMs: 2,
    depth: last.depth + 1 + (index % 30),
    calls: 0,
    isDetached: index === 0,
    isHeld: true,
    peer: null,
    callee: null,
    peerElapsedMs: null,
  }));
  const answered = { state: 'answered' as const, spans: 500, withheld: 0, leftOut: 0, detail: '' };
  return {
    ...trace,
    spans: [...trace.spans, ...inner],
    hosts: [
      { ...answered, host: last.host },
      { ...answered, host: 'host:shop-web', state: 'silent', spans: 0, detail: 'it did not answer within 6000 ms' },
    ],
  };
}

export function fixtureActive(nowMs: number, hasShop: boolean): ActiveTransactions {
  const rows = services.map((service, index) => ({
    service,
    host: `host:${service.slice('service:'.length)}`,
    lt3s: 12 - index,
    from3to8s: 6.4,
    ge8s: index,
    at: stamp(nowMs),
  }));
  return { items: hasShop ? rows : [] };
}
