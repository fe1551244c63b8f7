import { semconv } from '@airis/protocol';
import { z } from 'zod';
import { readHostEvidence } from '../discover/host-evidence.ts';
import { findTomcat } from '../discover/tomcat.ts';
import { errorText } from '../errors.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, type SampleWriter } from './collector.ts';
import type { Host } from './host.ts';
import { readBeans } from './jolokia.ts';
import { type TomcatReading, tomcatReading, tomcatReads } from './tomcat-beans.ts';

const config = z.strictObject({
  targets: z
    .array(z.strictObject({ url: z.url({ protocol: /^http$/ }).describe('of Jolokia, on loopback') }))
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
  urls: readonly string[];
  searchedAtMs: number;
  readonly of: Readonly<Record<'busy' | 'idle' | 'connector' | 'age' | 'memory' | 'gc', BoundedAttributes>>;
}

/** Tomcat through Jolokia: threads, requests by age, sessions, heap and collections. */
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
  },
  state: ({ targets }): State => ({
    urls: targets.map(({ url }) => url),
    searchedAtMs: Number.NEGATIVE_INFINITY,
    of: {
      busy: connectorsIn({ 'tomcat.thread.state': 'busy' }),
      idle: connectorsIn({ 'tomcat.thread.state': 'idle' }),
      connector: connectorsIn({}),
      age: new BoundedAttributes(3, (age) => ({ [semconv.attribute.requestAge]: age })),
      memory: new BoundedAttributes(2, (type) => ({ 'jvm.memory.type': type })),
      gc: new BoundedAttributes(16, (name) => ({ 'jvm.gc.name': name })),
    },
  }),
  applies: async (host, { targets }) => targets.length > 0 || (await findUrls(host)).length > 0,
  async collect(host, { targets, timeoutMs, searchEveryMs }, out, state) {
    if (targets.length === 0 && Math.abs(host.nowMs() - state.searchedAtMs) >= searchEveryMs) {
      state.searchedAtMs = host.nowMs();
      state.urls = await findUrls(host);
    }
    const problems: string[] = [];
    const several = state.urls.length > 1;
    for (const url of state.urls) {
      try {
        const reading = tomcatReading(await readBeans(host, url, tomcatReads, timeoutMs));
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
  for (const { connector, busy, threads, limit, requests, errors } of reading.pools) {
    put(semconv.metric.tomcatThreads, busy, of.busy, connector);
    put(semconv.metric.tomcatThreads, Math.max(0, threads - busy), of.idle, connector);
    put(semconv.metric.tomcatThreadLimit, limit, of.connector, connector);
    put('tomcat.requests', requests, of.connector, connector);
    put('tomcat.errors', errors, of.connector, connector);
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
  for (const { name, seconds } of reading.gcSeconds) put('airis.jvm.gc.time', seconds, of.gc, name);
  put('jvm.class.count', reading.loadedClasses);
}
