import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { agentConfig } from '../config.ts';
import { createHost, type Host } from './host.ts';
import { jmxCollector, knownMappings } from './jmx.ts';
import { beansOf, jmxMapping, readsOf, samplesOf } from './jmx-mapping.ts';
import { parseBeans } from './jolokia.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const at = server.address();
  return `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}/jolokia`;
}

const own = {
  title: 'a test',
  tried: true,
  beans: [
    {
      mbean: 'shop:type=Queue,name=*',
      labels: { 'shop.queue': 'name' },
      metrics: [
        { attribute: 'Depth', metric: 'shop.queue.depth', unit: '{request}', kind: 'gauge', about: 'requests queued' },
      ],
    },
  ],
};

const answer = (value: unknown) => JSON.stringify([{ status: 200, value }]);
const well = answer({ 'shop:type=Queue,name="a"': { Depth: 3 } });

function reader(urls: readonly string[], host: Host = createHost(), more: object = {}) {
  const collector = jmxCollector.create({
    targets: urls.map((url) => ({ url, mapping: 'shop', ...more })),
    mappings: { shop: own },
    timeoutMs: 300,
  });
  return async () => {
    const written: Record<string, number> = {};
    const problem = await collector
      .collect(host, {
        write: (metric, value, attributes = {}) => {
          expect(collector.emits).toHaveProperty([metric]);
          const { 'server.port': _, ...rest } = attributes;
          written[[metric, ...Object.values(rest)].join(' ')] = value;
        },
      })
      .then(
        () => null,
        (error: unknown) => String(error),
      );
    return { written, problem };
  };
}

it.each<[string, RequestListener, string]>([
  ['timeout', (_, response) => void response.write('[{"status":200,'), 'a server that hangs in mid-body'],
  ['timeout', () => undefined, 'a server that says nothing'],
  ['garbage', (_, response) => void response.end('\u001b[31m<html>'), 'a server that answers garbage'],
  ['garbage', (_, response) => void response.end('[]'), 'a server that leaves answers out'],
  ['garbage', (_, response) => void response.end('{"error":"x"}'), 'a server that answers something else'],
  ['refused', (_, response) => void response.writeHead(401).end(), 'a server that wants another password'],
  [
    'too-large',
    (_, response) => {
      const block = Buffer.alloc(256 * 1024, 0x20);
      const more = (): void => {
        while (!response.destroyed && response.write(block));
      };
      response.on('drain', more);
      more();
    },
    'a server that answers gigabytes',
  ],
])('counts as %s, and reads the others beside it: %#', async (reason, listener, _what) => {
  const read = reader([await serve(listener), await serve((_, response) => void response.end(well))]);
  const { written, problem } = await read();
  expect(written).toMatchObject({ 'shop.queue.depth a': 3, [`airis.jmx.failures ${reason}`]: 1 });
  expect(problem).toContain(`${reason}: `);
});

it('asks a server in trouble less and less often, and forgets that when it is well', async () => {
  let nowMs = 1_000_000;
  let asked = 0;
  let isWell = false;
  const url = await serve((_, response) => {
    asked++;
    response.writeHead(isWell ? 200 : 503).end(well);
  });
  const read = reader([url], { ...createHost(), nowMs: () => nowMs });
  const after = async (ms: number) => {
    nowMs += ms;
    const { problem } = await read();
    return [asked, problem === null];
  };
  expect(await after(0)).toEqual([1, false]);
  expect(await after(1_000)).toEqual([1, false]);
  expect(await after(1_000)).toEqual([2, false]);
  expect(await after(3_000)).toEqual([2, false]);
  isWell = true;
  expect(await after(1_000)).toEqual([3, true]);
  expect(await after(1)).toEqual([4, true]);
});

it('proves itself with a password from a file, which no error tells', async () => {
  const seen: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(403).end();
  });
  const host = { ...createHost(), readText: async () => 'hunter2\n' };
  const { problem } = await reader([url], host, { user: 'watcher', passwordFile: '/etc/airis/jmx' })();
  expect(seen).toEqual([`Basic ${Buffer.from('watcher:hunter2').toString('base64')}`]);
  expect(problem).not.toMatch(/hunter2|Basic/);
  expect(() => jmxCollector.create({ targets: [{ url: 'http://a:b@127.0.0.1/jolokia' }] })).toThrow('password');
});

it('says which mappings nobody has tried', () => {
  const url = 'http://127.0.0.1:1/jolokia';
  const noteOf = (mapping: string) => jmxCollector.create({ targets: [{ url, mapping }] }).context?.().note;
  for (const mapping of ['weblogic', 'jeus', 'webtob']) expect(noteOf(mapping)).toContain(mapping);
  for (const mapping of ['jvm', 'wildfly']) expect(noteOf(mapping)).toBeUndefined();
});

it('names the known mappings where a wrong one is wanted', () => {
  const wanted = { targets: [{ url: 'http://127.0.0.1:1/', mapping: 'websphere' }] };
  expect(() => agentConfig.parse({ collectors: { jmx: wanted } })).toThrow(/no mapping websphere.*jeus.*weblogic/);
  const circle = { a: { ...own, include: ['a'] } };
  expect(() =>
    jmxCollector.create({ targets: [{ url: 'http://127.0.0.1:1/', mapping: 'a' }], mappings: circle }),
  ).toThrow('no mapping a');
});

it('ships mappings that agree on what a metric is', () => {
  const known = knownMappings({});
  expect([...known.keys()].sort()).toEqual(['jeus', 'jvm', 'weblogic', 'webtob', 'wildfly']);
  const said = new Map<string, string>();
  for (const name of known.keys()) {
    for (const { metric, unit, kind, about } of beansOf(name, known)?.flatMap(({ metrics }) => metrics) ?? []) {
      const words = `${unit} ${kind} ${about}`;
      expect(said.get(metric) ?? words, metric).toBe(words);
      said.set(metric, words);
    }
  }
});

it('reads WildFly 35 as it answered with five requests on a pool of two connections, three at work', () => {
  const captured = join(import.meta.dirname, '../../testdata/jolokia/wildfly-35-bulk-read.json');
  const beans = beansOf('wildfly', knownMappings({})) ?? [];
  const { samples, leftOut } = samplesOf(beans, parseBeans(readFileSync(captured, 'utf8'), beans.length));
  const told = samples.map(({ metric, value, attributes }) => [
    [metric, ...Object.values(attributes)].join(' '),
    value,
  ]);
  expect(leftOut).toBe(0);
  expect(Object.fromEntries(told)).toMatchObject({
    'airis.was.requests default-server default': 10,
    'airis.was.errors default-server default': 0,
    'airis.was.request.duration.sum default-server default': 33.299888391,
    'airis.was.network.io default-server default transmit': 2_037,
    'airis.was.thread.count default busy': 3,
    'airis.was.thread.limit default': 32,
    'airis.was.queue default': 0,
    'airis.was.sessions shop.war': 10,
    'db.client.connection.count ExampleDS used': 2,
    'db.client.connection.count ExampleDS idle': 0,
    'db.client.connection.max ExampleDS': 2,
    'db.client.connection.timeouts ExampleDS': 0,
    // Since the start: the same number stands there when nobody waits any more.
    'airis.db.client.connection.waits ExampleDS': 6,
    'airis.db.client.connection.wait.duration.sum ExampleDS': 17.997,
    'jvm.memory.limit heap': 536_870_912,
  });
  expect(told.map(([name]) => name)).not.toContain('db.client.connection.pending_requests ExampleDS');
});

it('refuses a mapping with a unit or key that is none', () => {
  const text = 'title: x\ntried: true\nbeans: [{mbean: "a:b=c", metrics: [{attribute: A, metric: a.b, unit: ms}]}]';
  expect(jmxMapping.safeParse(parse(text)).success).toBe(false);
  expect(jmxMapping.safeParse({ ...own, mbean: 'x' }).success).toBe(false);
});

const shop = beansOf('shop', new Map([['shop', jmxMapping.parse(own)]])) ?? [];

it('takes no more beans than it may, and no number that is none', () => {
  const beans = Array.from({ length: 100 }, (_, i) => [`shop:type=Queue,name=${i}`, { Depth: i === 0 ? -1 : i }]);
  const { samples, leftOut } = samplesOf(shop, [Object.fromEntries(beans)]);
  expect([samples.length, leftOut]).toEqual([31, 68]);
  const long = { [`shop:type=Queue,name=${'x'.repeat(9_999)}`]: { Depth: 1 } };
  expect(samplesOf(shop, [long]).samples[0]?.attributes['shop.queue']).toHaveLength(100);
});

it('survives any answer', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (answers) => {
      const beans = beansOf('wildfly', knownMappings({})) ?? [];
      expect(readsOf(beans)).toHaveLength(beans.length);
      for (const { value } of samplesOf(beans, answers).samples) expect(value).toBeGreaterThanOrEqual(0);
    }),
  );
});
