import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Server } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type HttpListen, type HttpListenOptions, type HttpReply, maxBodyBytesOf } from './http-listen.ts';
import { placeOf } from './listen-address.ts';

const MAX_CONNECTIONS = 64;
const MAX_STREAMS_OF_ONE = 16;
/** Messages read at one time, over all connections: with the largest size these bound the memory. */
const MAX_REQUESTS = 8;
const MAX_HEADER_BYTES = 8 * 1024;
/** Well above what fits, so that it is we who refuse and count; Node ends a connection at 64 KiB. */
const MAX_HEADER_PAIRS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_MS = 300_000;
/** Compressed or not, and the length. */
const PREFIX_BYTES = 5;
const PROTOBUF = 'application/x-protobuf';
const unpack = promisify(gunzip);

/** gRPC's codes for what HTTP says; OTLP clients try again after 14 (unavailable) alone. */
const grpcStatuses: Readonly<Record<number, number>> = {
  200: 0,
  400: 3,
  404: 12,
  408: 4,
  413: 8,
  415: 12,
  429: 14,
  431: 8,
  503: 14,
};
const INTERNAL = 13;

/** What cannot be answered as asked, in HTTP's numbers. */
class Refused extends Error {
  readonly status: number;
  constructor(status: number, why: string) {
    super(why);
    this.status = status;
  }
}

/**
 * A gRPC server for unary calls of programs on this host, without TLS. Written on `node:http2`: one message each way is a
 * prefix of five bytes, a path and a trailer, which a library of a megabyte is not needed for. It answers through the same
 * function as HTTP; `path` is then that of the method.
 */
export const grpcListen: HttpListen = async (place, options) => {
  const { host, port } = placeOf(place);
  const sessions = new Set<ServerHttp2Session>();
  let open = 0;
  const refuse = (status: number, why: string) => options.refuse(status, why, PROTOBUF);
  const http2 = createServer({
    maxHeaderListPairs: MAX_HEADER_PAIRS,
    maxSessionInvalidFrames: 20,
    maxSessionRejectedStreams: 20,
    unknownProtocolTimeout: REQUEST_TIMEOUT_MS,
    settings: { maxConcurrentStreams: MAX_STREAMS_OF_ONE, maxHeaderListSize: MAX_HEADER_BYTES, enablePush: false },
  });
  http2.on('session', (session) => {
    sessions.add(session);
    session.setTimeout(IDLE_MS, () => session.close());
    session.once('close', () => sessions.delete(session));
  });
  // Frames that are none, too many streams, floods: the session ends.
  http2.on('sessionError', () => refuse(400, 'this is no HTTP/2'));
  http2.on('unknownProtocol', (socket) => {
    refuse(400, 'this is no HTTP/2');
    socket.destroy();
  });
  http2.on('stream', (stream, headers) => {
    open++;
    stream.once('close', () => open--);
    // Whoever ends a call in its middle wants no answer.
    stream.on('error', () => stream.destroy());
    serve(stream, headers, options, open > MAX_REQUESTS).then(
      (reply) => answer(stream, reply),
      (error: unknown) => {
        if (stream.destroyed) return;
        const { status, message } =
          error instanceof Refused ? error : new Refused(500, 'the agent could not take this');
        answer(stream, refuse(status, message));
      },
    );
  });
  // The types leave out that it is a server of `node:net`.
  const server = http2 as unknown as Server;
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((done, failed) => {
    server.once('error', (cause) =>
      failed(new Error(`cannot listen on ${place}: ${cause.message}; free the port or name another one`, { cause })),
    );
    server.listen(port, host, done);
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    [Symbol.asyncDispose]: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const session of sessions) session.destroy();
      }),
  };
};

async function serve(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  options: HttpListenOptions,
  isTooMany: boolean,
): Promise<HttpReply> {
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const maxBodyBytes = maxBodyBytesOf(options, headers[':path'] ?? '');
  if (lengthOf(headers) > MAX_HEADER_BYTES) throw new Refused(431, `headers are longer than ${MAX_HEADER_BYTES} bytes`);
  const encoding = headers['grpc-encoding'] ?? 'identity';
  if (headers[':method'] !== 'POST' || !/^application\/grpc(?:\+proto)?(?:;|$)/.test(headers['content-type'] ?? '')) {
    throw new Refused(415, 'gRPC with protobuf is taken here; OTLP over HTTP has a port of its own');
  }
  if (encoding !== 'identity' && encoding !== 'gzip') throw new Refused(415, 'grpc-encoding must be gzip or identity');
  if (isTooMany) throw new Refused(503, 'too many requests at once; try again');
  const sent = await read(stream, maxBodyBytes + PREFIX_BYTES, requestTimeoutMs);
  if (sent.length < PREFIX_BYTES) throw new Refused(400, 'the message ends before it begins');
  const flag = sent[0]!;
  if (flag > 1 || sent.readUInt32BE(1) !== sent.length - PREFIX_BYTES) {
    throw new Refused(400, 'a call is one message, as long as its prefix says');
  }
  const message = sent.subarray(PREFIX_BYTES);
  const body = flag === 0 ? message : await unpacked(message, encoding, maxBodyBytes);
  return options.answer({ method: 'POST', path: headers[':path'] ?? '', contentType: PROTOBUF, body });
}

const lengthOf = (headers: IncomingHttpHeaders): number =>
  Object.entries(headers).reduce((sum, [name, value = '']) => sum + name.length + value.length, 0);

/** All that is sent; refused as soon as it is too long or takes too long. */
function read(stream: ServerHttp2Stream, maxBytes: number, timeoutMs: number): Promise<Buffer> {
  return new Promise((done, failed) => {
    const parts: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(() => failed(new Refused(408, 'the message did not end in time')), timeoutMs);
    stream.once('close', () => {
      clearTimeout(timer);
      failed(new Refused(400, 'the call ended in mid-message'));
    });
    stream.once('end', () => done(Buffer.concat(parts, length)));
    stream.on('data', (part: Buffer) => {
      length += part.length;
      if (length <= maxBytes) parts.push(part);
      else failed(new Refused(413, `the message is larger than ${maxBytes - PREFIX_BYTES} bytes`));
    });
  });
}

async function unpacked(message: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  if (encoding !== 'gzip') throw new Refused(400, 'the message is compressed in a way that is not said');
  try {
    return await unpack(message, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw new Refused(413, `the unpacked message is larger than ${maxBytes} bytes`);
    throw new Refused(400, 'the message is not gzip');
  }
}

function answer(stream: ServerHttp2Stream, { status, body, why = '' }: HttpReply): void {
  if (stream.destroyed || stream.headersSent) return;
  const code = grpcStatuses[status] ?? INTERNAL;
  const headers = {
    ':status': 200,
    'content-type': 'application/grpc+proto',
    'grpc-accept-encoding': 'identity,gzip',
  };
  if (code === 0) {
    stream.respond(headers, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt32BE(body.length, 1);
    stream.end(Buffer.concat([prefix, body]));
    return;
  }
  stream.respond(
    { ...headers, 'grpc-status': `${code}`, 'grpc-message': encodeURIComponent(why) },
    { endStream: true },
  );
  // What is still being sent is not wanted.
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}
