import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jolokiaUrlIn } from '../discover/tomcat.ts';
import { createHost, type Host } from './host.ts';
import { jdbcPools } from './jdbc-pools.ts';
import { beanName, parseBeans } from './jolokia.ts';
import { tomcatCollector } from './tomcat.ts';
import { tomcatReads } from './tomcat-beans.ts';

/** What Jolokia 2.2 answered in a Tomcat 10.1 of 4 threads and two pools while four slow requests were in service, five queued. */
const captured = await readFile(join(import.meta.dirname, '../../testdata/jolokia/tomcat-10.1-bulk-read.json'), 'utf8');

const READS = tomcatReads.length;

function hostThatAnswers(answer: { status: number; text: string }, asked: string[] = []): Host {
  return {
    ...createHost('/nonexistent', () => 1_000),
    http: async (url, { body }) => {
      asked.push(`${url} ${body}`);
      return answer;
    },
  };
}

async function read(host: Host): Promise<Record<string, number>> {
  const collector = tomcatCollector.create({ targets: [{ url: 'http://127.0.0.1:8778/jolokia' }] });
  const written: Record<string, number> = {};
  await collector.collect(host, {
    write(metric, value, attributes = {}) {
      expect(collector.emits).toHaveProperty([metric]);
      expect(Number.isFinite(value)).toBe(true);
      written[[metric, ...Object.values(attributes)].join(' ')] = value;
    },
  });
  return written;
}

it('reads threads, requests by age, sessions and memory in one question', async () => {
  const asked: string[] = [];
  expect(await read(hostThatAnswers({ status: 200, text: captured }, asked))).toEqual({
    'tomcat.thread.count http-nio-18099 busy': 4,
    'tomcat.thread.count http-nio-18099 idle': 0,
    'tomcat.thread.limit http-nio-18099': 4,
    'tomcat.executor.queue shared': 5,
    'tomcat.requests http-nio-18099': 1,
    'tomcat.errors http-nio-18099': 0,
    'tomcat.request.duration.sum http-nio-18099': 0.504,
    'tomcat.network.io http-nio-18099 receive': 0,
    'tomcat.network.io http-nio-18099 transmit': 2,
    'tomcat.connection.count http-nio-18099': 11,
    'tomcat.connection.limit http-nio-18099': 8_192,
    'http.server.active_requests lt3s': 4,
    'http.server.active_requests 3to8s': 0,
    'http.server.active_requests ge8s': 0,
    'tomcat.sessions': 5,
    'db.client.connection.count jdbc/shop used': 2,
    'db.client.connection.count jdbc/shop idle': 0,
    'db.client.connection.max jdbc/shop': 2,
    'db.client.connection.pending_requests jdbc/shop': 1,
    'db.client.connection.count orders used': 3,
    'db.client.connection.count orders idle': 0,
    'db.client.connection.max orders': 3,
    'db.client.connection.pending_requests orders': 1,
    'jvm.memory.used heap': 35_075_936,
    'jvm.memory.used non_heap': 35_231_800,
    'jvm.memory.committed heap': 129_761_280,
    'jvm.memory.limit heap': 129_761_280,
    'airis.jvm.gc.time Copy': 0.061,
    'airis.jvm.gc.time MarkSweepCompact': 0.026,
    'airis.jvm.gc.count Copy': 7,
    'airis.jvm.gc.count MarkSweepCompact': 1,
    'jvm.class.count': 4_758,
    'jvm.class.loaded': 4_758,
    'jvm.class.unloaded': 0,
    'jvm.thread.count': 20,
  });
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatch(/^http:\/\/127\.0\.0\.1:8778\/jolokia\/ \[\{"type":"read","mbean"/);
});

it('parts requests in service by their age', async () => {
  const text = captured
    .replace('"requestProcessingTime": 1536', '"requestProcessingTime": 9000')
    .replace('1530', '3000');
  expect(await read(hostThatAnswers({ status: 200, text }))).toMatchObject({
    'http.server.active_requests lt3s': 2,
    'http.server.active_requests 3to8s': 1,
    'http.server.active_requests ge8s': 1,
  });
});

it('tells a pool once, and never its single connections', () => {
  const pool = { Active: 1, Idle: 2, MaxActive: -1, WaitCount: 0 };
  const bean = (more: string) => `tomcat.jdbc:name="jdbc/a",type=ConnectionPool${more}`;
  const dbcp = { 'Catalina:name="jdbc/a",type=DataSource': { numActive: 9, numIdle: 9, maxTotal: 9 } };
  const connection = { [bean(',connections=PooledConnection[1]')]: pool, [bean('')]: pool };
  expect(jdbcPools([connection, null, null, dbcp])).toEqual([
    { name: 'jdbc/a', used: 1, idle: 2, limit: null, pending: 0 },
  ]);
  expect(jdbcPools([null, null, null, dbcp])).toMatchObject([{ used: 9, limit: 9, pending: null }]);
  const many = Array.from({ length: 100 }, (_, i) => [`tomcat.jdbc:name="${i}",type=ConnectionPool`, pool]);
  expect(jdbcPools([Object.fromEntries(many)])).toHaveLength(16);
});

it('says which Jolokia does not answer as it should', async () => {
  await expect(read(hostThatAnswers({ status: 403, text: '' }))).rejects.toThrow(
    '8778/jolokia: Jolokia answered with status 403',
  );
  await expect(read(hostThatAnswers({ status: 200, text: '[]' }))).rejects.toThrow(`0 of ${READS} questions`);
});

it('leaves out what a Tomcat does not have', async () => {
  const answers = parseBeans(captured, READS).map((_, i) =>
    i === 6 ? { status: 200, value: { LoadedClassCount: 1 } } : { status: 404 },
  );
  expect(await read(hostThatAnswers({ status: 200, text: JSON.stringify(answers) }))).toEqual({
    'http.server.active_requests lt3s': 0,
    'http.server.active_requests 3to8s': 0,
    'http.server.active_requests ge8s': 0,
    'jvm.class.count': 1,
  });
});

it('writes only numbers, whatever is answered', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ status: fc.constant(200), value: fc.jsonValue() }), { minLength: READS, maxLength: READS }),
      async (answers) => {
        await read(hostThatAnswers({ status: 200, text: JSON.stringify(answers) }));
      },
    ),
    { numRuns: 100 },
  );
});

it.each([
  [
    'Catalina:name="http-nio-127.0.0.1-80",type=ThreadPool',
    'Catalina',
    { name: 'http-nio-127.0.0.1-80', type: 'ThreadPool' },
  ],
  [
    'java.lang:name=G1 Young Generation,type=GarbageCollector',
    'java.lang',
    { name: 'G1 Young Generation', type: 'GarbageCollector' },
  ],
  ['no bean', '', {}],
])('takes %s apart', (name, domain, keys) => {
  const parsed = beanName(name);
  expect([parsed.domain, Object.fromEntries(parsed.keys)]).toEqual([domain, keys]);
});

it.each([
  [['-javaagent:/x/jolokia-agent-jvm-2.2.9-javaagent.jar=port=9100,host=127.0.0.1'], 'http://127.0.0.1:9100/jolokia'],
  [['-javaagent:/x/jolokia.jar=agentContext=/beans'], 'http://127.0.0.1:8778/beans'],
  [['-javaagent:/x/jolokia.jar'], 'http://127.0.0.1:8778/jolokia'],
  [['-javaagent:/x/jolokia.jar=protocol=https'], null],
  [['-javaagent:/x/jolokia.jar=port=99999'], null],
  [['-javaagent:/x/apm.jar=port=1'], null],
])('%j has its Jolokia at %s', (args, url) => expect(jolokiaUrlIn(args)).toBe(url));
