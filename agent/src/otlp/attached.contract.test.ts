import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodePackages, type Packages, pythonPackages, run, startOtlp } from '../collectors/otlp-under-test.ts';
import { startTestPostgresql } from '../collectors/postgresql-under-test.ts';

const attach = resolve(import.meta.dirname, '../../attach');
type Agent = Awaited<ReturnType<typeof startOtlp>>;

/** A program that says its port and ends when its input does. */
async function startProgram(command: string, args: readonly string[], env: Record<string, string>) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  const port = await new Promise<number>((done, failed) => {
    child.stdout.on('data', (text) => {
      said += text;
      const found = /port (\d+)/.exec(said);
      if (found !== null) done(Number(found[1]));
    });
    child.once('exit', () => failed(new Error(errors)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    /** Exit code, and what it said on its error output. */
    async end() {
      child.stdin.end();
      return { code: await ended, errors };
    },
    [Symbol.dispose]: () => child.kill('SIGKILL'),
  };
}

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const asked = (url: string) => fetch(url, { headers: { traceparent: parent } }).then((answer) => answer.text());
const metricsOf = ({ registry }: Agent) => new Set(registry.series.map(({ identity }) => identity.metric));

describe('airis_python', () => {
  let flask: Packages | undefined;
  beforeAll(async () => {
    flask = await pythonPackages('flask==3.1.3');
  }, 180_000);
  afterAll(() => flask?.remove());

  const program = `
import sys, threading, sqlite3, gc, urllib.request
from wsgiref.simple_server import make_server, WSGIRequestHandler
from flask import Flask
import airis_python
app = Flask('shop')
app.wsgi_app = airis_python.wsgi(app.wsgi_app)
other = sys.argv[1]
@app.get('/orders/<int:number>')
def order(number):
  database = airis_python.database(sqlite3.connect(':memory:'), 'sqlite', '127.0.0.1', 5432)
  with database:
    cursor = database.cursor()
    cursor.execute("select 'kim' where ? = 1", (number,))
    assert cursor.fetchall() == ([('kim',)] if number == 1 else []) and database.execute('select 2').fetchone() == (2,)
  if number == 500: raise ValueError('no such order')
  gc.collect()
  return urllib.request.urlopen(other).read() * 3
class Quiet(WSGIRequestHandler):
  def log_message(self, *args): pass
server = make_server('127.0.0.1', 0, app, handler_class=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
print('port', server.server_port, flush=True)
sys.stdin.read()
server.shutdown()
`;
  const start = (endpoint: string, other: string) =>
    startProgram('python3', ['-c', program, other], {
      PYTHONPATH: `${flask!.folder}:${attach}/python`,
      OTEL_SERVICE_NAME: 'shop',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      PYTHONDONTWRITEBYTECODE: '1',
    });

  it('tells requests of Flask with the calls they waited for, statements, and the interpreter', async () => {
    await using agent = await startOtlp();
    using other = await startOther();
    using shop = await start(`http://127.0.0.1:${agent.port}`, other.url);
    expect(await asked(`${shop.url}/orders/1`)).toBe('later'.repeat(3));
    expect(await asked(`${shop.url}/orders/2`)).toBe('later'.repeat(3));
    expect(await asked(`${shop.url}/orders/500`)).toContain('Internal Server Error');
    await asked(`${shop.url}/nothing`);
    const { code, errors } = await shop.end();
    expect([code, errors.includes('airis_python:')]).toEqual([0, false]);

    const rows = agent.transactions();
    const [traceId, parentSpanId] = parent.split('-').slice(1);
    expect(rows).toMatchObject([
      { service: 'service:shop', route: 'GET /orders/{}', status: 200, peer: `127.0.0.1:${other.port}`, traceId },
      { route: 'GET /orders/{}', status: 200, parentSpanId },
      { route: 'GET /orders/{}', status: 500, peer: '127.0.0.1:5432' },
      { route: 'GET (other)', status: 404, peer: '' },
    ]);
    expect(rows[0]!.peerElapsedMs).toBeGreaterThanOrEqual(30);
    expect(rows[0]!.elapsedMs as number).toBeGreaterThan(rows[0]!.peerElapsedMs as number);
    // Who was called sees its caller's trace.
    expect(other.traceparents).toEqual([0, 1].map((at) => `00-${traceId}-${rows[at]!.spanId}-01`));
    await agent.step();
    expect(agent.value('db.client.operation.duration')).toBeGreaterThan(0);
    expect(agent.value('airis.python.memory.usage')).toBeGreaterThan(10e6);
    expect(metricsOf(agent)).toContain('cpython.gc.collections');
    expect(agent.refusals.snapshot()).toEqual({});
  });

  it('keeps to WSGI and ASGI, and goes on in a process forked from one that has it', async () => {
    await using agent = await startOtlp();
    const { stderr } = await run(
      'python3',
      [
        '-c',
        `
import asyncio, os, io, wsgiref.util, wsgiref.validate
import airis_python
def app(environ, start_response):
  start_response('200 OK', [('Content-Type', 'text/plain')])
  yield b'one'
  yield b'two'
app = wsgiref.validate.validator(airis_python.wsgi(wsgiref.validate.validator(app)))
def ask(path):
  environ = {'SCRIPT_NAME': '', 'PATH_INFO': path, 'REQUEST_METHOD': 'GET', 'QUERY_STRING': ''}
  wsgiref.util.setup_testing_defaults(environ)
  answer = app(environ, lambda status, headers, info=None: None)
  assert b''.join(answer) == b'onetwo'
  answer.close()
ask('/parent')
if os.fork() == 0:
  ask('/child')
  raise SystemExit
os.wait()
class Route: path = '/items/{id}'
async def items(scope, receive, send):
  scope['route'] = Route
  await send({'type': 'http.response.start', 'status': 404, 'headers': []})
async def fails(scope, receive, send): raise KeyError('x')
async def nothing(message=None): pass
scope = {'type': 'http', 'method': 'GET', 'path': '/items/1', 'headers': []}
asyncio.run(airis_python.asgi(items)(dict(scope), nothing, nothing))
try: asyncio.run(airis_python.asgi(fails)(dict(scope, path='/fails'), nothing, nothing))
except KeyError: pass
`,
      ],
      {
        env: {
          ...process.env,
          PYTHONPATH: `${attach}/python`,
          PYTHONDONTWRITEBYTECODE: '1',
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${agent.port}`,
        },
      },
    );
    expect(stderr).toBe('');
    // The child ends first; each tells its own requests, once.
    expect(agent.transactions().map(({ route, status }) => `${route} ${status}`)).toEqual([
      'GET (other) 200',
      'GET (other) 200',
      'GET /items/{} 404',
      'GET (other) 500',
    ]);
    expect(agent.refusals.snapshot()).toEqual({});
  });

  it('is not noticed while there is no agent, and where one answers nonsense', async () => {
    using other = await startOther();
    for (const endpoint of ['http://127.0.0.1:1', other.url, 'nonsense']) {
      using shop = await start(endpoint, other.url);
      expect(await asked(`${shop.url}/orders/1`)).toBe('later'.repeat(3));
      expect(await shop.end()).toMatchObject({ code: 0 });
    }
  });
});

describe('airis-node', () => {
  let packages: Packages | undefined;
  beforeAll(async () => {
    packages = await nodePackages('express@5.1.0', 'pg@8.16.3');
  }, 180_000);
  afterAll(() => packages?.remove());

  const program = `
const express = require('express');
const { Pool } = require('pg');
const pool = new Pool({ connectionString: process.argv[2], max: 1 });
const other = process.argv[3];
const app = express();
const orders = express.Router();
orders.get('/:number', async (request, response) => {
  const { rows } = await pool.query("select 'kim' as name, $1::int as number", [Number(request.params.number)]);
  const got = await new Promise((done, failed) => require('http').get(other, (answer) => {
    answer.resume().on('end', () => done(answer.statusCode)); }).on('error', failed));
  const again = await fetch(other);
  response.json({ ...rows[0], got, again: again.status });
});
orders.get('/slow/:seconds', (request, response, next) => {
  pool.query('select pg_sleep($1)', [request.params.seconds], (error) => error ? next(error) : response.send('slept'));
});
app.use('/orders', orders);
app.get('/fails', async () => { await pool.query('select * from nothing'); });
app.use((error, request, response, next) => response.status(500).send('failed'));
const server = app.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));
process.stdin.on('end', async () => { server.close(); server.closeAllConnections(); await pool.end(); }).resume();
`;
  const start = (endpoint: string, database: string, other: string) => {
    const file = join(packages!.folder, 'app.cjs');
    writeFileSync(file, program);
    return startProgram(process.execPath, ['--require', `${attach}/node/airis-node.cjs`, file, database, other], {
      OTEL_SERVICE_NAME: 'shop',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    });
  };

  it('tells requests of Express with calls and statements of pg, and the event loop', async () => {
    await using agent = await startOtlp();
    await using postgresql = await startTestPostgresql();
    const databaseUrl = `postgres://owner:owner-secret@127.0.0.1:${postgresql.port}/shop`;
    using other = await startOther();
    using shop = await start(`http://127.0.0.1:${agent.port}`, databaseUrl, other.url);
    expect(await asked(`${shop.url}/orders/7`)).toBe('{"name":"kim","number":7,"got":200,"again":200}');
    expect(await Promise.all([asked(`${shop.url}/orders/slow/0.3`), asked(`${shop.url}/orders/slow/0.1`)])).toEqual([
      'slept',
      'slept',
    ]);
    expect(await asked(`${shop.url}/fails`)).toBe('failed');
    const { code, errors } = await shop.end();
    expect([code, errors]).toEqual([0, '']);

    const rows = agent.transactions();
    const [traceId, parentSpanId] = parent.split('-').slice(1);
    const first = rows.find(({ route }) => route === 'GET /orders/{}')!;
    expect(first).toMatchObject({ service: 'service:shop', status: 200, traceId, parentSpanId });
    expect(first.peer).toBe(`127.0.0.1:${other.port}`);
    expect(first.peerElapsedMs).toBeGreaterThanOrEqual(30);
    expect(other.traceparents).toHaveLength(2);
    for (const said of other.traceparents) expect(said).toContain(`00-${traceId}-`);
    expect(rows.find(({ status }) => status === 500)).toMatchObject({ peer: `127.0.0.1:${postgresql.port}` });
    const slow = rows.filter(({ elapsedMs }) => (elapsedMs as number) >= 100 && elapsedMs !== first.elapsedMs);
    expect(slow.map(({ peer }) => peer)).toEqual(slow.map(() => `127.0.0.1:${postgresql.port}`));
    await agent.step();
    await agent.step();
    expect(agent.value('nodejs.eventloop.delay.p99')).toBeGreaterThanOrEqual(0);
    expect(agent.value('nodejs.eventloop.utilization')).toBeLessThan(1);
    expect(metricsOf(agent)).toContain('v8js.memory.heap.used');
    expect(agent.refusals.snapshot()).toEqual({});
  });

  it('is not noticed while there is no agent, and where one answers nonsense', async () => {
    using other = await startOther();
    for (const endpoint of ['http://127.0.0.1:1', other.url, 'nonsense']) {
      using shop = await start(endpoint, 'postgres://127.0.0.1:1/none', other.url);
      expect(await asked(`${shop.url}/fails`)).toBe('failed');
      expect(await shop.end()).toEqual({ code: 0, errors: '' });
    }
  });
});

/** What the programs call: answers after 30 ms, and keeps who called. */
async function startOther() {
  const traceparents: string[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'GET') traceparents.push(`${request.headers.traceparent}`);
    setTimeout(() => response.end('later'), 30);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    traceparents,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
