import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { type AddressInfo, createConnection, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { GOOD_NETWORK, startProxy, type TcpProxy } from './proxy.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** Counts, so that two pieces that changed places show. */
const BODY = Buffer.from(Uint32Array.from({ length: 50_000 }, (_, index) => index).buffer);

async function countingServer(): Promise<number> {
  const server: Server = createServer((request, response) => {
    request.on('data', () => undefined);
    response.end(BODY);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  open.push({
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

async function startPair(): Promise<TcpProxy> {
  const port = await countingServer();
  const proxy = await startProxy({ port: 0, target: { host: '127.0.0.1', port } });
  open.push(proxy);
  return proxy;
}

function fetchOnce(address: string): Promise<{ isWhole: boolean; ms: number }> {
  const startedAt = performance.now();
  return new Promise((done, failed) => {
    get(`http://${address}/`, { agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () =>
        done({ isWhole: Buffer.concat(pieces).equals(BODY), ms: performance.now() - startedAt }),
      );
      response.on('error', failed);
    }).on('error', failed);
  });
}

describe('the proxy between two tiers', () => {
  it('passes everything on, whole and in order, while the network is good', async () => {
    const proxy = await startPair();
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetchOnce(proxy.address)));
    expect(answers.every(({ isWhole }) => isWhole)).toBe(true);
  });

  it('delays both directions while it is bad, also on connections that were there before, and stops at once', async () => {
    const proxy = await startPair();
    proxy.setTrouble({ latencyMs: 150, jitterMs: 0, lossRatio: 0 });
    const slow = await fetchOnce(proxy.address);
    expect(slow.isWhole).toBe(true);
    expect(slow.ms).toBeGreaterThan(290);
    proxy.setTrouble(GOOD_NETWORK);
    expect((await fetchOnce(proxy.address)).ms).toBeLessThan(slow.ms);
  });

  it.each([
    { about: 'jitter of a few milliseconds', latencyMs: 0, jitterMs: 5, lossRatio: 0 },
    { about: 'loss', latencyMs: 5, jitterMs: 5, lossRatio: 0.1 },
  ])('loses no byte for good and changes no two pieces about, under $about', async ({ about: _, ...trouble }) => {
    const proxy = await startPair();
    proxy.setTrouble(trouble);
    const answers = await Promise.all(Array.from({ length: 100 }, () => fetchOnce(proxy.address)));
    expect(answers.every(({ isWhole }) => isWhole)).toBe(true);
  });

  it('lets a caller that has finished sending read the whole answer', async () => {
    const upstream = createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', () => undefined).on('end', () => socket.end(BODY));
    });
    await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
    const { port } = upstream.address() as AddressInfo;
    const proxy = await startProxy({ port: 0, target: { host: '127.0.0.1', port } });
    open.push({ [Symbol.asyncDispose]: () => new Promise((done) => upstream.close(() => done())) }, proxy);
    const pieces: Buffer[] = [];
    const caller = createConnection({
      port: Number(proxy.address.split(':')[1]),
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    caller.on('data', (piece: Buffer) => pieces.push(piece)).end('question');
    await once(caller, 'end');
    expect(Buffer.concat(pieces).equals(BODY)).toBe(true);
  });

  it('ends the client when nobody listens behind it', async () => {
    const proxy = await startProxy({ port: 0, target: { host: '127.0.0.1', port: 1 } });
    open.push(proxy);
    await expect(fetchOnce(proxy.address)).rejects.toThrow();
  });
});
