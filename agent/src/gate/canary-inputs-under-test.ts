import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { frame, recordsOf } from '../capture/records-under-test.ts';
import { accessLogCollector } from '../collectors/access-log-collector.ts';
import type { Collector, CollectorDefinition } from '../collectors/collector.ts';
import { explainStatement } from '../collectors/database-explanations.ts';
import { createHost, type Host } from '../collectors/host.ts';
import type { HttpListenOptions } from '../collectors/http-listen.ts';
import { jmxCollector } from '../collectors/jmx.ts';
import { lldpCollector } from '../collectors/lldp.ts';
import { mysqlCollector } from '../collectors/mysql.ts';
import { explainMysqlLock } from '../collectors/mysql-lock.ts';
import { otlpCollector } from '../collectors/otlp.ts';
import { packetsCollector } from '../collectors/packets.ts';
import { postgresqlCollector } from '../collectors/postgresql.ts';
import { explainPostgresqlLock } from '../collectors/postgresql-lock.ts';
import { prometheusCollector } from '../collectors/prometheus.ts';
import { rumCollector } from '../collectors/rum.ts';
import { snmpCollector } from '../collectors/snmp.ts';
import { StatementSpans } from '../collectors/statement-spans.ts';
import type { SqlDialect } from '../collectors/statement-text.ts';
import { statsdCollector } from '../collectors/statsd.ts';
import { tomcatCollector } from '../collectors/tomcat.ts';

/** A collector with a machine on which every text it reads holds what is planted. */
export interface PlantedInput {
  readonly collector: Collector;
  readonly host: Host;
  /** Sends or writes what comes between two readings. */
  readonly feed?: () => void;
}

export interface Plant {
  /** With its key where only a key tells that it is secret. */
  readonly text: string;
  /** What sessions call themselves; what programs choose as a name is told. */
  readonly session: string;
  /** A folder of the test's own. */
  readonly folder: string;
}

/** Why a collector has no input of its own here: what it hands over is planted in `every-output.test.ts`. */
export interface NoInput {
  readonly because: string;
}

const captured = join(import.meta.dirname, '../../testdata/debian12');
const tomcatAnswer = readFileSync(join(captured, '../jolokia/tomcat-10.1-bulk-read.json'), 'utf8');
const space = { totalBytes: 1000, freeBytes: 500, availableBytes: 400, inodes: 100, inodesFree: 60 };
const http = (text: string): Host => ({ ...createHost('/nowhere'), http: async () => ({ status: 200, text }) });

/** What each collector reads, with something planted; a new collector is one entry. */
export const canaryInputs: Readonly<Record<string, ((plant: Plant) => PlantedInput) | NoInput>> = {
  'access-log': ({ text, folder }) => {
    const path = join(folder, 'access.log');
    writeFileSync(path, '');
    const request = { t: Date.now() / 1_000, ms: 5, status: 200, method: text, path: `/users/${text}?q=${text}` };
    const line = JSON.stringify({ ...request, trace: text, span: text, parent: text, peer: text, peerMs: 3 });
    const collector = accessLogCollector.create({ files: [{ path, format: 'json' }] });
    return { collector, host: createHost(), feed: () => appendFileSync(path, `${line}\n`.repeat(30)) };
  },
  lldp: ({ text }) => {
    const value = [{ type: 'local', value: text }];
    const neighbour = {
      name: 'eth0',
      chassis: [{ id: value, name: value, 'mgmt-ip': value }],
      port: [{ id: value, descr: value }],
    };
    const answer = JSON.stringify({ lldp: [{ interface: [neighbour] }] });
    return {
      collector: lldpCollector.create({}),
      host: { ...createHost('/nowhere'), fileStamp: async () => '1', run: async () => ({ code: 0, text: answer }) },
    };
  },
  packets: ({ text }) => {
    const payload = new TextEncoder().encode(text);
    const planted = [6, 17].map((protocol) =>
      frame({
        from: '10.0.0.1',
        to: '10.0.0.2',
        fromPort: 40_000,
        toPort: 53,
        protocol: protocol === 6 ? 6 : 17,
        payload,
      }),
    );
    const records = recordsOf(planted.map((bytes) => ({ bytes, atSeconds: Date.now() / 1_000 })));
    let isRead = false;
    const read = (into: Uint8Array) => {
      if (isRead) return 0;
      isRead = true;
      into.set(records);
      return records.length;
    };
    const ring = { read, stats: () => ({ packets: 2, drops: 0 }), close: () => undefined };
    const collector = packetsCollector.create({ interfaces: ['eth0'] });
    return { collector, host: { ...createHost('/nowhere'), capture: async () => ring } };
  },
  prometheus: ({ text }) => ({
    collector: prometheusCollector.create({
      targets: [{ url: 'http://127.0.0.1:9/metrics', take: ['*'] }],
    }),
    host: http(
      `# HELP shop_orders of ${text}\n# TYPE shop_orders counter\nshop_orders{of=${JSON.stringify(text)}} 1\n{${JSON.stringify(text)}="x"} 1\n`,
    ),
  }),
  statsd: ({ text }) => {
    let send: (packet: Buffer) => void = () => undefined;
    const udp: Host['udp'] = async (_, onPacket) => {
      send = onPacket;
      return { port: 1, error: () => null, [Symbol.asyncDispose]: async () => undefined };
    };
    const packet = `shop.orders:1|c|#of:${text}\n${text}:1|c\nshop.paid:1|g|#${text}:x`;
    return {
      collector: statsdCollector.create({ listen: '127.0.0.1:0' }),
      host: { ...createHost('/nowhere'), ...(udp === undefined ? {} : { udp }) },
      feed: () => send(Buffer.from(packet)),
    };
  },
  otlp: ({ text, session }) => {
    let listening: HttpListenOptions | null = null;
    const httpServer: Host['httpServer'] = async (_, options) => {
      listening = options;
      return { port: 1, [Symbol.asyncDispose]: async () => undefined };
    };
    const post = (path: string, body: object) =>
      listening?.answer({
        method: 'POST',
        path,
        contentType: 'application/json',
        body: Buffer.from(JSON.stringify(body)),
      });
    return {
      collector: otlpCollector.create({ listen: '127.0.0.1:0' }),
      host: { ...createHost('/nowhere'), ...(httpServer === undefined ? {} : { httpServer }) },
      feed: () => {
        for (const [path, body] of otlpBodies(text, session)) post(path, body);
      },
    };
  },
  snmp: ({ text }) => {
    const names: Host['snmp'] = async () => ({
      get: async () => [1],
      column: async (oid) => (/\.(?:1|2|18)$/.test(oid) ? [['1', Buffer.from(text)]] : [['1', 1]]),
      [Symbol.dispose]: () => undefined,
    });
    const target = { name: 'sw-1', address: '192.0.2.1', version: '3', user: 'watcher' };
    return { collector: snmpCollector.create({ targets: [target] }), host: { ...createHost('/nowhere'), snmp: names } };
  },
  rum: ({ text }) => {
    let listening: HttpListenOptions | null = null;
    const httpServer: Host['httpServer'] = async (_, options) => {
      listening = options;
      return { port: 1, [Symbol.asyncDispose]: async () => undefined };
    };
    const site = { key: 'shop-key-1', name: 'shop', origins: ['https://shop.example.kr'] };
    const path = `/users/${text}?q=${text}#${text}`;
    const call = { type: 'call', path, to: path, method: 'GET', status: 500, value: 3 };
    const error = { type: 'error', path, message: text, file: path, stack: `Error: ${text}\n    at ${text}` };
    const events = [{ type: 'view', path }, { type: 'click', path }, { type: 'load', path, value: 9 }, call, error];
    const body = Buffer.from(JSON.stringify({ key: site.key, session: '0123456789abcdef', events }));
    const request = {
      method: 'POST',
      path: '/airis-rum/beacon',
      contentType: 'text/plain',
      origin: site.origins[0]!,
      body,
    };
    return {
      collector: rumCollector.create({ listen: '127.0.0.1:0', sites: [site], maxBeaconsPerClient: 1_000 }),
      host: { ...createHost('/nowhere'), ...(httpServer === undefined ? {} : { httpServer }) },
      feed: () => {
        for (let i = 0; i < 30; i++) listening?.answer(request);
      },
    };
  },
  jmx: ({ text }) => ({
    collector: jmxCollector.create({
      targets: [{ url: 'http://127.0.0.1:9/jolokia', mapping: 'shop' }],
      mappings: { shop: jmxMapping },
    }),
    host: http(
      JSON.stringify([{ status: 200, value: { [`shop:type=Queue,name="${text}"`]: { Depth: 3, Text: text } } }]),
    ),
  }),
  tomcat: ({ text }) => ({
    collector: tomcatCollector.create({ targets: [{ url: 'http://127.0.0.1:9/jolokia' }] }),
    host: http(tomcatAnswer.replaceAll(/http-nio-18099|jdbc\/shop|shared/g, text)),
  }),
  postgresql: ({ text, session }) =>
    explaining(postgresqlCollector, 'postgresql', text, [
      explainStatement({ name: session, id: 1 }, 'postgresql', statementOf(text), 3),
      explainPostgresqlLock({ pid: 1, application: session, state: 'active', state_s: 1, transaction_s: 2 }),
    ]),
  mysql: ({ text, session }) =>
    explaining(mysqlCollector, 'mysql', text, [
      explainStatement({ name: session, id: 1 }, 'mysql', statementOf(text), 3),
      explainMysqlLock({ id: 1, user: session, command: 'Query', command_s: 1, transaction_s: 2 }),
    ]),
  probes: { because: 'it tells numbers of addresses that are settings' },
  'tcp-peers': { because: 'it tells numbers by address and port, which the kernel writes' },
  nginx: { because: 'its lines go the way of access-log' },
  apache: { because: 'its lines go the way of access-log' },
  cgroups: { because: 'names of containers and services are labels' },
  temperature: { because: 'names of sensors are labels' },
  'clock-offset': { because: 'it reads numbers alone' },
  directories: { because: 'the names of folders are settings' },
};

/**
 * The captured machine, where each word of each file that is no number is what was planted, one word a line: for
 * collectors that read only files of the kernel, without an entry above.
 */
export function poisonedHost(text: string): Host {
  const host = createHost(captured, () => 1_000);
  // Words of these files have no blanks, so that a text with them is none.
  const word = /\s/.test(text) ? 'x' : text;
  const poisoned = (content: string) => {
    const lines = content.split('\n').slice(0, 40);
    const planted = lines.flatMap((line) =>
      [...line.matchAll(/[A-Za-z_][\w:/-]*/g)]
        .slice(0, 6)
        .map(({ index, 0: found }) => `${line.slice(0, index)}${word}${line.slice(index + found.length)}`),
    );
    return [content.trimEnd(), ...planted, ''].join('\n');
  };
  return {
    ...host,
    statfs: async () => space,
    readText: async (path) => poisoned(await host.readText(path)),
    tryReadText: async (path) => {
      const content = await host.tryReadText(path);
      return content === null ? null : poisoned(content);
    },
    list: async (path) => [...(await host.list(path)), word],
    readLink: () => `/home/x/${word}`,
  };
}

const statementOf = (text: string) =>
  `SELECT * FROM orders /* ${text} */ WHERE name = '${text}' AND file IN ('${text}', "${text}") -- ${text}`;

const jmxMapping = {
  title: 'a test',
  tried: true,
  beans: [
    {
      mbean: 'shop:type=Queue,name=*',
      labels: { 'shop.queue': 'name' },
      metrics: [
        { attribute: 'Depth', metric: 'shop.depth', unit: '{request}', kind: 'gauge', about: 'requests queued' },
      ],
    },
  ],
};

/** The real collector without its server, saying what it would say of these rows, and of the same statement in a trace. */
function explaining(
  definition: CollectorDefinition,
  dialect: SqlDialect,
  text: string,
  explanations: readonly ReturnType<typeof explainStatement>[],
): PlantedInput {
  const spans = new StatementSpans(dialect);
  const tail = `/*action='${text}',traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/`;
  const seen = { run: text, text: `${statementOf(text)}\n${tail}`, tail, elapsedMs: 900, endUnixMs: Date.now() };
  const collector = {
    ...definition.create(undefined),
    applies: async () => true,
    context: () => ({ explanations }),
    takeSpans: () => {
      spans.note([seen], Date.now());
      return spans.take();
    },
  };
  return { collector, host: createHost('/nowhere') };
}

function otlpBodies(text: string, service: string): readonly (readonly [path: string, body: object])[] {
  const attribute = (key: string) => ({ key, value: { stringValue: text } });
  const named = { key: 'service.name', value: { stringValue: service } };
  const resource = { attributes: [named, ...['service.instance.id', 'host.name'].map(attribute)] };
  const now = `${Date.now() - 50}000000`;
  const keys = [
    'http.route',
    'url.path',
    'url.full',
    'rpc.method',
    'server.address',
    'enduser.id',
    'db.statement',
    text,
  ];
  const span = (kind: number, more: object[] = []) => ({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: `00f067aa0ba902b${kind}`,
    name: `GET /users/${text}`,
    kind,
    startTimeUnixNano: now,
    endTimeUnixNano: now,
    status: { code: 2, message: text },
    attributes: [...keys.map(attribute), ...more],
  });
  const sql = [
    { key: 'db.system.name', value: { stringValue: 'postgresql' } },
    { key: 'db.query.text', value: { stringValue: statementOf(text) } },
  ];
  const point = { asInt: 1, startTimeUnixNano: now, timeUnixNano: now, attributes: [attribute('of'), attribute(text)] };
  const sums = ['shop.orders', text].map((name) => ({
    name,
    unit: '1',
    description: text,
    sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [point] },
  }));
  const log = {
    severityNumber: 17,
    body: { stringValue: `failed for ${text}` },
    attributes: [attribute('exception.type')],
  };
  return [
    [
      '/v1/traces',
      { resourceSpans: [{ resource, scopeSpans: [{ spans: [span(3, sql), span(3), span(1), span(2)] }] }] },
    ],
    ['/v1/metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: sums }] }] }],
    ['/v1/logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [log] }] }] }],
  ];
}
