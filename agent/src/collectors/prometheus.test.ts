import { createServer, type Server } from 'node:http';
import { MAX_ATTRIBUTE_KEY_LENGTH } from '@airis/protocol';
import { afterEach, expect, it } from 'vitest';
import type { MetricInfo } from './collector.ts';
import { createHost, restrictHost } from './host.ts';
import { prometheusCollector } from './prometheus.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A program with a metrics page; an absent text never answers. */
async function program(page: () => string | null, status = 200): Promise<{ url: string; port: string }> {
  const server = createServer((_request, response) => {
    const text = page();
    if (text !== null) response.writeHead(status).end(text);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = server.address();
  const port = String(typeof at === 'object' && at !== null ? at.port : 0);
  return { url: `http://127.0.0.1:${port}/metrics`, port };
}

function reader(urls: readonly string[]) {
  const collector = prometheusCollector.create({ targets: urls.map((url) => ({ url })), timeoutMs: 200 });
  const host = restrictHost(createHost(), collector.capabilities);
  return async () => {
    const written: string[] = [];
    const problem = await collector
      .collect(host, {
        write: (metric, value, attributes = {}) => {
          expect(collector.emits).toHaveProperty([metric]);
          written.push(`${metric} ${Object.values(attributes).join(',')} ${value}`);
        },
      })
      .then(
        () => null,
        (error: Error) => error.message,
      );
    return { written, problem };
  };
}

const used = (value: number, state = 'used'): string =>
  `{"db.client.connection.count","db.client.connection.state"="${state}"} ${value}\n`;

it('takes over the metrics it knows, with their labels', async () => {
  const { url } = await program(
    () => `${used(3)}${used(1, 'idle')}# TYPE x gauge\n{"db.client.connection.max"} 10\nprocess_cpu_seconds_total 7\n`,
  );
  expect(await reader([url])()).toEqual({
    problem: null,
    written: ['db.client.connection.count used 3', 'db.client.connection.count idle 1', 'db.client.connection.max  10'],
  });
});

it('leaves a gap and says so while a page is silent, and goes on when it answers again', async () => {
  let text: string | null = used(3);
  const { url } = await program(() => text);
  const read = reader([url]);
  expect((await read()).written).toHaveLength(1);
  text = null;
  const silent = await read();
  expect(silent.written).toEqual([]);
  expect(silent.problem).toContain(url);
  text = used(4);
  expect(await read()).toEqual({ problem: null, written: ['db.client.connection.count used 4'] });
});

it('says what else is wrong with a page', async () => {
  const refused = await program(() => 'no', 503);
  expect(await reader([refused.url])()).toEqual({ written: [], problem: `${refused.url}: answered 503` });
  const large = await program(() => '# '.repeat(600_000));
  expect(await reader([large.url])()).toMatchObject({ written: [], problem: expect.stringContaining('more than') });
  const elsewhere = await reader(['http://192.0.2.1/metrics'])();
  expect(elsewhere.problem).toContain('only ask http on loopback');
});

it('tells programs apart by port, and reads the others when one is silent', async () => {
  const one = await program(() => used(1));
  const silent = await program(() => null);
  const two = await program(() => used(2));
  const { written, problem } = await reader([one.url, silent.url, two.url])();
  expect(written).toEqual([
    `db.client.connection.count used,${one.port} 1`,
    `db.client.connection.count used,${two.port} 2`,
  ]);
  expect(problem).toContain(silent.url);
  expect(problem).not.toContain(two.url);
});

it('makes one series of a sample that is said twice, whatever the order of its labels', async () => {
  const { url } = await program(
    () => '{"db.client.connection.max",a="1",b="2"} 1\n{"db.client.connection.max",b="2",a="1"} 2\n',
  );
  expect((await reader([url])()).written).toEqual(['db.client.connection.max 1,2 1']);
});

it('has bounds: 200 sets of labels, labels that the wire takes, finite values', async () => {
  let from = 0;
  const page = (): string => Array.from({ length: 150 }, (_, i) => used(i, `s${from + i}`)).join('');
  const many = await program(page);
  const read = reader([many.url]);
  expect((await read()).written).toHaveLength(150);
  from = 150;
  expect((await read()).written).toHaveLength(50);
  const longKey = 'k'.repeat(MAX_ATTRIBUTE_KEY_LENGTH + 1);
  const odd = await program(
    () =>
      `${used(1, 'x'.repeat(301))}{"db.client.connection.max",${longKey}="x"} 1\n{"db.client.connection.max"} NaN\n`,
  );
  expect(await reader([odd.url])()).toEqual({ written: [], problem: null });
});

const shopPage = `# HELP shop_orders_total orders
# TYPE shop_orders_total counter
shop_orders_total{kind="web"} 7
# TYPE shop_queue gauge
shop_queue 3
# TYPE shop_pay_seconds histogram
shop_pay_seconds_bucket{le="0.1"} 4
shop_pay_seconds_bucket{le="+Inf"} 5
shop_pay_seconds_sum 1.5
shop_pay_seconds_count 5
shop_pay_seconds_created 1.7e9
shop:memory_bytes 1024
other_total 1
${used(3)}`;

/** As `reader`, with metrics that the operator names; `declared` says what they became. */
function furtherReader(targets: readonly object[]) {
  const collector = prometheusCollector.create({ targets, timeoutMs: 500 });
  const declared = new Map<string, MetricInfo>();
  const refused: string[] = [];
  const read = async () => {
    const written: string[] = [];
    await collector.collect(restrictHost(createHost(), collector.capabilities), {
      write: (metric, value, attributes = {}) =>
        written.push(`${metric} ${Object.values(attributes).join(',')} ${value}`),
      declare: (metric, info) => declared.set(metric, info) === declared,
      refuse: (reason) => refused.push(reason),
    });
    return written;
  };
  return { read, declared, refused };
}

it('takes further metrics that the operator names, by what the page says they are', async () => {
  const { url } = await program(() => shopPage);
  const { read, declared } = furtherReader([{ url, take: ['shop_*', 'shop:*'] }]);
  expect(await read()).toEqual([
    'shop_orders_total web 7',
    'shop_queue  3',
    'shop_pay_seconds_sum  1.5',
    'shop_pay_seconds_count  5',
    'shop_memory_bytes  1024',
    'db.client.connection.count used 3',
  ]);
  const kinds = Array.from(declared, ([name, { kind, unit }]) => `${name} ${kind} ${unit}`);
  expect(kinds).toEqual([
    'shop_orders_total counter {value}',
    'shop_queue gauge {value}',
    'shop_pay_seconds_sum counter s',
    'shop_pay_seconds_count counter {event}',
    'shop_memory_bytes gauge By',
  ]);
});

it('takes no further metrics unless told, and those of one page only from it', async () => {
  const one = await program(() => shopPage);
  const { read, declared } = furtherReader([{ url: one.url }, { url: one.url, take: ['shop_queue'] }]);
  const port = new URL(one.url).port;
  expect(await read()).toEqual([`db.client.connection.count used,${port} 3`, `shop_queue ${port} 3`]);
  expect([...declared.keys()]).toEqual(['shop_queue']);
});

it('takes at most a thousand sets of labels of further metrics, and counts the others', async () => {
  const { url } = await program(() => Array.from({ length: 1_200 }, (_, i) => `shop_queue{n="${i}"} 1\n`).join(''));
  const { read, refused } = furtherReader([{ url, take: ['shop_*'] }]);
  expect(await read()).toHaveLength(1_000);
  expect(refused).toEqual(Array.from({ length: 200 }, () => 'prometheus-too-many-labels'));
});
