import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { SLOW_SECONDS } from '../shop-app/store.ts';

/** Stand-in for the database: a few maps in memory behind HTTP, and what it does on a metrics page. It knows no locks. */
const { values } = parseArgs({ options: { port: { type: 'string' } } });
const ITEMS = 200;
const items = Array.from({ length: ITEMS }, (_, i) => ({ id: i + 1, name: `상품 ${i + 1}`, price: 1_000 + i * 37 }));
const orders = new Map<number, { id: number; item: number }[]>();
const MOST_ORDERS = 20;
let nextOrder = 1;
const running = new Map<number, number>();
let nextStatement = 0;

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://database');
  if (pathname === '/metrics') return void response.end(metricsText());
  const key = nextStatement++;
  running.set(key, performance.now());
  const delayMs = searchParams.has('slow') ? SLOW_SECONDS * 1_000 : 1;
  setTimeout(() => {
    running.delete(key);
    response.end(JSON.stringify(answer(pathname, searchParams)));
  }, delayMs);
}).listen(Number(values.port), '127.0.0.1');

function answer(path: string, words: URLSearchParams): unknown {
  const customer = Number(words.get('customer'));
  switch (path) {
    case '/catalogue':
      return items.slice(0, 20);
    case '/item':
      return items[Number(words.get('id')) - 1] ?? null;
    case '/history':
      return orders.get(customer) ?? [];
    case '/order': {
      const own = orders.get(customer) ?? [];
      orders.set(customer, [{ id: nextOrder, item: Number(words.get('item')) }, ...own].slice(0, MOST_ORDERS));
      return { id: nextOrder++ };
    }
    default:
      return { ok: true };
  }
}

function metricsText(): string {
  const longest = Math.max(0, ...[...running.values()].map((startMs) => (performance.now() - startMs) / 1_000));
  return [
    `{"airis.db.server.statement.longest"} ${longest}`,
    `{"airis.db.server.lock.waiters"} 0`,
    `{"airis.db.server.lock.longest_wait"} 0`,
    `{"postgresql.backends","postgresql.backend.state"="active"} ${running.size}`,
    '',
  ].join('\n');
}
