import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHost, restrictHost } from '../../agent/src/collectors/host.ts';
import { createCollectors } from '../../agent/src/collectors/index.ts';
import { startTestTomcat, type TestTomcat } from './tomcat-under-test.ts';

let tomcat: TestTomcat;
beforeAll(async () => {
  tomcat = await startTestTomcat();
});
afterAll(() => tomcat[Symbol.asyncDispose]());

async function read(name: string, settings: unknown): Promise<Record<string, number>> {
  const collector = createCollectors({ [name]: settings }).find((one) => one.name === name);
  if (collector === undefined) throw new Error(`no collector ${name}`);
  const written: Record<string, number> = {};
  await collector.collect(restrictHost(createHost(), collector.capabilities), {
    write: (metric, value, attributes = {}) => {
      expect(collector.emits).toHaveProperty([metric]);
      const key = [metric, ...Object.values(attributes).map((text) => text.replace(/-\d+$/, ''))].join(' ');
      expect(written, key).not.toHaveProperty([key]);
      written[key] = value;
    },
  });
  return written;
}

/** Nine requests that hold a connection of each pool, for a server of four threads. */
async function whileBusy<T>(ms: number, look: () => Promise<T>): Promise<T> {
  const asked = Array.from({ length: 9 }, () => fetch(`${tomcat.url}/hold.jsp?ms=${ms}`).then(({ status }) => status));
  try {
    return await look();
  } finally {
    expect(await Promise.all(asked)).toEqual(Array(9).fill(200));
  }
}

it('tells threads, queue, traffic and pools of a real Tomcat', async () => {
  const readNow = () => read('tomcat', { targets: [tomcat.jolokia], timeoutMs: 5_000 });
  await whileBusy(1_500, () =>
    expect.poll(readNow, { timeout: 10_000 }).toMatchObject({
      'tomcat.thread.count http-nio busy': 4,
      'tomcat.thread.limit http-nio': 4,
      'tomcat.executor.queue shared': 5,
      'tomcat.connection.limit http-nio': 8_192,
      'http.server.active_requests lt3s': 4,
      'db.client.connection.count jdbc/shop used': 2,
      'db.client.connection.count jdbc/shop idle': 0,
      'db.client.connection.max jdbc/shop': 2,
      'db.client.connection.pending_requests jdbc/shop': 1,
      'db.client.connection.count orders used': 3,
      'db.client.connection.max orders': 3,
      'db.client.connection.pending_requests orders': 1,
    }),
  );
  const after = await readNow();
  expect(after['tomcat.requests http-nio']).toBeGreaterThanOrEqual(10);
  expect(after['tomcat.network.io http-nio transmit']).toBeGreaterThanOrEqual(20);
  expect(after['tomcat.request.duration.sum http-nio']).toBeGreaterThan(9 * 1.5);
  expect(after).toMatchObject({
    'tomcat.errors http-nio': 0,
    'db.client.connection.count jdbc/shop used': 0,
    'db.client.connection.count orders idle': 3,
  });
  for (const metric of [
    'jvm.class.loaded',
    'jvm.thread.count',
    'jvm.memory.committed heap',
    'airis.jvm.gc.count Copy',
  ]) {
    expect(after[metric], metric).toBeGreaterThan(0);
  }
});

it('reads beans of the same server by a mapping that is only data', async () => {
  const tomcatBeans = {
    title: "Tomcat's own beans",
    tried: true,
    include: ['jvm'],
    beans: [
      {
        mbean: 'Catalina:type=GlobalRequestProcessor,name=*',
        labels: { 'airis.was.connector': 'name' },
        metrics: [
          {
            attribute: 'requestCount',
            metric: 'airis.was.requests',
            unit: '{request}',
            kind: 'counter',
            about: 'requests answered by a connector',
          },
        ],
      },
    ],
  };
  const targets = [{ ...tomcat.jolokia, mapping: 'catalina' }];
  const settings = { targets, mappings: { catalina: tomcatBeans }, timeoutMs: 5_000 };
  const readings = await read('jmx', settings);
  const of = (start: string) => Object.entries(readings).find(([key]) => key.startsWith(start))?.[1];
  expect(of('airis.was.requests')).toBeGreaterThan(0);
  expect(of('jvm.memory.used')).toBeGreaterThan(1_000_000);
  expect(of('jvm.class.count')).toBeGreaterThan(1_000);
  expect(of('airis.jvm.gc.count')).toBeGreaterThan(0);
  expect(Object.keys(readings).filter((key) => key.startsWith('db.client.connection.count'))).toHaveLength(2);
});
