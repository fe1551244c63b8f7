import { createWriteStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import type { AppOrder } from '../faults/fault.ts';
import { createAppFaults } from './faults.ts';
import { createMetricsPage } from './metrics-page.ts';
import { createPostgresqlStore, type PostgresqlOptions } from './postgresql-store.ts';
import { contextOf, type RequestContext, within } from './request-context.ts';
import { createStandInStore } from './stand-in-store.ts';
import { PoolTimeout } from './store.ts';

/**
 * The shop's app: a handful of routes over the store, an access log with the trace and the time spent in the database, a
 * metrics page, and a channel on which the demo orders faults.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    log: { type: 'string' },
    /** JSON of `PostgresqlOptions`; its password stays in a file. */
    postgresql: { type: 'string' },
    'stand-in': { type: 'string' },
  },
});
const database = values.postgresql === undefined ? null : (JSON.parse(values.postgresql) as PostgresqlOptions);
const store = database === null ? createStandInStore(values['stand-in'] ?? '') : createPostgresqlStore(database);
const peer = database === null ? (values['stand-in'] ?? '') : `${database.host}:${database.port}`;
const faults = createAppFaults(store);
const metrics = createMetricsPage(store);
const log = createWriteStream(values.log ?? '/dev/null', { flags: 'a' });

process.on('message', (order) => faults.apply(order as AppOrder)); // only the demo holds the channel
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => {
  faults.end();
  process.exit();
});

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://app');
  if (pathname === '/metrics') return void response.end(metrics.text());
  if (pathname === '/health') return void response.end('{"ok":true}');
  request.resume();
  void serve(request, response, pathname);
});
server.keepAliveTimeout = 60_000;
server.listen(Number(values.port), '127.0.0.1');

async function serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const startedAt = performance.now();
  const context = contextOf(String(request.headers.traceparent ?? ''));
  const ends = metrics.requestBegins();
  let databaseMs: number | null = null;
  let status = 200;
  let body: unknown;
  try {
    const work = workFor(request.method ?? 'GET', path);
    if (work === null) {
      status = 404;
      body = { error: 'there is no such page' };
    } else {
      const askedAt = performance.now();
      try {
        body = await within(context, work);
      } finally {
        databaseMs = performance.now() - askedAt;
      }
    }
  } catch (error) {
    status = error instanceof PoolTimeout ? 503 : 500;
    body = { error: error instanceof Error ? error.message : String(error) };
  }
  const text = JSON.stringify(body ?? null);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(text);
  ends();
  note(request, context, path, status, performance.now() - startedAt, databaseMs, Buffer.byteLength(text));
}

function workFor(method: string, path: string): (() => Promise<unknown>) | null {
  if (method === 'POST') return path === '/orders' ? () => store.order(pick(2_000), pick(200)) : null;
  if (path === '/') return () => store.catalogue();
  const item = /^\/items\/(\d{1,9})$/.exec(path);
  if (item !== null) return () => store.item(Number(item[1]));
  const orders = /^\/orders\/(\d{1,9})$/.exec(path);
  return orders === null ? null : () => store.history(Number(orders[1]), faults.isSlow());
}

const pick = (most: number): number => 1 + Math.floor(Math.random() * most);

function note(
  request: IncomingMessage,
  context: RequestContext,
  path: string,
  status: number,
  ms: number,
  databaseMs: number | null,
  bytes: number,
): void {
  const line = {
    t: Date.now() / 1_000,
    ms: round(ms),
    status,
    method: request.method,
    path,
    ...context,
    ...(databaseMs === null ? {} : { peer, peerMs: round(databaseMs) }),
    bytes,
  };
  log.write(`${JSON.stringify(line)}\n`);
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
