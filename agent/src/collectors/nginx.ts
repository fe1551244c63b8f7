import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Attributes } from '@airis/protocol';
import { z } from 'zod';
import { readProcess } from '../discover/host-evidence.ts';
import { findNginxOn, type NginxInstance } from '../discover/nginx.ts';
import type { FileTail } from '../receivers/file-tail.ts';
import { TransactionColumns } from '../transactions/transaction-columns.ts';
import { compileAccessLog } from './access-log.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import { CallStats, callMetrics } from './call-stats.ts';
import { defineCollector, type SampleWriter } from './collector.ts';
import { accessLogBuffer, followAccessLog } from './follow-access-log.ts';
import type { Host } from './host.ts';
import { parseNginxStatus } from './nginx-status.ts';
import { noteTransaction } from './note-transaction.ts';
import { RequestStats, requestMetrics } from './request-stats.ts';

const config = z.strictObject({
  timeoutMs: z.int().min(50).max(10_000).default(500).describe('a status page that answers later counts as silent'),
  searchEveryMs: z.int().min(1_000).default(30_000).describe('how often the host is searched for running nginx'),
  accessLogs: z.boolean().default(true).describe('also count requests from access logs that may be read'),
  leaveLogs: z
    .array(z.string().min(1).max(1_024))
    .max(64)
    .default([])
    .describe('access logs that are read otherwise; those given to access-log are left alone anyway'),
});

/** The settings, with logs added that it leaves alone. */
export function leavingLogs(settings: unknown, paths: readonly string[]): z.input<typeof config> {
  const parsed = config.parse(settings ?? {});
  return { ...parsed, leaveLogs: [...parsed.leaveLogs, ...paths] };
}

/** A master that is gone is looked for anew so soon: it may have been restarted. */
const LOST_SEARCH_MS = 2_000;
const INSTANCES = 8;
const LOGS = 32;
const KiB = 1024;

interface State {
  readonly stats: RequestStats;
  readonly calls: CallStats;
  readonly transactions: TransactionColumns;
  readonly tails: Map<string, FileTail>;
  readonly buffer: Buffer;
  readonly of: Readonly<Record<string, BoundedAttributes>>;
  instances: readonly NginxInstance[];
  searchedAtMs: number;
}

const connectionStates = ['active', 'reading', 'writing', 'waiting'] as const;

/** nginx as found on this host: its status page, asked on loopback, and its access logs. */
export const nginxCollector = defineCollector({
  name: 'nginx',
  watches: 'both',
  config,
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
  state: (): State => ({
    stats: new RequestStats(),
    calls: new CallStats('http'),
    transactions: new TransactionColumns(),
    tails: new Map(),
    buffer: accessLogBuffer(),
    of: Object.fromEntries(
      ['', ...connectionStates].map((state) => [
        state,
        new BoundedAttributes(INSTANCES * 8, (port) => ({
          'server.port': port,
          ...(state === '' ? {} : { 'nginx.connection.state': state }),
        })),
      ]),
    ),
    instances: [],
    searchedAtMs: Number.NEGATIVE_INFINITY,
  }),
  applies: async (host) => (await findNginxOn(host)).length > 0,
  async collect(host, { timeoutMs, searchEveryMs, accessLogs, leaveLogs }, out, state) {
    const isLost = state.instances.some(({ master }) => !isRunning(host, master));
    const passedMs = Math.abs(host.nowMs() - state.searchedAtMs);
    if (passedMs >= (isLost ? LOST_SEARCH_MS : searchEveryMs)) {
      state.searchedAtMs = host.nowMs();
      state.instances = await findNginxOn(host);
      if (accessLogs) await followLogs(host, state, leaveLogs);
    }
    for (const { statusUrl } of state.instances) {
      if (statusUrl !== null) await writeStatus(host, statusUrl, timeoutMs, out, state);
    }
    for (const tail of state.tails.values()) await tail.poll();
    if (state.tails.size === 0) return;
    state.stats.write(out);
    state.calls.write(out);
  },
  context: ({ calls }) => ({ calls: calls.calls() }),
  transactions: (state) => state.transactions,
  async close({ tails }) {
    for (const tail of tails.values()) await tail.close();
    tails.clear();
  },
});

const isRunning = (host: Host, master: NginxInstance['master']) =>
  readProcess(host, master.pid)?.startTicks === master.startTicks;

/** A page that is silent or no longer there leaves a gap; that nginx is gone the role watch says. */
async function writeStatus(
  host: Host,
  url: string,
  timeoutMs: number,
  out: SampleWriter,
  { of }: State,
): Promise<void> {
  const answer = await host.http?.(url, { timeoutMs, maxBytes: 4 * KiB }).catch(() => null);
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

/** Follows the logs of running instances from their ends; a log that no instance writes any more is let go. */
async function followLogs(host: Host, state: State, leaveLogs: readonly string[]): Promise<void> {
  const { instances, tails, stats, calls, transactions, buffer } = state;
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
    const read = compileAccessLog(format);
    if (tails.has(path) || tails.size >= LOGS || read === null) continue;
    tails.set(
      path,
      followAccessLog({
        path,
        onLine: (line) => {
          const request = read(line);
          if (request?.path != null && isStatusPage(request.path)) return;
          const route = stats.add(request);
          if (request === null) return;
          calls.add(request);
          noteTransaction(transactions, request, route, '', host.nowMs());
        },
        buffer,
        nowMs: host.nowMs,
      }),
    );
  }
}

/** Where a log really lies: it may be named through a link. */
const realPath = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
