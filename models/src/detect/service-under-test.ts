import type { Attributes, Finding } from '@airis/protocol';
import { createNormal, createRandom } from '../random.ts';
import type { Explanation } from './detector.ts';
import { createEdgeDetection } from './edge.ts';
import type { BusyProcess } from './steady-processes.ts';

export const T0 = 1_760_000_000_000;

export const MiB = 1024 * 1024;
const LIMIT = 512 * MiB;
const QUOTA = 64 * MiB;
const peer: Attributes = { 'server.address': '127.0.0.1', 'server.port': '5432' };
const database: Attributes = { 'db.namespace': 'shop', 'server.port': '5432' };

/** What the series of one service say in one second; `null` writes nothing. */
export interface Second {
  readonly cores: number;
  readonly memory: number;
  readonly processes: number;
  readonly uploads: number;
  readonly requests: number;
  readonly failures: number;
  readonly latency: number | null;
  readonly errors: number | null;
  readonly callLatency: number | null;
  readonly callErrors: number | null;
  readonly used: number;
  readonly pending: number;
  readonly idleInUse: number;
  readonly loopP99: number;
  readonly busyThreads: number;
  readonly waiters: number;
  readonly longestWait: number;
  readonly longest: number;
  readonly statementMean: number | null;
  readonly nginxRequests: number;
  readonly nginxActive: number;
}

const series: readonly [string, Attributes, string, (s: Second) => number | null][] = [
  ['airis.scope.cpu.usage', {}, '{cpu}', (s) => s.cores],
  ['airis.scope.memory.usage', {}, 'By', (s) => s.memory],
  ['airis.scope.memory.limit', {}, 'By', () => LIMIT],
  ['airis.scope.memory.utilization', {}, '1', (s) => s.memory / LIMIT],
  ['airis.scope.processes', {}, '{process}', (s) => s.processes],
  ['airis.directory.usage', { 'airis.directory.name': 'uploads' }, 'By', (s) => s.uploads],
  ['airis.directory.limit', { 'airis.directory.name': 'uploads' }, 'By', () => QUOTA],
  ['airis.directory.utilization', { 'airis.directory.name': 'uploads' }, '1', (s) => s.uploads / QUOTA],
  ['airis.http.server.requests', { 'http.response.status_class': '2xx' }, '{request}', (s) => s.requests],
  ['airis.http.server.requests', { 'http.response.status_class': '5xx' }, '{request}', (s) => s.failures],
  ['http.server.request.duration', {}, 's', (s) => s.latency],
  ['http.server.request.duration', { 'http.route': '/orders/{}' }, 's', (s) => s.latency],
  ['airis.http.server.error_ratio', {}, '1', (s) => s.errors],
  ['db.client.operation.duration', peer, 's', (s) => s.callLatency],
  ['airis.http.client.error_ratio', peer, '1', (s) => s.callErrors],
  ['db.client.connection.count', { 'db.client.connection.state': 'used' }, '{connection}', (s) => s.used],
  ['db.client.connection.max', {}, '{connection}', () => 10],
  ['db.client.connection.pending_requests', {}, '{request}', (s) => s.pending],
  ['airis.db.client.connection.idle_in_use', {}, '{connection}', (s) => s.idleInUse],
  ['nodejs.eventloop.delay.p99', {}, 's', (s) => s.loopP99],
  [
    'tomcat.thread.count',
    { 'tomcat.connector': 'http-nio-1', 'tomcat.thread.state': 'busy' },
    '{thread}',
    (s) => s.busyThreads,
  ],
  ['tomcat.thread.limit', { 'tomcat.connector': 'http-nio-1' }, '{thread}', () => 20],
  ['airis.db.server.lock.waiters', database, '{session}', (s) => s.waiters],
  ['airis.db.server.lock.longest_wait', database, 's', (s) => s.longestWait],
  ['airis.db.server.statement.longest', database, 's', (s) => s.longest],
  ['airis.db.server.statement.duration', database, 's', (s) => s.statementMean],
  ['nginx.requests', { 'server.port': '80' }, '{request}', (s) => s.nginxRequests],
  [
    'nginx.connections_current',
    { 'server.port': '80', 'nginx.connection.state': 'active' },
    '{connection}',
    (s) => s.nginxActive,
  ],
];

/** Requests a second of a small office day, pressed into ten minutes: from 5 to 25 within a minute, and back. */
export const officeLoad = (second: number): number => {
  const phase = (second % 300) / 300;
  if (phase < 0.2) return 5;
  if (phase < 0.4) return 5 + (20 * (phase - 0.2)) / 0.2;
  return phase < 0.8 ? 25 : 25 - (20 * (phase - 0.8)) / 0.2;
};

export interface World {
  readonly processes?: (second: number) => readonly BusyProcess[];
  readonly explanations?: (second: number) => readonly Explanation[];
  readonly scopeEntity?: string | null;
  readonly seed?: number;
}

/** Runs a service under office load, with noise, collections and slow single requests, plus what `at` changes. */
export function serve(
  seconds: number,
  at: (second: number, usual: Second) => Partial<Second>,
  { processes, explanations, scopeEntity = 'service:shop-app', seed = 7 }: World = {},
): Finding[] {
  const uniform = createRandom(seed);
  const normal = createNormal(uniform);
  let ids = 0;
  const detection = createEdgeDetection({
    hostEntity: 'host:shop-app',
    scopeEntity,
    model: null,
    newId: () => `f-${String(ids++).padStart(8, '0')}`,
  });
  series.forEach(([metric, attributes, unit], i) => {
    detection.addSeries(i, { id: BigInt(i + 1), metric, attributes, unit, kind: 'gauge' });
  });
  const values = new Float64Array(series.length);
  const all: Finding[] = [];
  let sawtooth = 0;
  for (let second = 0; second < seconds; second++) {
    const rate = Math.max(0, officeLoad(second) + Math.sqrt(officeLoad(second)) * normal());
    // A collection now and then: a second or two of a busy core, and slow answers in it.
    const isCollecting = uniform() < 0.02;
    const slowOne = uniform() < 0.03 ? 2.5 / Math.max(1, rate) : 0;
    sawtooth = sawtooth > 24 || isCollecting ? 0 : sawtooth + rate / 12;
    const failed = uniform() < 0.02 ? 1 : 0;
    const latency = rate < 1 ? null : Math.max(0.002, 0.03 + 0.006 * normal() + (isCollecting ? 0.4 : 0) + slowOne);
    const usual: Second = {
      cores: Math.max(0, 0.02 + 0.012 * rate + 0.03 * normal() + (isCollecting ? 0.9 : 0)),
      memory: (180 + sawtooth + 2 * normal()) * MiB,
      processes: 1,
      uploads: 10 * MiB + 2_000 * second,
      requests: rate,
      failures: failed,
      latency,
      errors: rate < 1 ? null : failed / rate,
      callLatency: latency === null ? null : latency / 3,
      callErrors: rate < 1 ? null : failed / rate,
      used: Math.min(10, Math.max(0, Math.round(rate / 8 + normal()))),
      pending: uniform() < 0.01 ? 1 : 0,
      idleInUse: uniform() < 0.1 ? 2 : 0,
      loopP99: 0.02 + (isCollecting ? 0.4 : 0),
      busyThreads: Math.max(0, Math.round(rate / 6 + normal())),
      waiters: uniform() < 0.1 ? 1 : 0,
      longestWait: uniform() < 0.1 ? 0.05 : 0,
      longest: uniform() < 0.3 ? 0.02 * uniform() : 0,
      statementMean: 0.002 + 0.001 * Math.abs(normal()),
      nginxRequests: rate,
      nginxActive: Math.max(1, Math.round(rate * 2 + 3 * normal())),
    };
    const now = { ...usual, ...at(second, usual) };
    series.forEach(([, , , of], i) => {
      values[i] = of(now) ?? Number.NaN;
    });
    detection.setContext({
      topProcesses: processes?.(second) ?? [{ pid: 900, name: 'node', cpuRatio: now.cores }],
      explanations: explanations?.(second) ?? [],
    });
    detection.observe(T0 + second * 1_000, values, values.length);
    all.push(...detection.takeFindings());
  }
  return all;
}
