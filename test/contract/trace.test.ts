import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestNginx, type TestNginx } from '../../agent/src/discover/nginx-under-test.ts';
import { freePort } from '../../agent/src/free-port-under-test.ts';
import { type HubUnderTest, startHub } from '../harness/hub-under-test.ts';
import { type ProcessUnderTest, startProgram } from '../harness/process-under-test.ts';
import { type TempFolder, tempFolder } from '../harness/temp-folder.ts';
import { until } from '../harness/until.ts';

const cli = resolve(import.meta.dirname, '../../agent/src/cli.ts');
const LOG_FORMAT =
  '$msec $request_time $status "$request" $http_traceparent "$upstream_addr" "$upstream_response_time" "$upstream_status"';
const [browser, app, query] = ['a', 'b', 'c'].map((digit) => digit.repeat(16)) as [string, string, string];
const traceId = randomBytes(16).toString('hex').replace(/^./, 'f');

let folder: TempFolder;
let hub: HubUnderTest;
let nginx: TestNginx;
let upstream: Server;
let otlpPort: number;
const agents: ProcessUnderTest[] = [];

interface Trace {
  readonly spans: readonly Readonly<Record<string, unknown>>[];
  readonly hosts: readonly object[];
}
const held = () => hub.api<Trace>('POST', '/api/v1/query/held-trace', { traceId, around: Date.now() });

/** A hub, an nginx with its agent, and behind it a program that sends spans to the agent of another host. */
beforeAll(async () => {
  folder = await tempFolder('trace');
  hub = await startHub(folder.path);
  otlpPort = await freePort();
  upstream = createServer((_, response) => setTimeout(() => response.end('x'), 40));
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  const { port } = upstream.address() as AddressInfo;
  nginx = await createTestNginx({
    logFormat: LOG_FORMAT,
    locations: `location /orders/ { proxy_pass http://127.0.0.1:${port}; }`,
  });
  await nginx.start();
  const log = { path: nginx.accessLog, format: 'nginx', logFormat: LOG_FORMAT, service: 'service:web' };
  agents.push(await startAgent('web-1', { 'access-log': { files: [log] } }));
  // Both see the same machine, and only one is to tell of nginx.
  const otlp = { listen: `127.0.0.1:${otlpPort}` };
  agents.push(await startAgent('was-1', { otlp, nginx: { accessLogs: false } }));
}, 90_000);

afterAll(async () => {
  for (const agent of agents) await agent.stop();
  await nginx?.[Symbol.asyncDispose]();
  upstream?.close();
  await hub?.stop();
  await folder?.[Symbol.asyncDispose]();
});

async function startAgent(id: string, collectors: object): Promise<ProcessUnderTest> {
  const place = join(folder.path, id);
  await mkdir(place, { mode: 0o700 });
  const receivers = { files: { files: [] }, journal: { mode: 'off' } };
  await writeFile(join(place, 'agent.yaml'), JSON.stringify({ collectors, receivers }));
  const { token } = await hub.api<{ token: string }>('POST', '/api/v1/enrolment-tokens', { wantedId: id });
  const logFile = join(folder.path, `${id}.log`);
  const words = ['enroll', '--dir', place, '--token-file', '-'];
  expect(await startProgram(cli, words, { env: {}, logFile, input: token }).ended).toBe(0);
  return startProgram(cli, ['run', '--dir', place], { env: {}, logFile });
}

/** What the program behind nginx tells: nginx handed on the browser's context, so that it names the browser as its caller. */
async function sendSpans(endMs: number): Promise<boolean> {
  const nanos = (ms: number) => `${Math.round(ms)}000000`;
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const span = (spanId: string, parentSpanId: string, kind: number, elapsedMs: number, attributes: object[]) => ({
    ...{ traceId, spanId, parentSpanId, kind, name: 'x', attributes },
    ...{ startTimeUnixNano: nanos(endMs - elapsedMs), endTimeUnixNano: nanos(endMs) },
  });
  const spans = [
    span(app, browser, 2, 38, [text('http.request.method', 'GET'), text('http.route', '/orders/{id}')]),
    span(query, app, 3, 25, [text('db.system.name', 'mysql'), text('db.query.text', "select 'kim'")]),
  ];
  const resource = { attributes: [text('service.name', 'app')] };
  const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  const headers = { 'content-type': 'application/json' };
  const sent = fetch(`http://127.0.0.1:${otlpPort}/v1/traces`, { method: 'POST', headers, body });
  return (await sent.catch(() => null))?.ok === true;
}

describe('a trace', () => {
  it('is whole once its hosts are asked, with what programs told and what logs did', async () => {
    const headers = { traceparent: `00-${traceId}-${browser}-01` };
    // A log is followed from where it ends when its agent comes to it.
    await until('a request to be stored', 30_000, async () => {
      await fetch(`http://127.0.0.1:${nginx.port}/orders/0`);
      const list = { from: '-5m', to: 'now' };
      const found = await hub.api<{ total: number }>('POST', '/api/v1/query/transactions/list', list);
      return found.total > 0 ? true : null;
    });
    await fetch(`http://127.0.0.1:${nginx.port}/orders/1`, { headers });
    const endMs = Date.now();
    await until('the agent to take spans', 30_000, async () => ((await sendSpans(endMs)) ? true : null));
    const stored = await until('both requests to be stored', 30_000, async () => {
      const trace = await hub.api<Trace>('POST', '/api/v1/query/traces', { traceId, around: endMs });
      return trace.spans.length === 2 ? trace : null;
    });
    expect(stored.spans).toMatchObject([
      { service: 'service:web', kind: 'server', depth: 0, isHeld: false },
      { service: 'service:app', kind: 'server', depth: 1, isDetached: false, isHeld: false },
    ]);

    const { spans, hosts } = await held();
    const answered = { state: 'answered', spans: 2, withheld: 0, leftOut: 0, detail: '' };
    expect(hosts).toHaveLength(2);
    expect(hosts).toEqual(
      expect.arrayContaining(['web-1', 'was-1'].map((id) => ({ ...answered, host: `host:${id}` }))),
    );
    // A request that both told is one line; what the hub had not is marked.
    expect(spans.map(({ service, kind, depth, route, isHeld }) => [service, kind, depth, route, isHeld])).toEqual([
      ['service:web', 'server', 0, expect.stringMatching(/^GET /), false],
      ['service:web', 'client', 1, expect.stringMatching(/^GET /), true],
      ['service:app', 'server', 2, 'GET /orders/{}', false],
      ['service:app', 'client', 3, 'select ?', true],
    ]);
    expect(JSON.stringify(spans)).not.toMatch(/kim|orders\/1/);
  });

  it('says of each host that does not answer that it does not, and shows the rest', async () => {
    await agents[0]?.stop();
    const { spans, hosts } = await held();
    expect(hosts).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ host: 'host:web-1', state: 'silent', detail: expect.stringContaining('web-1') }),
        expect.objectContaining({ host: 'host:was-1', state: 'answered', spans: 2 }),
      ]),
    );
    expect(spans).toHaveLength(3);
    const { items } = await hub.api<{ items: { action: string }[] }>('GET', '/api/v1/audit');
    expect(items.filter(({ action }) => action === 'host.trace-asked')).toHaveLength(2);
  });

  it('that nobody knows has no hosts to ask', async () => {
    const nothing = { traceId: 'f'.repeat(32) };
    expect(await hub.api('POST', '/api/v1/query/held-trace', nothing)).toMatchObject({ spans: [], hosts: [] });
  });
});
