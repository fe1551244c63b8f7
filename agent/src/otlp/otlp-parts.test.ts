import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricInfo, SampleWriter } from '../collectors/collector.ts';
import type { LogLine } from '../receivers/log-line.ts';
import { TransactionColumns } from '../transactions/transaction-columns.ts';
import type { OtlpMetric, OtlpPoint, OtlpSpan, Scalar } from './otlp-data.ts';
import { OtlpLines } from './otlp-lines.ts';
import { OtlpMetrics, shareOfBuckets } from './otlp-metrics.ts';
import { OtlpServices } from './otlp-services.ts';
import { OtlpSpans } from './otlp-spans.ts';

const nowMs = 1_795_372_619_000;
const traceId = '0af7651916cd43dd8448eb211c80319c';
const id = (n: number) => n.toString(16).padStart(16, '0');
const attributesOf = (of: Readonly<Record<string, Scalar>>) => new Map(Object.entries(of));

const span = (
  of: Partial<Omit<OtlpSpan, 'attributes'>>,
  attributes: Readonly<Record<string, Scalar>> = {},
): OtlpSpan => ({
  traceId,
  spanId: id(1),
  parentSpanId: '',
  kind: 1,
  startMs: nowMs - 200,
  endMs: nowMs - 100,
  isError: false,
  ...of,
  attributes: attributesOf(attributes),
});

type Row = Parameters<TransactionColumns['add']>;
/** What `add` was told, as rows. */
class Noted extends TransactionColumns {
  readonly rows: Row[] = [];
  override add(...row: Row): void {
    this.rows.push(row);
    super.add(...row);
  }
}

function outOf() {
  const written: Record<string, number> = {};
  const declared: Record<string, MetricInfo> = {};
  const out: SampleWriter = {
    write: (metric, value, attributes = {}) => {
      written[[metric, ...Object.values(attributes)].join(' ')] = value;
    },
    declare: (metric, info) => {
      declared[metric] = info;
      return true;
    },
    refuse: () => undefined,
  };
  return { written, declared, out };
}

describe('spans', () => {
  const request = (of: Partial<OtlpSpan> = {}) =>
    span(
      { kind: 2, parentSpanId: id(9), ...of },
      { 'http.request.method': 'GET', 'http.response.status_code': 200, 'http.route': '/orders' },
    );
  const call = (n: number, ms: number, attributes: Readonly<Record<string, Scalar>>, parentSpanId = id(1)) =>
    span({ spanId: id(n), parentSpanId, kind: 3, startMs: nowMs - 150, endMs: nowMs - 150 + ms }, attributes);

  it('of servers are transactions, with the call they waited for longest, within other spans too', () => {
    const columns = new Noted();
    const spans = new OtlpSpans(columns);
    const peer = { 'network.peer.address': '10.0.0.7', 'network.peer.port': 5432, 'db.system.name': 'postgresql' };
    // Inner spans end first, so they come before the request, or in any order with it.
    spans.add(
      'shop',
      [call(3, 40, peer, id(2)), call(4, 5, { 'server.address': '10.0.0.8', 'server.port': 80 })],
      nowMs,
    );
    spans.add('shop', [request(), span({ spanId: id(2), parentSpanId: id(1) })], nowMs);
    expect(columns.rows).toEqual([
      [nowMs - 100, 100, 200, 'service:shop', 'GET /orders', traceId, id(3), id(9), '10.0.0.7:5432', 40, false],
    ]);
  });

  it('have the route their program says from the first on, a path only when it is asked for often; neither names anybody', () => {
    const columns = new Noted();
    const spans = new OtlpSpans(columns);
    const asked = (attributes: Readonly<Record<string, Scalar>>) => {
      spans.add('shop', [span({ kind: 2 }, { 'http.request.method': 'GET', ...attributes })], nowMs);
      return columns.rows.at(-1)![4];
    };
    expect(asked({ 'http.route': '/api/orders/:id' })).toBe('GET /api/orders/{}');
    expect(asked({ 'http.route': '/users/kimminsu' })).toBe('GET /users/{}');
    expect(asked({ 'http.route': '/login', 'http.response.status_code': 401 })).toBe('GET /login');
    expect(asked({ 'url.path': '/cart' })).toBe('GET (other)');
    for (let i = 0; i < 20; i++) asked({ 'url.path': '/cart' });
    expect(asked({ 'url.path': '/cart' })).toBe('GET /cart');
  });

  it('tell where the time of a route goes: statements without their values, methods by name', () => {
    const spans = new OtlpSpans(new Noted());
    const sql = (n: number, system: string, text: string) =>
      call(n, 30, { 'db.system.name': system, 'db.query.text': text });
    const said = [
      sql(3, 'hsqldb', `select * from "kim" where phone = '010-9876-5432' -- kim`),
      sql(4, 'postgresql', `select "name" from orders where id = 17`),
      sql(5, 'redis', 'SET kim 010-9876-5432'),
      span({ spanId: id(6), parentSpanId: id(1), startMs: nowMs - 150 }, { 'code.function.name': 'shop.Cart.price' }),
      span({ spanId: id(7) }, { 'code.namespace': 'shop.Cart', 'code.function': 'price' }),
      span({ spanId: id(8) }, { 'code.function.name': 'kim@example.kr' }),
    ];
    spans.add('shop', [...said, request()], nowMs);
    const { written, out } = outOf();
    spans.write(out);
    expect(written).toEqual({
      'airis.request.time shop GET /orders': 0.1,
      'airis.request.database.time shop GET /orders': 0.09,
      'airis.db.client.statement.time shop hsqldb select * from ? where phone = ?': 0.03,
      'airis.db.client.statement.calls shop hsqldb select * from ? where phone = ?': 1,
      'airis.db.client.statement.time shop postgresql select "name" from orders where id = ?': 0.03,
      'airis.db.client.statement.calls shop postgresql select "name" from orders where id = ?': 1,
      'airis.code.function.time shop shop.Cart.price': expect.closeTo(0.15),
      'airis.code.function.calls shop shop.Cart.price': 2,
    });
    for (let i = 0; i < 1_000; i++) spans.add('shop', [sql(3, 'hsqldb', `select c${'x'.repeat(i)} from t`)], nowMs);
    const flood = outOf();
    spans.write(flood.out);
    expect(Object.keys(flood.written).length).toBeLessThanOrEqual(2 * 200 + 4);
  });

  it('of clients tell whom a service calls, and what its database took', () => {
    const spans = new OtlpSpans(new Noted());
    spans.add(
      'shop',
      [call(3, 40, { 'server.address': 'localhost', 'server.port': 5432, 'db.system': 'postgresql' })],
      nowMs,
    );
    spans.add('shop', [call(4, 20, { 'net.peer.ip': '::1', 'net.peer.port': 80, 'http.status_code': 503 })], nowMs);
    const { written, out } = outOf();
    spans.write(out);
    expect(written).toEqual({
      'db.client.operation.duration shop 127.0.0.1 5432': 0.04,
      'http.client.request.duration shop ::1 80': 0.02,
      'airis.http.client.requests shop ::1 80': 1,
      'airis.http.client.error_ratio shop ::1 80': 1,
    });
    expect(spans.calls().map(({ client, address, count }) => `${client} ${address} ${count}`)).toEqual([
      'service:shop [::1]:80 1',
      'service:shop 127.0.0.1:5432 1',
    ]);
  });

  it('without an address of their peer, or a name alone, name none', () => {
    const spans = new OtlpSpans(new Noted());
    for (const address of ['db.internal', '10.0.0', '', 5]) {
      spans.add('', [call(3, 1, { 'server.address': address, 'server.port': 80 })], nowMs);
    }
    spans.add('', [call(3, 1, { 'server.address': '10.0.0.1', 'server.port': 70_000 })], nowMs);
    expect(spans.calls()).toEqual([]);
  });

  it('that failed are errors without a status too; paths, methods and times are not believed', () => {
    const columns = new Noted();
    const spans = new OtlpSpans(columns);
    const odd = { 'http.request.method': 'kim@example.kr', 'http.response.status_code': 7, 'url.path': '/users/kim' };
    spans.add('', [span({ kind: 2, isError: true, endMs: nowMs + 50 }, odd)], nowMs);
    expect(columns.rows[0]).toMatchObject([nowMs, 250, 0, '', '? (other)', traceId, id(1), '', '', -1, true]);
  });

  it.each([
    { what: 'no trace', of: { traceId: '' } },
    { what: 'a trace of zeros', of: { traceId: '0'.repeat(32) } },
    { what: 'no id', of: { spanId: '' } },
    { what: 'an end before its start', of: { endMs: nowMs - 300 } },
    { what: 'no start', of: { startMs: 0 } },
    { what: 'a length of days', of: { startMs: nowMs - 3 * 86_400_000 } },
  ])('are rejected with $what', ({ of }) => {
    const columns = new Noted();
    expect(new OtlpSpans(columns).add('shop', [request(of), request()], nowMs)).toEqual({ rejected: 1 });
    expect(columns.rows).toHaveLength(1);
  });

  it('that are each other’s parents, and traces without end, end', () => {
    const columns = new Noted();
    const spans = new OtlpSpans(columns);
    const peer = { 'server.address': '10.0.0.7', 'server.port': 80 };
    spans.add('shop', [call(2, 1, peer, id(3)), call(3, 1, peer, id(2)), request()], nowMs);
    expect(columns.rows[0]![8]).toBe('');
    const traceOf = (n: number) => `${n}`.padStart(32, 'a');
    for (let i = 0; i < 5_000; i++) {
      const inner = Array.from({ length: 12 }, (_, n) => call(n + 20, n, peer));
      spans.add(
        'shop',
        inner.map((one) => ({ ...one, traceId: traceOf(i) })),
        nowMs,
      );
    }
    const answered = (n: number) => {
      spans.add('shop', [request({ traceId: traceOf(n) })], nowMs);
      return columns.rows.at(-1)![8];
    };
    expect([answered(4_999), answered(0)]).toEqual(['10.0.0.7:80', '']);
    const many = Array.from({ length: 30_000 }, (_, n) => call(n + 20, 1, peer));
    spans.add('shop', [...many, request()], nowMs);
    expect(columns.rows.at(-1)![8]).toBe('10.0.0.7:80');
    spans.add('shop', [call(2, 1, peer)], nowMs);
    spans.add('shop', [request()], nowMs + 120_000);
    expect(columns.rows.at(-1)![8]).toBe('');
  });
});

describe('metrics', () => {
  const point = (
    of: Partial<Omit<OtlpPoint, 'attributes'>>,
    attributes: Readonly<Record<string, Scalar>> = {},
  ): OtlpPoint => ({
    startMs: nowMs - 1_000,
    value: null,
    count: 0,
    sum: null,
    buckets: [],
    bounds: [],
    ...of,
    attributes: attributesOf(attributes),
  });
  const metric = (of: Partial<OtlpMetric>): OtlpMetric => ({
    name: 'orders',
    unit: '{order}',
    description: 'orders taken',
    kind: 'sum',
    isMonotonic: true,
    isDelta: false,
    points: [],
    ...of,
  });
  const sumOf = (value: number, of: Partial<OtlpPoint> = {}, more: Partial<OtlpMetric> = {}) =>
    metric({ ...more, points: [{ ...point({ value }), ...of }] });
  const begun = (atMs: number) => {
    const told = new OtlpMetrics(300_000);
    told.begin(atMs);
    let secondsOn = 0;
    const write = (seconds = 1) => {
      secondsOn += seconds;
      const { written, out } = outOf();
      told.write(out, nowMs + secondsOn * 1_000);
      return written;
    };
    const add = (service: string, instance: string, of: OtlpMetric) =>
      told.add(service, instance, of, nowMs + secondsOn * 1_000);
    return { metrics: { add }, write };
  };

  it('that only grow are counters; what was counted before the agent listened is no increase', () => {
    const { metrics, write } = begun(nowMs);
    metrics.add('shop', '1', sumOf(1_000));
    expect(write()).toEqual({ 'orders shop': 0 });
    expect(write()).toEqual({ 'orders shop': 0 });
    metrics.add('shop', '1', sumOf(1_005));
    expect(write(2)).toEqual({ 'orders shop': 5 });
  });

  it('exported once a minute have a value every second, and every increase comes out whole', () => {
    const { metrics, write } = begun(nowMs);
    const level = (value: number) =>
      metric({ name: 'level', kind: 'gauge', isMonotonic: false, points: [point({ value })] });
    const perMinute: number[] = [];
    let before = 0;
    for (const [minute, total] of [0, 60, 660, 660].entries()) {
      metrics.add('', '', sumOf(total));
      metrics.add('', '', level(minute));
      const increases: number[] = [];
      for (let second = 0; second < 60; second++) {
        const { orders = Number.NaN, level: now } = write();
        expect(now).toBe(minute);
        increases.push(orders - before);
        before = orders;
      }
      expect(Math.max(...increases)).toBeLessThan(10.5);
      perMinute.push(increases.reduce((sum, one) => sum + one, 0));
    }
    expect(perMinute.map(Math.round)).toEqual([0, 60, 600, 0]);
  });

  it('that stop coming end after three intervals, and go on without what was between', () => {
    const { metrics, write } = begun(nowMs);
    for (const total of [10, 20]) {
      metrics.add('', '', sumOf(total));
      write(20);
    }
    expect(write(35)).toEqual({ orders: 10 });
    expect(write(30)).toEqual({});
    metrics.add('', '', sumOf(50));
    expect(write()).toEqual({ orders: 10 });
    expect(write(120)).toEqual({ orders: 40 });
  });

  it('of a program that starts while the agent listens count from their first export', () => {
    const { metrics, write } = begun(nowMs - 60_000);
    metrics.add('shop', '1', sumOf(7));
    expect(write()).toEqual({ 'orders shop': 0 });
    expect(write()).toEqual({ 'orders shop': 7 });
  });

  it('of several instances add up, also when one starts anew', () => {
    const { metrics, write } = begun(nowMs - 60_000);
    metrics.add('shop', 'a', sumOf(10));
    metrics.add('shop', 'b', sumOf(100));
    write();
    expect(write()).toEqual({ 'orders shop': 110 });
    metrics.add('shop', 'a', sumOf(3, { startMs: nowMs }));
    metrics.add('shop', 'b', sumOf(101));
    expect(write(2)).toEqual({ 'orders shop': 114 });
  });

  it('said as increases add up, and those that go up and down are gauges', () => {
    const { metrics, write } = begun(nowMs);
    for (const value of [2, 3]) metrics.add('', '', sumOf(value, {}, { isDelta: true }));
    for (const value of [2, -3]) {
      metrics.add('', '', sumOf(value, {}, { name: 'open', isMonotonic: false, isDelta: true }));
      metrics.add('', '', sumOf(value, {}, { name: 'level', kind: 'gauge', isMonotonic: false }));
    }
    expect(write()).toEqual({ orders: 0, open: -1, level: -3 });
    expect(write()).toEqual({ orders: 5, open: -1, level: -3 });
  });

  it('that are histograms give count, sum and what 95 % stay below, of what came since', () => {
    const { metrics, write } = begun(nowMs);
    const took = (count: number, sum: number, buckets: number[]) =>
      metric({
        name: 'took',
        unit: 'ms',
        kind: 'histogram',
        points: [point({ count, sum, buckets, bounds: [10, 100] })],
      });
    metrics.add('', '', took(10, 50, [10, 0, 0]));
    expect(write()).toEqual({ 'took.count': 0, 'took.sum': 0 });
    metrics.add('', '', took(20, 1_050, [10, 10, 0]));
    expect(write()).toEqual({ 'took.count': 10, 'took.sum': 1_000, 'took.p95': expect.closeTo(95.5) });
    metrics.add('', '', took(20, 1_050, [10, 10, 0]));
    expect(write()).toEqual({ 'took.count': 10, 'took.sum': 1_000 });
  });

  it.each([
    { what: 'not finite', of: metric({ points: [point({ value: Number.NaN })] }) },
    { what: 'not there', of: metric({ points: [point({})] }) },
    { what: 'below 0 though they only grow', of: metric({ points: [point({ value: -1 })] }) },
    { what: 'of a kind nobody knows', of: metric({ kind: 'other', points: [point({ value: 1 })] }) },
    { what: 'with an odd key', of: metric({ points: [point({ value: 1 }, { 'kim@example.kr': 1 })] }) },
    { what: 'with a long value', of: metric({ points: [point({ value: 1 }, { a: 'x'.repeat(201) })] }) },
    {
      what: 'with too many attributes',
      of: metric({
        points: [point({ value: 1 }, Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`a${i}`, i])))],
      }),
    },
  ])('are rejected when $what', ({ of }) => {
    const { metrics, write } = begun(nowMs);
    expect(metrics.add('shop', '', of)).toEqual({ rejected: 1 });
    expect(write()).toEqual({});
  });

  it('stay bounded when every point is new', () => {
    const { metrics, write } = begun(nowMs);
    let rejected = 0;
    for (let i = 0; i < 4_000; i++) {
      rejected += metrics.add('', '', metric({ kind: 'gauge', points: [point({ value: 1 }, { n: i })] })).rejected;
    }
    expect(rejected).toBe(1_000);
    expect(Object.keys(write())).toHaveLength(3_000);
  });

  it('have percentiles within their buckets', () => {
    expect(shareOfBuckets([0, 0], [5], 0.95)).toBeNull();
    expect(shareOfBuckets([0, 4], [5], 0.95)).toBe(5);
    const bounds = [1, 2, 5, 10];
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 5, maxLength: 5 }), (counts) => {
        const value = shareOfBuckets(counts, bounds, 0.95);
        if (value !== null) expect(value >= 0 && value <= 10).toBe(true);
      }),
    );
  });
});

describe('log records', () => {
  const log = (text: string, attributes: Readonly<Record<string, Scalar>> = {}, severity = 17, timeMs = nowMs) => ({
    timeMs,
    severity,
    text,
    attributes: attributesOf(attributes),
  });

  it('are lines of the service, with the exception beside them, without what terminals obey', () => {
    const lines = new OtlpLines();
    lines.add('shop', log('failed \u001b[31mred\u202e', { 'exception.stacktrace': 'Error: x\n\tat y' }), nowMs);
    lines.add('', log('old', {}, 99, nowMs - 90 * 86_400_000), nowMs);
    lines.add('shop', log('', {}), nowMs);
    expect(lines.add('shop', log('x'.repeat(20_000)), nowMs)).toBe(true);
    const taken: LogLine[] = [];
    lines.deliver({ accept: (line) => taken.push(line) > 0 });
    expect(taken).toMatchObject([
      { source: 'otlp:shop', severity: 17, timeUnixMs: nowMs, text: 'failed  [31mred \nError: x\n\tat y' },
      { source: 'otlp:unknown', severity: 0, timeUnixMs: nowMs, text: 'old' },
      { text: 'x'.repeat(16 * 1024) },
    ]);
  });

  it('wait while the sink is full, as many as there is room for', () => {
    const lines = new OtlpLines();
    for (let i = 0; i < 10_000; i++) lines.add('shop', log(`line ${i}`), nowMs);
    expect(lines.hasRoomFor(1)).toBe(false);
    let room = 4_000;
    lines.deliver({ accept: () => room-- > 0 });
    expect(lines.hasRoomFor(4_000)).toBe(true);
    expect(lines.hasRoomFor(4_001)).toBe(false);
  });
});

it('names of services are bounded, and what may be personal is none', () => {
  const services = new OtlpServices();
  const nameOf = (name: Scalar) => services.nameOf(attributesOf({ 'service.name': name }));
  expect(['shop-app', 'a/b.c', 'unknown_service:python', ''].map(nameOf)).toEqual(['shop-app', 'a/b.c', '', '']);
  const odd = ['kim@example.kr', 'shop 1', 'shop-8512312345678', '\u001b[31m', 'x'.repeat(65), '한글'];
  expect(odd.map(nameOf)).toEqual(odd.map(() => 'other'));
  expect(new Set(Array.from({ length: 100 }, (_, i) => nameOf(`s${i}`))).size).toBe(63);
});
