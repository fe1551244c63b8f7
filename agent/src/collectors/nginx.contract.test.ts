import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestNginx, nginxProgram } from '../discover/nginx-under-test.ts';
import { ProcessTree } from '../scope/process-tree.ts';
import { onlyWithin } from '../scope/scoped-host.ts';
import { requestSpans } from '../traces/request-spans.ts';
import { createHost, restrictHost } from './host.ts';
import { createCollectors } from './index.ts';
import { nginxCollector } from './nginx.ts';

if (nginxProgram === null) console.warn('SKIPPED: nginx is not installed, so reading it was not tested');

describe.skipIf(nginxProgram === null)('nginx collector', () => {
  it.each([
    { name: 'the default format', logFormat: undefined },
    { name: 'a JSON format', logFormat: '{"status":$status,"rt":$request_time,"uri":"$request_uri"}' },
  ])('reads a real nginx with $name', async ({ logFormat }) => {
    await using nginx = await createTestNginx(logFormat === undefined ? {} : { logFormat });
    await nginx.start();
    const collector = nginxCollector.create({ searchEveryMs: 1_000 });
    const own = onlyWithin(createHost(), new ProcessTree(join(nginx.folder, 'nginx.pid')));
    const host = restrictHost(own, collector.capabilities);
    expect(await collector.applies(host)).toBe(true);
    const collect = async () => {
      const written = new Map<string, number>();
      await collector.collect(host, {
        write: (metric, value, attributes = {}) => {
          expect(collector.emits).toHaveProperty([metric]);
          const { 'server.port': port, ...rest } = attributes;
          if (port === undefined || port === String(nginx.port)) {
            written.set([metric, ...Object.values(rest)].join(' '), value);
          }
        },
      });
      return written;
    };
    const before = await collect();
    expect(before.get('nginx.connections_current active')).toBeGreaterThan(0);
    const start = before.get('airis.http.server.requests 2xx') ?? 0;
    for (let i = 0; i < 30; i++) await fetch(`http://127.0.0.1:${nginx.port}/api/orders/${i}`);
    for (let i = 0; i < 10; i++) await fetch(`http://127.0.0.1:${nginx.port}/broken`);
    const routes = new Set<string>();
    await expect
      .poll(async () => {
        const now = await collect();
        for (const key of now.keys()) if (key.startsWith('http.server.request.duration ')) routes.add(key.slice(29));
        return [(now.get('airis.http.server.requests 2xx') ?? 0) - start, now.get('airis.http.server.requests 5xx')];
      })
      .toEqual([30, 10]);
    expect((await collect()).get('nginx.requests')).toBeGreaterThanOrEqual(40);
    if (logFormat !== undefined) expect(routes).toContain('/api/orders/{}');
    await nginx.stop();
    await collector.close?.();
  });
});

describe.skipIf(nginxProgram === null)('a log of nginx', () => {
  const upstream = createServer((request, response) => {
    response.statusCode = request.url === '/shop/fails' ? 500 : 200;
    response.end('x');
  });
  let address = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const at = upstream.address();
    address = `127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`;
  });
  afterAll(() => upstream.close());

  const json =
    '{"t":$msec,"sec":$request_time,"status":$status,"method":"$request_method","path":"$uri",' +
    '"peer":"$upstream_addr","peerSec":"$upstream_response_time","peerStatus":"$upstream_status"}';

  /** Asks a real nginx 30 times, of which its upstream fails 10, and gives what each collector has made of it. */
  async function ask(settings: (accessLog: string) => Readonly<Record<string, unknown>>) {
    await using nginx = await createTestNginx({
      logFormat: json,
      locations: `location /shop/ { proxy_pass http://${address}; }`,
    });
    await nginx.start();
    const wanted = (name: string) => name === 'nginx' || name === 'access-log';
    const collectors = createCollectors(settings(nginx.accessLog)).filter(({ name }) => wanted(name));
    const host = onlyWithin(createHost(), new ProcessTree(join(nginx.folder, 'nginx.pid')));
    const made = new Map(collectors.map(({ name }) => [name, new Map<string, number>()]));
    const read = async () => {
      for (const collector of collectors) {
        if (!(await collector.applies(host))) continue;
        await collector.collect(restrictHost(host, collector.capabilities), {
          write: (metric, value, attributes = {}) =>
            void made.get(collector.name)?.set([metric, ...Object.values(attributes)].join(' '), value),
        });
      }
    };
    await read();
    for (let i = 0; i < 20; i++) await fetch(`http://127.0.0.1:${nginx.port}/shop/item`);
    for (let i = 0; i < 10; i++) await fetch(`http://127.0.0.1:${nginx.port}/shop/fails`);
    await expect.poll(async () => (await readFile(nginx.accessLog, 'utf8')).split('/shop/fails').length).toBe(11);
    await read();
    const rows = collectors.map((collector) => collector.transactions?.().take('service:shop-web')?.rows ?? 0);
    const calls = collectors.flatMap((collector) => collector.context?.().calls ?? []);
    for (const collector of collectors) await collector.close?.();
    return { rows, calls, made };
  }

  it('is followed by one collector only, where access-log was given it', async () => {
    const { rows, calls, made } = await ask((path) => ({ 'access-log': { files: [{ path }] } }));
    expect(rows).toEqual([0, 30]);
    expect(calls).toMatchObject([{ address, kind: 'access-log', count: 30 }]);
    expect([...(made.get('nginx')?.keys() ?? [])].filter((key) => key.includes('http.'))).toEqual([]);
    expect(made.get('access-log')?.get('airis.http.server.requests 5xx')).toBe(10);
  });

  it('tells the calls upstream to the collector that finds nginx by itself', async () => {
    const { rows, calls, made } = await ask(() => ({}));
    expect(rows).toEqual([30, 0]);
    expect(calls).toMatchObject([{ address, kind: 'access-log', count: 30 }]);
    const [server, port] = address.split(':');
    expect(made.get('nginx')?.get(`airis.http.client.requests ${server} ${port}`)).toBe(30);
    expect(made.get('nginx')?.has(`http.client.request.duration ${server} ${port}`)).toBe(true);
  });
});

it.skipIf(nginxProgram === null)('a request with a trace context, as nginx logs it, is a span and a call', async () => {
  const upstream = createServer((_, response) => setTimeout(() => response.end('x'), 30));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  await using nginx = await createTestNginx({
    logFormat:
      '$msec $request_time $status "$request" $http_traceparent "$upstream_addr" "$upstream_response_time" "$upstream_status"',
    locations: `location /shop/ { proxy_pass http://127.0.0.1:${port}; }`,
  });
  await nginx.start();
  const collector = nginxCollector.create({});
  const own = onlyWithin(createHost(), new ProcessTree(join(nginx.folder, 'nginx.pid')));
  const collect = () => collector.collect(restrictHost(own, collector.capabilities), { write: () => undefined });
  await collect();
  const [traceId, parentSpanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  const traceparent = `00-${traceId}-${parentSpanId}-01`;
  await fetch(`http://127.0.0.1:${nginx.port}/shop/item?of=kim`, { headers: { traceparent } });
  await fetch(`http://127.0.0.1:${nginx.port}/shop/item`);
  await expect.poll(async () => (await collect(), collector.transactions?.().length)).toBe(2);
  const taken = collector.transactions?.().take('service:web') ?? null;
  if (taken === null) throw new Error('no request was read');
  const [request, call, ...more] = requestSpans(taken, traceId, new Set(), Date.now());
  expect(more).toEqual([]);
  expect(request?.slice(2)).toEqual([
    ...[2, 0, 'service:web', 'GET (other)', traceId, expect.stringMatching(/^[0-9a-f]{16}$/), parentSpanId, ''],
  ]);
  expect(call?.slice(2)).toEqual([
    ...[3, 0, 'service:web', 'GET (other)', traceId, expect.stringMatching(/^[0-9a-f]{16}$/), request?.[7]],
    `127.0.0.1:${port}`,
  ]);
  expect(call?.[1]).toBeGreaterThanOrEqual(25);
  expect(call?.[1]).toBeLessThanOrEqual(request![1]);
  await collector.close?.();
  upstream.close();
});

it('has nothing to read where no nginx runs', async () => {
  const host = { ...createHost(), list: async () => [] };
  expect(await nginxCollector.create({}).applies(host)).toBe(false);
});
