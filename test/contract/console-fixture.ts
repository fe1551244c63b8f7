import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import type { LogSources, MetricsQuery, Session } from '../../hub/src/api/types.ts';
import * as data from './console-fixture-data.ts';
import * as shop from './console-fixture-shop.ts';
import * as transactions from './console-fixture-transactions.ts';
import * as visitors from './console-fixture-visitors.ts';

export type FixtureMode = 'full' | 'empty' | 'failing' | 'slow';

export interface ConsoleFixture extends AsyncDisposable {
  readonly url: string;
  /** What the stand-in answers from now on. */
  mode: FixtureMode;
  /** Requests so far, `METHOD /path`. */
  readonly requests: string[];
  /** Metrics asked for so far. */
  readonly metrics: Set<string>;
  /** True once `POST …/ack` was received, so that a walk sees its effect. */
  isAcknowledged: boolean;
  /** Changed by the console; `null`: as the data says. */
  logSources: readonly string[] | null;
  signedIn: boolean;
  /** Hosts beyond the usual two dozen. */
  extraHosts: number;
  /** The demo shop runs, with a lock held in its database; `faults` are those switched on. */
  hasShop: boolean;
  faults: Set<string>;
}

/** The policy the hub serves the console under: anything inline or foreign would be blocked here too. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** A stand-in for the hub: the built console and made-up answers, on a free port of loopback. For the console's tests only. */
export async function startConsoleFixture(dist: string): Promise<ConsoleFixture> {
  const open = new Set<ServerResponse>();
  const state = {
    mode: 'full' as FixtureMode,
    requests: [] as string[],
    metrics: new Set<string>(),
    isAcknowledged: false,
    logSources: null as readonly string[] | null,
    signedIn: true,
    extraHosts: 0,
    hasShop: false,
    faults: new Set<string>(),
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://console.test');
    state.requests.push(`${request.method} ${url.pathname}`);
    response.setHeader('content-security-policy', policy);
    response.setHeader('x-content-type-options', 'nosniff');
    if (!url.pathname.startsWith('/api/')) return void sendFile(dist, url.pathname, response);
    if (url.pathname === '/api/v1/stream') {
      open.add(response);
      response.on('close', () => open.delete(response));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': beat\n\n');
      return;
    }
    void readBody(request).then((body) => answer(state, request.method ?? 'GET', url, body, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fixture has no port');
  return Object.assign(state, {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      for (const response of open) response.end();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function sendFile(dist: string, path: string, response: ServerResponse): Promise<void> {
  const file = join(dist, normalize(path));
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  const sent = isFile ? file : join(dist, 'index.html');
  response.writeHead(200, { 'content-type': types[extname(sent)] ?? 'application/octet-stream' });
  createReadStream(sent).pipe(response);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? null : JSON.parse(text);
}

type State = Pick<
  ConsoleFixture,
  'mode' | 'metrics' | 'isAcknowledged' | 'logSources' | 'signedIn' | 'extraHosts' | 'hasShop' | 'faults'
>;

const user = 'minji';
const sessionOf = ({ hasShop }: State): Session => ({
  user,
  role: 'admin',
  csrf: 'csrf-of-the-fixture',
  hasDemo: hasShop,
});

function answer(state: State, method: string, url: URL, body: unknown, response: ServerResponse): ServerResponse {
  const path = decodeURIComponent(url.pathname.slice('/api/v1'.length));
  const send = (status: number, value: unknown, type = 'application/json'): ServerResponse =>
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(value));
  const refuse = (status: number, code: string): ServerResponse =>
    send(
      status,
      { type: 'about:blank', title: code, status, detail: 'The store did not answer within 10 s.', code },
      'application/problem+json',
    );

  if (path === '/session' && method === 'POST') {
    const given = JSON.stringify(body);
    state.signedIn = given.includes('one-time-link-token') || given.includes('right password');
    return state.signedIn ? send(200, sessionOf(state)) : refuse(401, 'UNAUTHENTICATED');
  }
  if (!state.signedIn) return refuse(401, 'UNAUTHENTICATED');
  if (path === '/session') return send(200, sessionOf(state));
  if (state.mode === 'slow') return response;
  if (state.mode === 'failing') return refuse(503, 'STORE_TIMEOUT');
  const value = resource(state, method, path, body);
  return value === null ? refuse(404, 'NOT_FOUND') : send(200, value);
}

/** Every answer by path; `null` is 404. */
function resource(state: State, method: string, path: string, body: unknown): unknown {
  const nowMs = Date.now();
  const isEmpty = state.mode === 'empty';
  const list = <T>(items: readonly T[]) => ({ items: isEmpty ? [] : items, nextCursor: null });
  const shopHosts = state.hasShop ? shop.fixtureShopHosts(nowMs) : [];
  const [, collection = '', id = '', action = ''] = path.split('/');
  if (path === '/health') return data.fixtureHealth(nowMs);
  if (path === '/findings') return list(data.fixtureFindings(nowMs));
  if (path === '/query/metrics') {
    const query = body as MetricsQuery; // Sent by the console's typed client.
    state.metrics.add(query.metric);
    if (visitors.isOfVisitors(query.metric)) return visitors.fixtureVisitors(query, nowMs, state.hasShop && !isEmpty);
    const metrics = data.fixtureMetrics(query, nowMs, shopHosts);
    return isEmpty ? { ...metrics, series: [] } : metrics;
  }
  if (path === '/enrolment-tokens') {
    return {
      id: 'e-1',
      token: 'airis-join-8Kq2',
      command:
        'curl -fsSL https://hub.example:8730/install | sh -s -- --hub https://hub.example:8730 --token airis-join-8Kq2',
      expiresAt: data.stamp(nowMs + 15 * 60_000),
    };
  }
  if (path === '/topology')
    return state.hasShop && !isEmpty ? shop.fixtureTopology : { nodes: [], edges: [], attachments: [] };
  if (path === '/risks') return data.fixtureRisks(nowMs, isEmpty);
  if (path === '/query/held-lines') return data.fixtureHeldLines(nowMs, isEmpty);
  if (path === '/query/transactions') {
    return transactions.fixtureDots(body as transactions.DotsQuery, nowMs, state.hasShop && !isEmpty);
  }
  if (path === '/query/transactions/list') return transactions.fixtureList(nowMs, isEmpty);
  if (path === '/query/held-trace') return transactions.fixtureHeldTrace(nowMs);
  if (path === '/query/traces') return transactions.fixtureTrace(nowMs, isEmpty);
  if (path === '/transactions/active') return transactions.fixtureActive(nowMs, state.hasShop && !isEmpty);
  if (collection === 'demo') return state.hasShop ? demo(state, path, nowMs) : null;
  if (collection === 'hosts' && id === '' && state.hasShop && !isEmpty) {
    return list([...shopHosts, ...data.fixtureHosts(nowMs)]);
  }
  if (collection === 'hosts' && id === '') return list(data.fixtureHosts(nowMs, state.extraHosts));
  if (collection === 'hosts' && action === 'capacity') return data.fixtureCapacity(`${id}`, nowMs, isEmpty);
  if (collection === 'hosts' && action === 'log-sources') {
    state.logSources = (body as LogSources).general; // Sent by the console's typed client.
    return body;
  }
  if (collection === 'hosts' && action === 'threads') return data.fixtureThreads(`${id}`, nowMs);
  if (collection === 'hosts' && action === 'watch') return { liveUntil: data.stamp(nowMs + 30_000) };
  if (collection === 'hosts') {
    const host = data.fixtureHost(id.replace(/^host:/, ''), nowMs, shopHosts);
    return host === null || state.logSources === null ? host : { ...host, generalLogSources: state.logSources };
  }
  if (collection === 'incidents' && method === 'POST') {
    if (action === 'ack') state.isAcknowledged = true;
    return {};
  }
  const acknowledged = state.isAcknowledged ? { state: 'acknowledged', owner: user } : {};
  const ofShop = state.hasShop ? shop.fixtureShopIncidents(nowMs) : [];
  if (collection === 'incidents' && id === '') return list([...ofShop, ...data.fixtureIncidents(nowMs)]);
  if (collection === 'incidents' && ofShop.some((incident) => incident.id === id)) {
    return shop.fixtureShopIncident(id, nowMs);
  }
  if (collection === 'incidents') {
    const incident = data.fixtureIncident(id, nowMs);
    return incident === null ? null : id === 'INC-1042' ? { ...incident, ...acknowledged } : incident;
  }
  return null;
}

function demo(state: State, path: string, nowMs: number): unknown {
  const [, , , name = '', order = ''] = path.split('/');
  if (path === '/demo/shop') return shop.fixtureShop;
  if (order === 'start') state.faults.add(name);
  if (order === 'stop') state.faults.delete(name);
  const faults = shop.fixtureFaults(state.faults, nowMs);
  return name === '' ? faults : (faults.find((fault) => fault.name === name) ?? null);
}
