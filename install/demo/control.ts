import { randomBytes, timingSafeEqual } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ShopState } from '../../hub/src/demo/schema.ts';
import type { FaultAnswer, FaultBoard, FaultCode } from './fault-board.ts';

/** How the hub reaches the shop: written to a file that only its user may read. */
export interface ControlFile {
  readonly url: string;
  readonly token: string;
}

const statusOf: Readonly<Record<FaultCode, number>> = {
  DEMO_FAULT_UNKNOWN: 404,
  DEMO_FAULT_ACTIVE: 409,
  DEMO_FAULT_REFUSED: 422,
  DEMO_FAULT_FAILED: 500,
};

/**
 * The door through which the hub asks the shop and orders faults: loopback, a free port, a token made at each start.
 *
 * @param file - where url and token go, mode 0600; gone again when disposed
 */
export async function startControl(file: string, board: FaultBoard, shop: () => ShopState): Promise<AsyncDisposable> {
  const token = randomBytes(32).toString('hex');
  const server = createServer((request, response) => {
    answer(request, response).catch((cause: unknown) => {
      send(response, 500, { code: 'DEMO_FAULT_FAILED', detail: String(cause).slice(0, 300) });
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    if (!isSame(request.headers.authorization ?? '', `Bearer ${token}`)) return send(response, 401, {});
    const { pathname } = new URL(request.url ?? '/', 'http://shop');
    if (request.method === 'GET' && pathname === '/faults') return send(response, 200, board.list());
    if (request.method === 'GET' && pathname === '/shop') return send(response, 200, shop());
    const order = /^\/faults\/([^/]{1,100})\/(start|stop)$/.exec(pathname);
    if (request.method !== 'POST' || order === null) return send(response, 404, {});
    const name = decodeURIComponent(order[1]!); // both groups are in the pattern
    sendAnswer(response, await (order[2] === 'start' ? board.start(name) : board.stop(name)));
  }

  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', done);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  const content: ControlFile = { url: `http://127.0.0.1:${address.port}`, token };
  writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return {
    async [Symbol.asyncDispose]() {
      rmSync(file, { force: true });
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function sendAnswer(response: ServerResponse, answer: FaultAnswer): void {
  if (answer.ok) send(response, 200, answer.fault);
  else send(response, statusOf[answer.code], { code: answer.code, detail: answer.detail });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
