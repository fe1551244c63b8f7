import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { ProtobufReader } from '../otlp/protobuf-reader.ts';
import { encode } from '../otlp/protobuf-under-test.ts';
import { grpcListen } from './grpc-listen.ts';
import { startOtlp } from './otlp-under-test.ts';

const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

const framed = (body: Uint8Array, flag = 0, length = body.length): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, body]);
};
const spans = encode([[1, { message: [[2, { message: [[2, { message: [] }]] }]] }]]);

interface Reply {
  readonly http: unknown;
  readonly status: unknown;
  readonly why: string;
  readonly body: Buffer;
}

function client(port: number) {
  const session = connect(`http://127.0.0.1:${port}`, { maxSendHeaderBlockLength: 1_000_000 });
  session.on('error', () => undefined);
  const call = (sent: Uint8Array | null, more: OutgoingHttpHeaders = {}): Promise<Reply> =>
    callOn(session, sent, { ':path': TRACES, 'content-type': 'application/grpc', te: 'trailers', ...more });
  return { session, call, [Symbol.dispose]: () => session.destroy() };
}

/** `null` is a body without end. */
function callOn(session: ClientHttp2Session, sent: Uint8Array | null, headers: OutgoingHttpHeaders): Promise<Reply> {
  return new Promise((done, failed) => {
    const stream = session.request({ ':method': 'POST', ...headers });
    let answer: Record<string, unknown> = {};
    const parts: Buffer[] = [];
    stream.on('response', (got) => {
      answer = { ...got };
    });
    stream.on('trailers', (got) => {
      answer = { ...answer, ...got };
    });
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('error', failed);
    stream.on('close', () =>
      done({
        http: answer[':status'],
        status: answer['grpc-status'],
        why: decodeURIComponent(String(answer['grpc-message'] ?? '')),
        body: Buffer.concat(parts),
      }),
    );
    if (sent === null) {
      const more = () => stream.write(Buffer.alloc(16 * 1024), (error) => error ?? setImmediate(more));
      more();
    } else if (sent.length > 0) stream.end(sent);
    else stream.end();
  });
}

it('answers a call with the length of its answer and a trailer, and says what it did not take', async () => {
  await using otlp = await startOtlp();
  using grpc = client(otlp.grpcPort);
  const none = await grpc.call(framed(new Uint8Array()));
  expect(none).toEqual({ http: 200, status: '0', why: '', body: Buffer.alloc(5) });
  const some = await grpc.call(framed(gzipSync(spans), 1), { 'grpc-encoding': 'gzip' });
  expect([some.status, some.body[0], some.body.readUInt32BE(1)]).toEqual(['0', 0, some.body.length - 5]);
  const partial = new ProtobufReader(some.body.subarray(5));
  partial.next();
  const inner = partial.message();
  expect([inner.next(), inner.uint()]).toEqual([1, 1]);
  await otlp.step();
  expect(otlp.refusals.snapshot()).toEqual({ 'otlp-span': 1 });
});

const bomb = gzipSync(Buffer.alloc(10_000_000));
it.each([
  { what: 'an unknown method', sent: framed(spans), headers: { ':path': '/a.B/C' }, status: '12', counted: 404 },
  { what: 'GET', sent: new Uint8Array(), headers: { ':method': 'GET' }, status: '12', counted: 415 },
  {
    what: 'another content',
    sent: framed(spans),
    headers: { 'content-type': 'text/plain' },
    status: '12',
    counted: 415,
  },
  {
    what: 'JSON',
    sent: framed(spans),
    headers: { 'content-type': 'application/grpc+json' },
    status: '12',
    counted: 415,
  },
  {
    what: 'another encoding',
    sent: framed(spans, 1),
    headers: { 'grpc-encoding': 'snappy' },
    status: '12',
    counted: 415,
  },
  { what: 'long headers', sent: framed(spans), headers: { 'x-a': 'x'.repeat(9_000) }, status: '8', counted: 431 },
  {
    what: 'many headers',
    sent: framed(spans),
    headers: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, 'x'.repeat(20)])),
    status: '8',
    counted: 431,
  },
  { what: 'no message', sent: new Uint8Array(), status: '3', counted: 400 },
  { what: 'a torn prefix', sent: framed(spans).subarray(0, 3), status: '3', counted: 400 },
  { what: 'a length too long', sent: framed(spans, 0, 4_000_000_000), status: '3', counted: 400 },
  { what: 'a length too short', sent: framed(spans, 0, 1), status: '3', counted: 400 },
  { what: 'two messages', sent: Buffer.concat([framed(spans), framed(spans)]), status: '3', counted: 400 },
  { what: 'an odd flag', sent: framed(spans, 7), status: '3', counted: 400 },
  { what: 'compression nobody named', sent: framed(gzipSync(spans), 1), status: '3', counted: 400 },
  { what: 'what is no gzip', sent: framed(spans, 1), headers: { 'grpc-encoding': 'gzip' }, status: '3', counted: 400 },
  { what: 'what is no OTLP', sent: framed(Buffer.alloc(20, 0xff)), status: '3', counted: 400 },
  { what: 'a bomb', sent: framed(bomb, 1), headers: { 'grpc-encoding': 'gzip' }, status: '8', counted: 413 },
  { what: 'a message too large', sent: framed(Buffer.alloc(70_000)), status: '8', counted: 413 },
  { what: 'a body without end', sent: null, status: '8', counted: 413 },
])('refuses $what with a reason', async ({ sent, headers = {}, status, counted }) => {
  await using otlp = await startOtlp({ maxBodyBytes: 64 * 1024 });
  using grpc = client(otlp.grpcPort);
  const answer = await grpc.call(sent, headers);
  expect([answer.http, answer.status]).toEqual([200, status]);
  expect(answer.why.length).toBeGreaterThan(15);
  await otlp.step();
  expect(otlp.refusals.snapshot()).toEqual({ [`otlp-${counted}`]: 1 });
  expect((await grpc.call(framed(spans))).status).toBe('0');
});

it('ends connections of what is no HTTP/2 and of giant headers, and takes calls after them', async () => {
  await using otlp = await startOtlp();
  await new Promise((done) => {
    const socket = connectTcp(otlp.grpcPort, '127.0.0.1', () => socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    socket.on('error', () => undefined);
    socket.on('close', done);
    socket.resume();
  });
  using greedy = client(otlp.grpcPort);
  await expect(greedy.call(framed(spans), { 'x-big': 'x'.repeat(100_000) })).rejects.toThrow();
  await otlp.step();
  expect(otlp.refusals.snapshot()).toEqual({ 'otlp-400': 2 });
  using grpc = client(otlp.grpcPort);
  expect((await grpc.call(framed(spans))).status).toBe('0');
});

it('does not wait for a message that never ends, nor for more of them than it may hold', async () => {
  const refused: number[] = [];
  const body = Buffer.from('x');
  const listener = await grpcListen('127.0.0.1:0', {
    maxBodyBytes: 1_000,
    requestTimeoutMs: 200,
    answer: () => ({ status: 200, contentType: '', body }),
    refuse: (status, why) => {
      refused.push(status);
      return { status, contentType: '', body, why };
    },
  });
  await using _ = listener;
  using grpc = client(listener.port);
  const slow = Array.from({ length: 10 }, () => {
    const stream = grpc.session.request({ ':method': 'POST', ':path': '/x', 'content-type': 'application/grpc' });
    stream.write(Buffer.alloc(3));
    return new Promise((done) => stream.on('response', (got) => done(got['grpc-status'])));
  });
  expect((await Promise.all(slow)).sort()).toEqual([...Array(2).fill('14'), ...Array(8).fill('4')]);
  expect(refused.sort()).toEqual([...Array(8).fill(408), 503, 503]);
});
