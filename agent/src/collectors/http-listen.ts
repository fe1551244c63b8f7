import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { nodeHttp } from '../http-module.ts';
import { placeOf } from './listen-address.ts';

export interface HttpRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Without parameters, lower case; empty for none. */
  readonly contentType: string;
  /** As a browser says it; empty for none. */
  readonly origin?: string;
  /** The address a proxy in front of this port was asked from, else the sender's own. */
  readonly client?: string;
  /** Unpacked where it was gzip. */
  readonly body: Uint8Array;
}
export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** The sender may try again after so long. */
  readonly retryAfterSeconds?: number;
  /** For gRPC, whose refusals have no body. */
  readonly why?: string;
}
export interface HttpListenOptions {
  /** Of the body as sent, and again unpacked; where it differs, by path. */
  readonly maxBodyBytes: number | ((path: string) => number);
  /** From its first byte to its last; by default 10 s. */
  readonly requestTimeoutMs?: number;
  answer(request: HttpRequest): HttpReply;
  /** For what never becomes a request: too large, packed otherwise than it says, too many at once. */
  refuse(status: number, why: string, contentType: string): HttpReply;
}
export interface HttpListener extends AsyncDisposable {
  readonly port: number;
}
export type HttpListen = (place: string, options: HttpListenOptions) => Promise<HttpListener>;

const MAX_CONNECTIONS = 64;
/** Bodies read at one time: with the largest size these bound the memory. */
const MAX_REQUESTS = 8;
const unpack = promisify(gunzip);

/** An HTTP server for small posts of programs on this host; every size, number and time is bounded. */
export const httpListen: HttpListen = async (place, options) => {
  const { host, port } = placeOf(place);
  let open = 0;
  const server: Server = nodeHttp().createServer(
    {
      maxHeaderSize: 8 * 1024,
      headersTimeout: 5_000,
      requestTimeout: options.requestTimeoutMs ?? 10_000,
      keepAliveTimeout: 65_000,
    },
    (request, response) => {
      open++;
      response.once('close', () => open--);
      serve(request, response, options, open > MAX_REQUESTS).catch(() => {
        // A request that ends in mid-body is nobody's to answer.
        if (response.headersSent || request.destroyed) response.destroy();
        else reply(response, options.refuse(500, 'the agent could not take this', ''), true);
      });
    },
  );
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
        server.closeAllConnections();
      }),
  };
};

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpListenOptions,
  isTooMany: boolean,
): Promise<void> {
  const contentType = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  const refuse = (status: number, why: string) => options.refuse(status, why, contentType);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const path = (request.url ?? '/').split('?')[0]!;
  const maxBodyBytes = maxBodyBytesOf(options, path);
  if (isTooMany) return reply(response, refuse(503, 'too many requests at once; try again'), true);
  if (encoding !== 'identity' && encoding !== 'gzip') {
    return reply(response, refuse(415, 'content-encoding must be gzip or none'), true);
  }
  const sent = await read(request, maxBodyBytes);
  if (sent === null) return reply(response, refuse(413, `the body is larger than ${maxBodyBytes} bytes`), true);
  let body: Uint8Array = sent;
  if (encoding === 'gzip') {
    try {
      body = await unpack(sent, { maxOutputLength: maxBodyBytes });
    } catch (error) {
      const isTooLarge = error instanceof RangeError;
      const why = isTooLarge ? `the unpacked body is larger than ${maxBodyBytes} bytes` : 'the body is not gzip';
      return reply(response, refuse(isTooLarge ? 413 : 400, why), false);
    }
  }
  const { origin = '' } = request.headers;
  reply(
    response,
    options.answer({ method: request.method ?? '', path, contentType, origin, client: clientOf(request), body }),
    false,
  );
}

export const maxBodyBytesOf = ({ maxBodyBytes }: HttpListenOptions, path: string): number =>
  typeof maxBodyBytes === 'number' ? maxBodyBytes : maxBodyBytes(path);

/** The last of the addresses that proxies have written: this is what the proxy beside this port has seen itself. */
function clientOf({ headers, socket }: IncomingMessage): string {
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .at(-1)!
    .trim();
  return forwarded === '' ? (socket.remoteAddress ?? '') : forwarded.slice(0, 64);
}

/** `null` as soon as it is too long, whatever length the header says. */
async function read(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return null;
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

function reply(response: ServerResponse, answer: HttpReply, mustClose: boolean): void {
  const { status, contentType, body, retryAfterSeconds } = answer;
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.length,
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(mustClose ? { connection: 'close' } : {}),
  });
  response.end(body);
}
