import { TRANSACTION_ERROR } from '@airis/protocol';
import { koreanTime } from '../korean-time.ts';
import { ApiError } from './api-error.ts';
import type { ApiContext } from './context.ts';
import type { TransactionRow } from './ports.ts';
import { hostIdOf } from './present.ts';
import { defineRoute } from './route.ts';
import {
  activeTransactions,
  transactionList,
  transactionListQuery,
  transactionsAnswer,
  transactionsQuery,
} from './schema/transaction.ts';
import { windowOf } from './time-window.ts';
import type { TransactionItem } from './types.ts';

/** A day of dots costs memory for nothing that an eye could tell apart. */
const MAX_WINDOW_MS = 32 * 86_400_000;

export const queryTransactions = defineRoute({
  method: 'POST',
  path: '/api/v1/query/transactions',
  summary: 'Transactions over a window in packed columns: dots by time, or a grid where they are too many',
  auth: 'viewer',
  body: transactionsQuery,
  response: transactionsAnswer,
  audit: null,
  async handle({ body: { from, to, ...filter } }, hub) {
    const window = transactionWindow({ from, to }, hub.clock());
    const found = await hub.query.transactions({ ...filter, ...window });
    const { count } = found;
    const services = [...found.services];
    if (found.kind === 'dots') {
      return {
        kind: 'dots' as const,
        ...window,
        services,
        count,
        timesMs: packed(found.timesMs),
        elapsedMs: packed(found.elapsedMs),
        status: packed(found.status),
        flags: packed(found.flags),
        service: packed(found.service),
      };
    }
    const { stepMs, elapsedEdgesMs, cells } = found;
    return {
      kind: 'grid' as const,
      ...window,
      services,
      count,
      stepMs,
      elapsedEdgesMs: [...elapsedEdgesMs],
      cells: {
        timesMs: packed(cells.timesMs),
        bin: packed(cells.bin),
        service: packed(cells.service),
        count: packed(cells.count),
        failed: packed(cells.failed),
      },
    };
  },
});

export const listTransactions = defineRoute({
  method: 'POST',
  path: '/api/v1/query/transactions/list',
  summary: 'Single transactions of a window, slowest first',
  auth: 'viewer',
  body: transactionListQuery,
  response: transactionList,
  audit: null,
  async handle({ body: { from, to, ...filter } }, hub) {
    const window = transactionWindow({ from, to }, hub.clock());
    const { items, total } = await hub.query.transactionList({ ...filter, ...window });
    return { items: items.map((row) => present(row, hub)), total };
  },
});

export const listActiveTransactions = defineRoute({
  method: 'GET',
  path: '/api/v1/transactions/active',
  summary: 'Requests in flight now, by service and by how long they have been',
  auth: 'viewer',
  response: activeTransactions,
  async handle(_call, hub) {
    const [rows, hosts] = await Promise.all([hub.query.activeRequests(), hub.records.hosts()]);
    const scopes = new Map(hosts.map(({ agent, health }) => [agent, health.scope?.entity]));
    const items = rows.map(({ agent, lt3s, from3to8s, ge8s, atUnixMs }) => ({
      service: scopes.get(agent) ?? hostIdOf(agent),
      host: hostIdOf(agent),
      lt3s,
      from3to8s,
      ge8s,
      at: koreanTime(atUnixMs),
    }));
    return { items: items.sort((left, right) => (left.service < right.service ? -1 : 1)) };
  },
});

function present(row: TransactionRow, hub: Pick<ApiContext, 'topology'>): TransactionItem {
  const { flags, agent, ...rest } = row;
  return {
    ...rest,
    at: koreanTime(row.endUnixMs),
    failed: (flags & TRANSACTION_ERROR) !== 0,
    callee: row.peer === null ? null : hub.topology.entityAt(agent, row.peer),
    host: hostIdOf(agent),
  };
}

function transactionWindow(range: { readonly from: string | number; readonly to: string | number }, now: number) {
  const window = windowOf({ from: asText(range.from), to: asText(range.to) }, now);
  if (window.toUnixMs - window.fromUnixMs > MAX_WINDOW_MS) {
    throw new ApiError(400, 'BAD_REQUEST', 'the window is longer than 32 days', { hint: 'ask for a shorter window' });
  }
  return window;
}

const asText = (moment: string | number): string =>
  typeof moment === 'number' ? new Date(moment).toISOString() : moment;

/** Typed arrays are little-endian on every machine that Node runs on. */
function packed(values: Float32Array | Uint32Array | Uint16Array | Uint8Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}
