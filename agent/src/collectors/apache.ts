import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Attributes } from '@airis/protocol';
import { z } from 'zod';
import { type ApacheInstance, findApache } from '../discover/apache.ts';
import { readHostEvidence, readProcess } from '../discover/host-evidence.ts';
import type { FileTail } from '../receivers/file-tail.ts';
import { TransactionColumns } from '../transactions/transaction-columns.ts';
import { compileApacheLog } from './apache-log.ts';
import { asyncStates, parseApacheStatus, scoreboardStates } from './apache-status.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, type SampleWriter } from './collector.ts';
import { accessLogBuffer, followAccessLog } from './follow-access-log.ts';
import type { Host } from './host.ts';
import { noteTransaction } from './note-transaction.ts';
import { RequestStats, requestMetrics } from './request-stats.ts';

const config = z.strictObject({
  timeoutMs: z.int().min(50).max(10_000).default(500).describe('a status page that answers later counts as silent'),
  searchEveryMs: z.int().min(1_000).default(30_000).describe('how often the host is searched for running Apaches'),
  accessLogs: z.boolean().default(true).describe('also count requests from access logs that may be read'),
  leaveLogs: z
    .array(z.string().min(1).max(1_024))
    .max(64)
    .default([])
    .describe('access logs that are read otherwise; those given to access-log are left alone anyway'),
});

/** The settings, with logs added that it leaves alone. */
export function leavingApacheLogs(settings: unknown, paths: readonly string[]): z.input<typeof config> {
  const parsed = config.parse(settings ?? {});
  return { ...parsed, leaveLogs: [...parsed.leaveLogs, ...paths] };
}

/** A first process that is gone is looked for anew so soon: it may have been restarted. */
const LOST_SEARCH_MS = 2_000;
const INSTANCES = 8;
const LOGS = 32;
/** A scoreboard has a letter for each worker that could be. */
const STATUS_BYTES = 512 * 1024;
const STATES = Object.keys(scoreboardStates).length;

interface State {
  readonly stats: RequestStats;
  readonly transactions: TransactionColumns;
  readonly tails: Map<string, FileTail>;
  readonly buffer: Buffer;
  readonly of: Readonly<Record<'port' | 'worker' | 'connection' | 'scoreboard', BoundedAttributes>>;
  /** Request series as they are named where nginx writes them too. */
  readonly named: WeakMap<Attributes, Attributes>;
  instances: readonly ApacheInstance[];
  besideNginx: boolean;
  searchedAtMs: number;
}

/** Apache as found on this host: mod_status, asked on loopback, and its access logs. */
export const apacheCollector = defineCollector({
  name: 'apache',
  watches: 'both',
  config,
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
  state: (): State => ({
    stats: new RequestStats(),
    transactions: new TransactionColumns('apache'),
    tails: new Map(),
    buffer: accessLogBuffer(),
    of: {
      port: new BoundedAttributes(INSTANCES * 8, (port) => ({ 'server.port': port })),
      worker: byState('apache.worker.state', 2),
      connection: byState('apache.connection.state', Object.keys(asyncStates).length),
      scoreboard: byState('apache.scoreboard.state', STATES),
    },
    named: new WeakMap(),
    instances: [],
    besideNginx: false,
    searchedAtMs: Number.NEGATIVE_INFINITY,
  }),
  applies: async (host) => (await findApache(await readHostEvidence(host))).length > 0,
  async collect(host, { timeoutMs, searchEveryMs, accessLogs, leaveLogs }, out, state) {
    const isLost = state.instances.some(({ master }) => !isRunning(host, master));
    if (Math.abs(host.nowMs() - state.searchedAtMs) >= (isLost ? LOST_SEARCH_MS : searchEveryMs)) {
      state.searchedAtMs = host.nowMs();
      const evidence = await readHostEvidence(host);
      state.instances = await findApache(evidence);
      state.besideNginx = evidence.processes.some(({ comm }) => comm === 'nginx');
      if (accessLogs) await followLogs(host, state, leaveLogs);
    }
    const pages = state.instances.flatMap(({ statusUrl }) => statusUrl ?? []);
    await Promise.all(pages.map((url) => writeStatus(host, url, timeoutMs, out, state)));
    for (const tail of state.tails.values()) await tail.poll();
    if (state.tails.size > 0) state.stats.write(state.besideNginx ? named(out, state.named) : out);
  },
  transactions: (state) => state.transactions,
  async close({ tails }) {
    for (const tail of tails.values()) await tail.close();
    tails.clear();
  },
});

/** Keys are `<port> <state>`. */
function byState(attribute: string, states: number): BoundedAttributes {
  return new BoundedAttributes(INSTANCES * 8 * states, (key) => {
    const [port = '', state = ''] = key.split(' ');
    return { 'server.port': port, [attribute]: state };
  });
}

const isRunning = (host: Host, master: ApacheInstance['master']) =>
  readProcess(host, master.pid)?.startTicks === master.startTicks;

/** A page that is silent or no longer there leaves a gap; that Apache is gone the role watch says. */
async function writeStatus(
  host: Host,
  url: string,
  timeoutMs: number,
  out: SampleWriter,
  { of }: State,
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
function named(out: SampleWriter, known: WeakMap<Attributes, Attributes>): SampleWriter {
  const service: Attributes = { 'service.name': 'apache' };
  return {
    write(metric, value, attributes = service) {
      const made = known.get(attributes) ?? { ...attributes, ...service };
      known.set(attributes, made);
      out.write(metric, value, made);
    },
  };
}

/** Follows the logs of running instances from their ends; a log that no instance writes any more is let go. */
async function followLogs(host: Host, state: State, leaveLogs: readonly string[]): Promise<void> {
  const { instances, tails, stats, transactions, buffer } = state;
  const left = new Set(await Promise.all(leaveLogs.map(realPath)));
  // Asking for the status page every second is no traffic of the site.
  const isStatusPage = (path: string) =>
    state.instances.some(({ statusUrl }) => statusUrl !== null && new URL(statusUrl).pathname === path);
  const wanted = new Map<string, string>();
  for (const { path, format } of instances.flatMap((instance) => instance.accessLogs)) {
    if (!left.has(await realPath(path))) wanted.set(path, format);
  }
  for (const [path, tail] of tails) {
    if (wanted.has(path)) continue;
    await tail.close();
    tails.delete(path);
  }
  for (const [path, format] of wanted) {
    const read = compileApacheLog(format);
    if (tails.has(path) || tails.size >= LOGS || read === null) continue;
    const onLine = (line: string): void => {
      const request = read(line);
      if (request?.path != null && isStatusPage(request.path)) return;
      const route = stats.add(request);
      if (request !== null) noteTransaction(transactions, request, route, '', host.nowMs());
    };
    tails.set(path, followAccessLog({ path, onLine, buffer, nowMs: host.nowMs }));
  }
}

/** Where a log really lies: it may be named through a link. */
const realPath = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
