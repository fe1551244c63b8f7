import type { Attributes } from '@airis/protocol';
import { findNginxOn } from '../discover/nginx.ts';
import { TransactionColumns } from '../transactions/transaction-columns.ts';
import { compileAccessLog } from './access-log.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import { CallStats, callMetrics } from './call-stats.ts';
import { defineCollector, type SampleWriter } from './collector.ts';
import type { Host } from './host.ts';
import { parseNginxStatus } from './nginx-status.ts';
import { noteTransaction } from './note-transaction.ts';
import { RequestStats, requestMetrics } from './request-stats.ts';
import { INSTANCES, WebServerWatch, webServerConfig } from './web-server.ts';

const STATUS_BYTES = 4 * 1024;

interface State {
  readonly stats: RequestStats;
  readonly calls: CallStats;
  readonly transactions: TransactionColumns;
  readonly watch: WebServerWatch;
  readonly of: Readonly<Record<string, BoundedAttributes>>;
}

const connectionStates = ['active', 'reading', 'writing', 'waiting'] as const;

/** nginx as found on this host: its status page, asked on loopback, and its access logs. */
export const nginxCollector = defineCollector({
  name: 'nginx',
  watches: 'both',
  config: webServerConfig('nginx'),
  capabilities: ['http'],
  emits: {
    'nginx.connections_accepted': { unit: '{connection}', kind: 'counter', about: 'connections accepted' },
    'nginx.connections_handled': {
      unit: '{connection}',
      kind: 'counter',
      about: 'connections handled; fewer than accepted when a limit was reached',
    },
    'nginx.connections_current': { unit: '{connection}', kind: 'gauge', about: 'open connections by state' },
    'nginx.requests': { unit: '{request}', kind: 'counter', about: 'requests that clients made' },
    ...requestMetrics,
    ...callMetrics,
  },
  state(): State {
    const stats = new RequestStats();
    const calls = new CallStats('http');
    const transactions = new TransactionColumns();
    return {
      stats,
      calls,
      transactions,
      watch: new WebServerWatch({
        find: findNginxOn,
        compile: compileAccessLog,
        onRequest(request, nowMs) {
          const route = stats.add(request);
          if (request === null) return;
          calls.add(request);
          noteTransaction(transactions, request, route, '', nowMs);
        },
      }),
      of: Object.fromEntries(
        ['', ...connectionStates].map((state) => [
          state,
          new BoundedAttributes(INSTANCES * 8, (port) => ({
            'server.port': port,
            ...(state === '' ? {} : { 'nginx.connection.state': state }),
          })),
        ]),
      ),
    };
  },
  applies: async (host) => (await findNginxOn(host)).length > 0,
  async collect(host, settings, out, { watch, stats, calls, of }) {
    await watch.search(host, settings);
    for (const url of watch.statusUrls) await writeStatus(host, url, settings.timeoutMs, out, of);
    await watch.pollLogs();
    if (!watch.isFollowing) return;
    stats.write(out);
    calls.write(out);
  },
  context: ({ calls }) => ({ calls: calls.calls() }),
  transactions: (state) => state.transactions,
  close: ({ watch }) => watch.close(),
});

/** A page that is silent or no longer there leaves a gap; that nginx is gone the role watch says. */
async function writeStatus(
  host: Host,
  url: string,
  timeoutMs: number,
  out: SampleWriter,
  of: State['of'],
): Promise<void> {
  const answer = await host.http?.(url, { timeoutMs, maxBytes: STATUS_BYTES }).catch(() => null);
  const status = answer?.status === 200 ? parseNginxStatus(answer.text) : null;
  const port = new URL(url).port || '80';
  const all = of['']?.get(port);
  if (status === null || all === null || all === undefined) return;
  out.write('nginx.connections_accepted', status.accepted, all);
  out.write('nginx.connections_handled', status.handled, all);
  out.write('nginx.requests', status.requests, all);
  for (const state of connectionStates) {
    const attributes: Attributes | null = of[state]?.get(port) ?? null;
    if (attributes !== null) out.write('nginx.connections_current', status[state], attributes);
  }
}
