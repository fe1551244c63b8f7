import { createServer, get, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { GOOD_NETWORK, startProxy, type TcpProxy } from './proxy.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function echoServer(): Promise<number> {
  const server: Server = createServer((request, response) => {
    request.on('data', () => undefined);
    response.end('x'.repeat(200_000));
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
  const port = await echoServer();
  const proxy = await startProxy({ port: 0, target: { host: '127.0.0.1', port } });
  open.push(proxy);
  return proxy;
}

function fetchOnce(address: string): Promise<{ bytes: number; ms: number }> {
  const startedAt = performance.now();
  return new Promise((done, failed) => {
    get(`http://${address}/`, { agent: false }, (response) => {
      let bytes = 0;
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
      });
      response.on('end', () => done({ bytes, ms: performance.now() - startedAt }));
    }).on('error', failed);
  });
}

describe('the proxy between two tiers', () => {
  it('passes everything on, whole and in order, while the network is good', async () => {
    const proxy = await startPair();
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetchOnce(proxy.address)));
    expect(answers.map(({ bytes }) => bytes)).toEqual(Array.from({ length: 20 }, () => 200_000));
  });

  it('delays both directions while it is bad, also on connections that were there before, and stops at once', async () => {
    const proxy = await startPair();
    proxy.setTrouble({ latencyMs: 150, jitterMs: 0, lossRatio: 0 });
    const slow = await fetchOnce(proxy.address);
    expect(slow.bytes).toBe(200_000);
    expect(slow.ms).toBeGreaterThan(290);
    proxy.setTrouble(GOOD_NETWORK);
    expect((await fetchOnce(proxy.address)).ms).toBeLessThan(slow.ms);
  });

  it('loses no byte for good: what is lost comes again later', async () => {
    const proxy = await startPair();
    proxy.setTrouble({ latencyMs: 0, jitterMs: 5, lossRatio: 0.3 });
    expect((await fetchOnce(proxy.address)).bytes).toBe(200_000);
  });

  it('ends the client when nobody listens behind it', async () => {
    const proxy = await startProxy({ port: 0, target: { host: '127.0.0.1', port: 1 } });
    open.push(proxy);
    await expect(fetchOnce(proxy.address)).rejects.toThrow();
  });
});
