import { semconv } from '@airis/protocol';
import { z } from 'zod';
import { readHostEvidence } from '../discover/host-evidence.ts';
import { findTomcat } from '../discover/tomcat.ts';
import { errorText } from '../errors.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, type SampleWriter } from './collector.ts';
import type { Host } from './host.ts';
import { POOL_LIMIT } from './jdbc-pools.ts';
import { type JolokiaTarget, jolokiaTarget, readBeans } from './jolokia.ts';
import { type TomcatReading, tomcatReading, tomcatReads } from './tomcat-beans.ts';

const config = z.strictObject({
  targets: z
    .array(jolokiaTarget)
    .max(8)
    .default([])
    .describe('where Jolokia answers; without it JVMs that load the Jolokia agent are looked for'),
  timeoutMs: z.int().min(50).max(10_000).default(600),
  searchEveryMs: z.int().min(1_000).default(30_000).describe('how often running Tomcats are looked for'),
});

const AGES = [
  { name: 'lt3s', belowMs: 3_000 },
  { name: '3to8s', belowMs: 8_000 },
  { name: 'ge8s', belowMs: Number.POSITIVE_INFINITY },
] as const;

interface State {
  targets: readonly JolokiaTarget[];
  searchedAtMs: number;
  readonly of: Readonly<
    Record<
      | 'busy'
      | 'idle'
      | 'connector'
      | 'received'
      | 'sent'
      | 'executor'
      | 'age'
      | 'memory'
      | 'gc'
      | 'pool'
      | 'poolUsed'
      | 'poolIdle',
      BoundedAttributes
    >
  >;
}

/** Tomcat through Jolokia: threads, requests by age, traffic, sessions, pools to databases, heap and collections. */
export const tomcatCollector = defineCollector({
  name: 'tomcat',
  watches: 'both',
  config,
  capabilities: ['http'],
  emits: {
    [semconv.metric.tomcatThreads]: { unit: '{thread}', kind: 'gauge', about: 'request threads by state' },
    [semconv.metric.tomcatThreadLimit]: { unit: '{thread}', kind: 'gauge', about: 'request threads at most' },
    'tomcat.requests': { unit: '{request}', kind: 'counter', about: 'requests answered' },
    'tomcat.errors': { unit: '{error}', kind: 'counter', about: 'requests answered with an error' },
    'tomcat.sessions': { unit: '{session}', kind: 'gauge', about: 'HTTP sessions now' },
    [semconv.metric.httpServerActive]: { unit: '{request}', kind: 'gauge', about: 'requests in service by their age' },
    [semconv.metric.jvmMemoryUsed]: { unit: 'By', kind: 'gauge', about: 'memory of the JVM in use by type' },
    [semconv.metric.jvmMemoryLimit]: { unit: 'By', kind: 'gauge', about: 'and at most, where it is limited' },
    'airis.jvm.gc.time': { unit: 's', kind: 'counter', about: 'time spent in garbage collections' },
    'jvm.class.count': { unit: '{class}', kind: 'gauge', about: 'classes loaded now' },
    'tomcat.request.duration.sum': { unit: 's', kind: 'counter', about: 'time spent on requests, by connector' },
    'tomcat.network.io': { unit: 'By', kind: 'counter', about: 'bytes of requests and answers, by connector' },
    'tomcat.connection.count': {
      unit: '{connection}',
      kind: 'gauge',
      about: 'open connections, served, queued or kept alive, and one to come',
    },
    'tomcat.connection.limit': { unit: '{connection}', kind: 'gauge', about: 'open connections at most' },
    'tomcat.executor.queue': {
      unit: '{request}',
      kind: 'gauge',
      about: 'requests queued for a thread; only connectors with an Executor tell',
    },
    [semconv.metric.dbClientConnections]: {
      unit: '{connection}',
      kind: 'gauge',
      about: 'connections of a pool by state: used, idle (tomcat-jdbc, HikariCP, DBCP)',
    },
    [semconv.metric.dbClientConnectionMax]: {
      unit: '{connection}',
      kind: 'gauge',
      about: 'connections of a pool at most',
    },
    [semconv.metric.dbClientPending]: {
      unit: '{request}',
      kind: 'gauge',
      about: 'requests that wait for a connection of the pool; DBCP does not say',
    },
    'jvm.memory.committed': { unit: 'By', kind: 'gauge', about: 'heap that the JVM has from the system' },
    'airis.jvm.gc.count': { unit: '{collection}', kind: 'counter', about: 'garbage collections' },
    'jvm.class.loaded': { unit: '{class}', kind: 'counter', about: 'classes loaded since the start' },
    'jvm.class.unloaded': { unit: '{class}', kind: 'counter', about: 'classes unloaded since the start' },
    'jvm.thread.count': { unit: '{thread}', kind: 'gauge', about: 'threads of the whole JVM' },
  },
  state: ({ targets }): State => ({
    targets,
    searchedAtMs: Number.NEGATIVE_INFINITY,
    of: {
      busy: connectorsIn({ 'tomcat.thread.state': 'busy' }),
      idle: connectorsIn({ 'tomcat.thread.state': 'idle' }),
      connector: connectorsIn({}),
      received: connectorsIn({ [semconv.attribute.networkDirection]: 'receive' }),
      sent: connectorsIn({ [semconv.attribute.networkDirection]: 'transmit' }),
      executor: new BoundedAttributes(16, (name) => ({ 'tomcat.executor': name })),
      pool: poolsIn({}),
      poolUsed: poolsIn({ [semconv.attribute.dbClientConnectionState]: 'used' }),
      poolIdle: poolsIn({ [semconv.attribute.dbClientConnectionState]: 'idle' }),
      age: new BoundedAttributes(3, (age) => ({ [semconv.attribute.requestAge]: age })),
      memory: new BoundedAttributes(2, (type) => ({ 'jvm.memory.type': type })),
      gc: new BoundedAttributes(16, (name) => ({ 'jvm.gc.name': name })),
    },
  }),
  applies: async (host, { targets }) => targets.length > 0 || (await findUrls(host)).length > 0,
  async collect(host, { targets, timeoutMs, searchEveryMs }, out, state) {
    if (targets.length === 0 && Math.abs(host.nowMs() - state.searchedAtMs) >= searchEveryMs) {
      state.searchedAtMs = host.nowMs();
      state.targets = (await findUrls(host)).map((url) => ({ url }));
    }
    const problems: string[] = [];
    const several = state.targets.length > 1;
    for (const target of state.targets) {
      const { url } = target;
      try {
        const reading = tomcatReading(await readBeans(host, target, tomcatReads, timeoutMs));
        write(reading, several ? portOnly(out, url) : out, state);
      } catch (error) {
        problems.push(`${url}: ${errorText(error)}`);
      }
    }
    if (problems.length > 0) throw new Error(problems.join('; '));
  },
});

function connectorsIn(more: Readonly<Record<string, string>>): BoundedAttributes {
  return new BoundedAttributes(16, (connector) => ({ 'tomcat.connector': connector, ...more }));
}

/** Of all JVMs together, of which each has its own pools. */
function poolsIn(more: Readonly<Record<string, string>>): BoundedAttributes {
  return new BoundedAttributes(POOL_LIMIT * 8, (pool) => ({ 'db.client.connection.pool.name': pool, ...more }));
}

/** Several JVMs on one host are told apart by the port of their Jolokia. */
function portOnly(out: SampleWriter, url: string): SampleWriter {
  const port = new URL(url).port || '80';
  return { write: (metric, value, attributes) => out.write(metric, value, { 'server.port': port, ...attributes }) };
}

async function findUrls(host: Host): Promise<string[]> {
  const found = await findTomcat(await readHostEvidence(host));
  return found.flatMap(({ jolokiaUrl }) => jolokiaUrl ?? []).slice(0, 8);
}

function write(reading: TomcatReading, out: SampleWriter, { of }: State): void {
  const put = (metric: string, value: number | null, among?: BoundedAttributes, key = ''): void => {
    const attributes = among?.get(key);
    if (value !== null && attributes !== null) out.write(metric, value, attributes);
  };
  for (const pool of reading.pools) {
    const { connector, busy, threads, limit, requests, errors } = pool;
    put(semconv.metric.tomcatThreads, busy, of.busy, connector);
    put(semconv.metric.tomcatThreads, Math.max(0, threads - busy), of.idle, connector);
    put(semconv.metric.tomcatThreadLimit, limit, of.connector, connector);
    put('tomcat.requests', requests, of.connector, connector);
    put('tomcat.errors', errors, of.connector, connector);
    put('tomcat.request.duration.sum', pool.busySeconds, of.connector, connector);
    put('tomcat.network.io', pool.bytesReceived, of.received, connector);
    put('tomcat.network.io', pool.bytesSent, of.sent, connector);
    put('tomcat.connection.count', pool.connections, of.connector, connector);
    put('tomcat.connection.limit', pool.connectionLimit, of.connector, connector);
  }
  for (const { name, queued } of reading.executors) put('tomcat.executor.queue', queued, of.executor, name);
  for (const { name, used, idle, limit, pending } of reading.jdbcPools) {
    put(semconv.metric.dbClientConnections, used, of.poolUsed, name);
    put(semconv.metric.dbClientConnections, idle, of.poolIdle, name);
    put(semconv.metric.dbClientConnectionMax, limit, of.pool, name);
    put(semconv.metric.dbClientPending, pending, of.pool, name);
  }
  let fromMs = 0;
  for (const { name, belowMs } of AGES) {
    const inAge = reading.activeMs.filter((ms) => ms >= fromMs && ms < belowMs).length;
    put(semconv.metric.httpServerActive, inAge, of.age, name);
    fromMs = belowMs;
  }
  put('tomcat.sessions', reading.sessions);
  put(semconv.metric.jvmMemoryUsed, reading.heap?.used ?? null, of.memory, 'heap');
  put(semconv.metric.jvmMemoryUsed, reading.nonHeapUsed, of.memory, 'non_heap');
  put(semconv.metric.jvmMemoryLimit, reading.heap?.limit ?? null, of.memory, 'heap');
  put('jvm.memory.committed', reading.heapCommitted, of.memory, 'heap');
  for (const { name, seconds, count } of reading.gc) {
    put('airis.jvm.gc.time', seconds, of.gc, name);
    put('airis.jvm.gc.count', count, of.gc, name);
  }
  put('jvm.class.count', reading.classes.now);
  put('jvm.class.loaded', reading.classes.loaded);
  put('jvm.class.unloaded', reading.classes.unloaded);
  put('jvm.thread.count', reading.jvmThreads);
}
