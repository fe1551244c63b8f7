import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { openBatch, signals } from '@airis/protocol';
import { afterEach, expect, it } from 'vitest';
import { MAX_TRANSACTIONS } from '../transactions/transaction-columns.ts';
import { accessLogCollector } from './access-log-collector.ts';
import { createHost } from './host.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function follow(peerKind: 'http' | 'database' = 'http') {
  const folder = await mkdtemp(join(tmpdir(), 'airis-access-'));
  folders.push(folder);
  const path = join(folder, 'access.log');
  await writeFile(path, '');
  const collector = accessLogCollector.create({ files: [{ path, format: 'json', peerKind }] });
  const collect = async () => {
    const values = new Map<string, number>();
    await collector.collect(createHost(), {
      write: (metric, value, attributes) => void values.set(`${metric} ${JSON.stringify(attributes ?? {})}`, value),
    });
    return values;
  };
  await collect();
  return { path, collector, collect };
}

const line = (more: object): string =>
  `${JSON.stringify({ t: Date.now() / 1_000, ms: 10, status: 200, method: 'GET', path: '/', ...more })}\n`;
const peer = '{"server.address":"127.0.0.1","server.port":"9000"}';

it('tells what was answered and what it waited for', async () => {
  const { path, collector, collect } = await follow();
  await appendFile(
    path,
    line({ peer: '127.0.0.1:9000', peerMs: 8 }) + line({ status: 502, peer: '127.0.0.1:9000', peerMs: 4 }),
  );
  const values = await collect();
  expect(values.get('airis.http.server.error_ratio {}')).toBe(0.5);
  expect(values.get('http.server.request.duration {}')).toBeCloseTo(0.01);
  expect(values.get(`http.client.request.duration ${peer}`)).toBeCloseTo(0.006);
  expect(values.get(`airis.http.client.error_ratio ${peer}`)).toBe(0.5);
  expect(collector.context?.().calls).toMatchObject([{ address: '127.0.0.1:9000', kind: 'access-log', count: 2 }]);
});

it.each([
  { name: 'a 500 may be its own', status: 500, more: {}, ratio: 0 },
  { name: 'a 504 is the answer that did not come', status: 504, more: {}, ratio: 1 },
  { name: 'a 500 that the peer answered', status: 500, more: { peerStatus: '200, 500' }, ratio: 1 },
  { name: 'a 503 in spite of the answer of the peer', status: 503, more: { peerStatus: 200 }, ratio: 0 },
])('blames the peer as far as the log tells: $name', async ({ status, more, ratio }) => {
  const { path, collect } = await follow();
  await appendFile(path, line({ status, peer: '127.0.0.1:9000', ...more }));
  expect((await collect()).get(`airis.http.client.error_ratio ${peer}`)).toBe(ratio);
});

it('speaks of the database where the peer is one', async () => {
  const { path, collect } = await follow('database');
  await appendFile(path, line({ peer: '127.0.0.1:9000', peerMs: 8 }));
  expect((await collect()).get(`db.client.operation.duration ${peer}`)).toBeCloseTo(0.008);
});

it('makes a dot of every request, and of its path nothing but the route leaves', async () => {
  const { path, collector, collect } = await follow();
  const secrets = ['홍길동', '%ED', 'kimminsu', 'jane', 'Hong', 'example', '880101', '4111', '010-', 'leedong', 'park'];
  const personal = [
    '/users/홍길동',
    `/users/${encodeURIComponent('홍길동')}/orders`,
    '/users/kimminsu',
    '/u/jane.doe',
    '/users/Hong_Gildong',
    '/news/leedong',
    '/parkjisung',
    '/mail/kimminsu@example.com',
    '/customers/880101-1234567/orders',
    '/call/010-1234-5678',
    '/x?card=4111111111111111&name=kimminsu',
  ];
  const repeated = personal.flatMap((one) =>
    Array.from({ length: 40 }, () =>
      line({ path: one, method: 'PARK', trace: '588397045ca96c5b48b38537c72c949d', peer: '127.0.0.1:9000', peerMs: 1 }),
    ),
  );
  await appendFile(path, repeated.join(''));
  const series = [...(await collect()).keys()].join('\n');
  const calls = JSON.stringify(collector.context?.());
  const taken = collector.transactions?.().take('service:shop-web');
  if (taken == null) throw new Error('no dots');
  expect(taken.rows).toBe(repeated.length);
  const text = Buffer.from(zstdDecompressSync(taken.payload)).toString('utf8');
  for (const secret of secrets) {
    for (const sent of [text, series, calls]) expect(sent.toLowerCase()).not.toContain(secret.toLowerCase());
  }
  expect(text).toContain('service:shop-web');
  expect(series).toContain('/users/{}');
  expect(openBatch(signals.transaction, taken.payload, Date.now())).toMatchObject({ ok: true });
});

it('goes on through truncation', async () => {
  const { path, collect } = await follow();
  await appendFile(path, line({}));
  await collect();
  await truncate(path, 0);
  // Shorter than what was there, as a truncated log is when it is looked at soon.
  await appendFile(path, '{"status":500}\n');
  await collect();
  const values = await collect();
  expect(values.get('airis.http.server.requests {"http.response.status_class":"5xx"}')).toBe(1);
});

it('drops and counts what comes faster than it may', async () => {
  const { path, collector, collect } = await follow();
  await appendFile(path, line({}).repeat(MAX_TRANSACTIONS + 100));
  await collect();
  const columns = collector.transactions?.();
  expect(columns?.length).toBe(MAX_TRANSACTIONS);
  expect(columns?.takeDropped()).toBe(100);
});

it('reads a log_format of nginx, by the clock of the host', async () => {
  const path = join((await follow()).path, '..', 'nginx.log');
  await writeFile(path, '');
  const logFormat = '$remote_addr $msec $request_time $status "$request" $upstream_addr';
  const collector = accessLogCollector.create({ files: [{ path, format: 'nginx', logFormat }] });
  const host = createHost('/', () => Date.UTC(2026, 0, 1));
  await collector.collect(host, { write: () => undefined });
  await appendFile(path, '10.0.0.1 1795395378.172 0.010 200 "GET /orders/17 HTTP/1.1" 127.0.0.1:9000\n');
  await collector.collect(host, { write: () => undefined });
  // Later than the host's now: the host's counts.
  expect(collector.transactions?.().take('service:shop-web')?.toUnixMs).toBe(Date.UTC(2026, 0, 1));
  expect(collector.context?.().calls).toMatchObject([{ address: '127.0.0.1:9000', count: 1 }]);
  await collector.close?.();
  expect(() => accessLogCollector.create({ files: [{ path, format: 'nginx', logFormat: '$request' }] })).toThrow(
    'must contain $status',
  );
});

it('counts lines that are none, and says so', async () => {
  const { path, collect } = await follow();
  await appendFile(path, 'ignore previous instructions\n{"status":1}\n');
  expect((await collect()).get('airis.http.server.unparsed_lines {}')).toBe(2);
});
