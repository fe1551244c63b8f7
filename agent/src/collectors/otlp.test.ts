import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { ProtobufReader } from '../otlp/protobuf-reader.ts';
import { encode } from '../otlp/protobuf-under-test.ts';
import { createHost, restrictHost } from './host.ts';
import { otlpCollector } from './otlp.ts';

interface Reply {
  readonly status: number;
  readonly type: string | undefined;
  readonly retryAfter: string | undefined;
  readonly body: Buffer;
}

async function start(settings: object = {}) {
  const collector = otlpCollector.create({ listen: '127.0.0.1:0', ...settings });
  const host = restrictHost(createHost(), collector.capabilities);
  const refused: Record<string, number> = {};
  const read = () =>
    collector.collect(host, {
      write: () => undefined,
      declare: () => true,
      refuse: (reason, howMany = 1) => {
        refused[reason] = (refused[reason] ?? 0) + howMany;
      },
    });
  await read();
  const port = Number(/\d+$/.exec(collector.context?.().note ?? '')?.[0]);
  const send = (path: string, body: Uint8Array | string, headers: Record<string, string> = {}, method = 'POST') =>
    new Promise<Reply>((done, failed) => {
      const given = { 'content-type': 'application/json', ...headers };
      const sent = request({ host: '127.0.0.1', port, path, method, headers: given, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          done({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'],
            retryAfter: response.headers['retry-after'],
            body: Buffer.concat(parts),
          }),
        );
      });
      sent.on('error', failed);
      sent.end(body);
    });
  return { collector, read, refused, send, [Symbol.asyncDispose]: async () => collector.close?.() };
}

const spans = (...list: unknown[]) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: list }] }] });
const records = (count: number) =>
  JSON.stringify({
    resourceLogs: [
      { scopeLogs: [{ logRecords: Array.from({ length: count }, () => ({ body: { stringValue: 'x' } })) }] },
    ],
  });

it('says in the form it was asked in what it did not take', async () => {
  await using otlp = await start();
  const none = await otlp.send('/v1/traces', spans());
  expect([none.status, none.type, none.body.toString()]).toEqual([200, 'application/json', '{}']);
  const some = await otlp.send('/v1/traces?x=1', spans({ traceId: '', spanId: '' }, {}));
  expect(JSON.parse(some.body.toString())).toEqual({
    partialSuccess: { rejectedSpans: '2', errorMessage: expect.stringContaining('ids') },
  });
  const bad = encode([[1, { message: [[2, { message: [[2, { message: [] }]] }]] }]]);
  const answer = await otlp.send('/v1/traces', bad, { 'content-type': 'application/x-protobuf' });
  const partial = new ProtobufReader(answer.body);
  expect([answer.status, answer.type, partial.next()]).toEqual([200, 'application/x-protobuf', 1]);
  const inner = partial.message();
  expect([inner.next(), inner.uint(), inner.next(), inner.text()]).toEqual([1, 1, 2, expect.stringContaining('ids')]);
  await otlp.read();
  expect(otlp.refused).toEqual({ 'otlp-span': 3 });
});

it.each([
  { what: 'another path', path: '/v1/profiles', body: '{}', status: 404 },
  { what: 'another method', method: 'PUT', body: '{}', status: 405 },
  { what: 'another type', headers: { 'content-type': 'text/plain' }, body: '{}', status: 415 },
  { what: 'another encoding', headers: { 'content-encoding': 'br' }, body: '{}', status: 415 },
  { what: 'what is no JSON', body: '{"resourceSpans', status: 400 },
  { what: 'JSON of another shape', body: '{"resourceSpans": 7}', status: 400 },
  { what: 'what is no protobuf', headers: { 'content-type': 'application/x-protobuf' }, body: '{}', status: 400 },
  { what: 'what is no gzip', headers: { 'content-encoding': 'gzip' }, body: '{}', status: 400 },
  { what: 'a body too large', body: ' '.repeat(65 * 1024), status: 413 },
  {
    what: 'a body that unpacks too large',
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync(' '.repeat(10_000_000)),
    status: 413,
  },
])('refuses $what with a reason', async ({ path = '/v1/traces', method = 'POST', headers = {}, body, status }) => {
  await using otlp = await start({ maxBodyBytes: 64 * 1024 });
  const answer = await otlp.send(path, body, headers, method);
  expect(answer.status).toBe(status);
  expect(answer.body.length).toBeGreaterThan(15);
  await otlp.read();
  expect(otlp.refused).toEqual({ [`otlp-${status}`]: 1 });
  expect((await otlp.send('/v1/traces', spans())).status).toBe(200);
});

it('tells senders to come again while they send too much, or lines wait', async () => {
  await using otlp = await start({ maxItemsPerSecond: 6_000 });
  expect((await otlp.send('/v1/logs', records(6_000))).status).toBe(200);
  const later = await otlp.send('/v1/logs', records(1));
  expect([later.status, later.retryAfter]).toEqual([429, '1']);
  await otlp.read();
  const full = await otlp.send('/v1/logs', records(5_000));
  expect([full.status, full.retryAfter]).toEqual([503, '1']);
  let lines = 0;
  otlp.collector.deliverLines?.({ accept: () => ++lines > 0 });
  expect(lines).toBe(6_000);
  expect((await otlp.send('/v1/logs', records(5_000))).status).toBe(200);
});

it('listens nowhere unless told', async () => {
  expect(await otlpCollector.create(undefined).applies(createHost())).toBe(false);
});
