import type { Attributes } from '@airis/protocol';
import { findApache, findApacheOn } from '../discover/apache.ts';
import { readHostEvidence } from '../discover/host-evidence.ts';
import { TransactionColumns } from '../transactions/transaction-columns.ts';
import { compileApacheLog } from './apache-log.ts';
import { asyncStates, parseApacheStatus, scoreboardStates } from './apache-status.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, type SampleWriter } from './collector.ts';
import type { Host } from './host.ts';
import { noteTransaction } from './note-transaction.ts';
import { RequestStats, requestMetrics } from './request-stats.ts';
import { INSTANCES, WebServerWatch, webServerConfig } from './web-server.ts';

/** A scoreboard has a letter for each worker that could be. */
const STATUS_BYTES = 512 * 1024;
const STATES = Object.keys(scoreboardStates).length;

interface State {
  readonly stats: RequestStats;
  readonly transactions: TransactionColumns;
  readonly watch: WebServerWatch;
  readonly of: Readonly<Record<'port' | 'worker' | 'connection' | 'scoreboard', BoundedAttributes>>;
  /** Request series as they are named where nginx writes them too. */
  readonly named: WeakMap<Attributes, Attributes>;
  isBesideNginx: boolean;
}

/** Apache as found on this host: mod_status, asked on loopback, and its access logs. */
export const apacheCollector = defineCollector({
  name: 'apache',
  watches: 'both',
  config: webServerConfig('Apaches'),
  capabilities: ['http'],
  emits: {
    'apache.uptime': { unit: 's', kind: 'gauge', about: 'time since Apache was started' },
    'apache.requests': { unit: '{request}', kind: 'counter', about: 'requests answered' },
    'apache.traffic': { unit: 'By', kind: 'counter', about: 'bytes sent, to the whole KiB' },
    'apache.request.time': { unit: 's', kind: 'counter', about: 'time spent on requests, summed' },
    'apache.current_connections': { unit: '{connection}', kind: 'gauge', about: 'open connections' },
    'apache.connections.async': {
      unit: '{connection}',
      kind: 'gauge',
      about: 'connections that no worker is busy with, by state (event MPM)',
    },
    'apache.workers': { unit: '{worker}', kind: 'gauge', about: 'workers by state: busy, idle' },
    'apache.scoreboard': {
      unit: '{worker}',
      kind: 'gauge',
      about: 'workers by what they do; open: those that could still be started',
    },
    ...requestMetrics,
  },
  state(): State {
    const stats = new RequestStats();
    const transactions = new TransactionColumns('apache');
    const state: State = {
      stats,
      transactions,
      watch: new WebServerWatch({
        async find(host) {
          const evidence = await readHostEvidence(host);
          state.isBesideNginx = evidence.processes.some(({ comm }) => comm === 'nginx');
          return findApache(evidence);
        },
        compile: compileApacheLog,
        onRequest(request, nowMs) {
          const route = stats.add(request);
          if (request !== null) noteTransaction(transactions, request, route, '', nowMs);
        },
      }),
      of: {
        port: new BoundedAttributes(INSTANCES * 8, (port) => ({ 'server.port': port })),
        worker: byState('apache.worker.state', 2),
        connection: byState('apache.connection.state', Object.keys(asyncStates).length),
        scoreboard: byState('apache.scoreboard.state', STATES),
      },
      named: new WeakMap(),
      isBesideNginx: false,
    };
    return state;
  },
  applies: async (host) => (await findApacheOn(host)).length > 0,
  async collect(host, settings, out, state) {
    const { watch, stats, of, named } = state;
    await watch.search(host, settings);
    await Promise.all(watch.statusUrls.map((url) => writeStatus(host, url, settings.timeoutMs, out, of)));
    await watch.pollLogs();
    if (watch.isFollowing) stats.write(state.isBesideNginx ? asApache(out, named) : out);
  },
  transactions: (state) => state.transactions,
  close: ({ watch }) => watch.close(),
});

/** Keys are `<port> <state>`. */
function byState(attribute: string, states: number): BoundedAttributes {
  return new BoundedAttributes(INSTANCES * 8 * states, (key) => {
    const [port = '', state = ''] = key.split(' ');
    return { 'server.port': port, [attribute]: state };
  });
}

/** A page that is silent or no longer there leaves a gap; that Apache is gone the role watch says. */
async function writeStatus(
  host: Host,
  url: string,
  timeoutMs: number,
  out: SampleWriter,
  of: State['of'],
): Promise<void> {
  const answer = await host.http?.(url, { timeoutMs, maxBytes: STATUS_BYTES }).catch(() => null);
  const status = answer?.status === 200 ? parseApacheStatus(answer.text) : null;
  if (status === null) return;
  const port = new URL(url).port || '80';
  const put = (metric: string, value: number | null | undefined, attributes: Attributes | null): void => {
    if (value !== null && value !== undefined && attributes !== null) out.write(metric, value, attributes);
  };
  const all = of.port.get(port);
  put('apache.uptime', status.uptimeSeconds, all);
  put('apache.requests', status.requests, all);
  put('apache.traffic', status.bytes, all);
  put('apache.request.time', status.requestSeconds, all);
  put('apache.current_connections', status.connections, all);
  put('apache.workers', status.busy, of.worker.get(`${port} busy`));
  put('apache.workers', status.idle, of.worker.get(`${port} idle`));
  for (const [state, count] of Object.entries(status.asyncConnections)) {
    put('apache.connections.async', count, of.connection.get(`${port} ${state}`));
  }
  for (const [state, count] of status.scoreboard)
    put('apache.scoreboard', count, of.scoreboard.get(`${port} ${state}`));
}

/** nginx on the same host writes the same series; two writers of one counter would make it nonsense. */
function asApache(out: SampleWriter, known: WeakMap<Attributes, Attributes>): SampleWriter {
  const service: Attributes = { 'service.name': 'apache' };
  return {
    write(metric, value, attributes = service) {
      const made = known.get(attributes) ?? { ...attributes, ...service };
      known.set(attributes, made);
      out.write(metric, value, made);
    },
  };
}
