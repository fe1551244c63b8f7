import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jolokiaUrlIn } from '../discover/tomcat.ts';
import { createHost, type Host } from './host.ts';
import { beanName, parseBeans } from './jolokia.ts';
import { tomcatCollector } from './tomcat.ts';

/** What Jolokia 2.2 answered in a Tomcat 10.1 of 12 threads while four slow requests were in service. */
const captured = await readFile(join(import.meta.dirname, '../../testdata/jolokia/tomcat-10.1-bulk-read.json'), 'utf8');

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
    'tomcat.thread.count http-nio-18099 idle': 6,
    'tomcat.thread.limit http-nio-18099': 12,
    'tomcat.requests http-nio-18099': 4,
    'tomcat.errors http-nio-18099': 0,
    'http.server.active_requests lt3s': 1,
    'http.server.active_requests 3to8s': 2,
    'http.server.active_requests ge8s': 1,
    'tomcat.sessions': 8,
    'jvm.memory.used heap': 38_464_208,
    'jvm.memory.used non_heap': 35_111_640,
    'jvm.memory.limit heap': 6_320_816_128,
    'airis.jvm.gc.time G1 Young Generation': 0.033,
    'airis.jvm.gc.time G1 Old Generation': 0,
    'jvm.class.count': 4_355,
  });
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatch(/^http:\/\/127\.0\.0\.1:8778\/jolokia\/ \[\{"type":"read","mbean"/);
});

it('says which Jolokia does not answer as it should', async () => {
  await expect(read(hostThatAnswers({ status: 403, text: '' }))).rejects.toThrow(
    '8778/jolokia: Jolokia answered with status 403',
  );
  await expect(read(hostThatAnswers({ status: 200, text: '[]' }))).rejects.toThrow('0 of 7 questions');
});

it('leaves out what a Tomcat does not have', async () => {
  const answers = parseBeans(captured, 7).map((_, i) =>
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
      fc.array(fc.record({ status: fc.constant(200), value: fc.jsonValue() }), { minLength: 7, maxLength: 7 }),
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
