'use strict';
/**
 * What a Node program does, told to the AIRIS-MON agent on the same host by OTLP over HTTP: node --require airis-node.cjs app.js
 *
 * Event loop, collections, heap; requests it serves (node:http, so Express, Koa and the like) with the calls made for them
 * (node:http, fetch) and statements of pg. Settings are those of OpenTelemetry: OTEL_SERVICE_NAME,
 * OTEL_EXPORTER_OTLP_ENDPOINT (http://127.0.0.1:4318); AIRIS_DISABLED=1 turns it off. Needs Node 18 or newer and nothing else.
 *
 * It never breaks the program: what fails in here is counted and left out, a queue that is full drops, no timer keeps the
 * process alive, and while the agent is away nothing waits for it. Do not use it beside an OpenTelemetry SDK, which tells the same.
 */
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { randomBytes } = require('node:crypto');
const { subscribe } = require('node:diagnostics_channel');
const http = require('node:http');
const Module = require('node:module');
const { monitorEventLoopDelay, PerformanceObserver, performance } = require('node:perf_hooks');
const v8 = require('node:v8');
const { isMainThread } = require('node:worker_threads');

const MAX_SPANS = 2_000;
const EVERY_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;
const TIMEOUT_MS = 2_000;
const MAX_TEXT = 2_000;
const DELAY_RESOLUTION_MS = 20;
const SERVER = 2;
const CLIENT = 3;
const gcTypes = { 1: 'minor', 2: 'minor', 4: 'major', 8: 'incremental', 16: 'weakcb' };
const GC_BOUNDS = [0.001, 0.01, 0.1, 1, 10];

/** The span that what runs now belongs to; `false` for what this file itself does. */
const here = new AsyncLocalStorage();
const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT || 'http://127.0.0.1:4318';
const nanosOf = (ms) => `${BigInt(Math.round(ms * 1_000)) * 1_000n}`;
const nowMs = () => performance.timeOrigin + performance.now();
const startedAt = nanosOf(nowMs());
let spans = [];
let dropped = 0;
let failed = 0;

/** An error in a subscriber would end the program. */
const quietly =
  (work) =>
  (...args) => {
    try {
      return work(...args);
    } catch {
      failed++;
      return undefined;
    }
  };

class Span {
  constructor(kind, name, attributes, parent) {
    this.traceId = parent?.traceId ?? randomBytes(16).toString('hex');
    this.parentSpanId = parent?.spanId ?? '';
    this.spanId = randomBytes(8).toString('hex');
    this.kind = kind;
    this.name = name;
    this.attributes = attributes;
    this.startMs = nowMs();
    this.isEnded = false;
  }

  get traceparent() {
    return `00-${this.traceId}-${this.spanId}-01`;
  }

  end(isError) {
    if (this.isEnded) return;
    this.isEnded = true;
    if (spans.length >= MAX_SPANS) {
      dropped++;
      return;
    }
    const { traceId, spanId, parentSpanId, kind, name } = this;
    spans.push({
      traceId,
      spanId,
      parentSpanId,
      kind,
      name,
      startTimeUnixNano: nanosOf(this.startMs),
      endTimeUnixNano: nanosOf(nowMs()),
      attributes: attributesOf(this.attributes),
      status: isError ? { code: 2 } : {},
    });
  }
}

function attributesOf(said) {
  return Object.entries(said)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => ({
      key,
      value: Number.isInteger(value) ? { intValue: `${value}` } : { stringValue: String(value).slice(0, MAX_TEXT) },
    }));
}

function callerOf(header) {
  const [, traceId, spanId] = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/.exec(header ?? '') ?? [];
  return traceId === undefined ? undefined : { traceId, spanId };
}

function watchServers() {
  subscribe(
    'http.server.request.start',
    quietly(({ request, response }) => {
      const path = (request.url ?? '/').split('?')[0];
      const { method } = request;
      const attributes = { 'http.request.method': method, 'url.path': path };
      const span = new Span(SERVER, method, attributes, callerOf(request.headers.traceparent));
      here.enterWith(span);
      response.once(
        'close',
        quietly(() => {
          const status = response.writableFinished ? response.statusCode : 499;
          const route = request.route?.path;
          attributes['http.response.status_code'] = status;
          // Express: what a router is mounted at, and what it matched.
          if (typeof route === 'string') attributes['http.route'] = `${request.baseUrl ?? ''}${route}`;
          span.end(status >= 500);
        }),
      );
    }),
  );
}

function watchHttpCalls() {
  const calls = new WeakMap();
  const begin = quietly(({ request }) => {
    const parent = here.getStore();
    if (parent === false || calls.has(request)) return;
    const attributes = { 'http.request.method': request.method };
    const span = new Span(CLIENT, request.method, attributes, parent);
    calls.set(request, span);
    if (!request.headersSent && !request.hasHeader('traceparent')) request.setHeader('traceparent', span.traceparent);
  });
  const end = quietly(({ request, response }) => {
    const span = calls.get(request);
    if (span === undefined) return;
    notePeer(span, request.socket);
    if (response !== undefined) span.attributes['http.response.status_code'] = response.statusCode;
    span.end(response === undefined || response.statusCode >= 400);
  });
  // Older ones tell of a request only when its headers have left.
  subscribe('http.client.request.created', begin);
  subscribe('http.client.request.start', begin);
  subscribe('http.client.response.finish', end);
  subscribe('http.client.request.error', end);
}

function watchFetch() {
  const calls = new WeakMap();
  subscribe(
    'undici:request:create',
    quietly(({ request }) => {
      const parent = here.getStore();
      if (parent === false) return;
      const span = new Span(CLIENT, request.method, { 'http.request.method': request.method }, parent);
      calls.set(request, span);
      request.addHeader('traceparent', span.traceparent);
    }),
  );
  subscribe(
    'undici:client:sendHeaders',
    quietly(({ request, socket }) => {
      const span = calls.get(request);
      if (span !== undefined) notePeer(span, socket);
    }),
  );
  subscribe(
    'undici:request:headers',
    quietly(({ request, response }) => {
      const span = calls.get(request);
      if (span === undefined) return;
      span.attributes['http.response.status_code'] = response.statusCode;
      span.end(response.statusCode >= 400);
    }),
  );
  subscribe('undici:request:error', ({ request }) => calls.get(request)?.end(true));
}

function notePeer({ attributes }, socket) {
  if (!socket?.remoteAddress) return;
  attributes['network.peer.address'] = socket.remoteAddress.replace(/^::ffff:/, '');
  attributes['network.peer.port'] = socket.remotePort;
}

/** As programs name it, and as Node does where it is imported. */
const PG = /^pg$|[\\/]pg[\\/]lib[\\/]index\.js$/;

/** pg has no channel of its own: its two ways in are replaced when it is loaded. */
function watchPg() {
  const load = Module._load;
  const seen = new WeakSet();
  Module._load = function (name, ...rest) {
    const loaded = load.call(this, name, ...rest);
    if (PG.test(name) && typeof loaded?.Client === 'function' && !seen.has(loaded)) {
      seen.add(loaded);
      quietly(patchPg)(loaded);
    }
    return loaded;
  };
}

function patchPg({ Client, Pool }) {
  const { query } = Client.prototype;
  Client.prototype.query = function (...args) {
    const [config] = args;
    const parent = here.getStore();
    // A cursor or stream gives no answer to wait for.
    if (parent === false || typeof config?.submit === 'function') return query.apply(this, args);
    const span = beginStatement(this, config, parent);
    const last = args.findLastIndex((one) => typeof one === 'function');
    if (span !== undefined && last >= 0) {
      const told = AsyncResource.bind(args[last]);
      args[last] = (error, ...answer) => {
        span.end(Boolean(error));
        return told(error, ...answer);
      };
    }
    const answer = query.apply(this, args);
    if (span !== undefined && typeof answer?.then === 'function') {
      answer.then(
        () => span.end(false),
        () => span.end(true),
      );
    }
    return answer;
  };
  const { connect } = Pool.prototype;
  // Who waits for a connection goes on in the request that waits, not in the one that gave it back.
  Pool.prototype.connect = function (callback) {
    return connect.call(this, typeof callback === 'function' ? AsyncResource.bind(callback) : callback);
  };
}

const beginStatement = quietly((client, config, parent) => {
  const text = typeof config === 'string' ? config : config?.text;
  if (typeof text !== 'string') return undefined;
  const attributes = { 'db.system.name': 'postgresql', 'db.namespace': client.database, 'db.query.text': text };
  const span = new Span(CLIENT, text.trimStart().split(/\s/, 1)[0].slice(0, 30), attributes, parent);
  notePeer(span, client.connection?.stream);
  return span;
});

function createMetrics() {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  let usedBefore = performance.eventLoopUtilization();
  const collections = new Map();
  const observer = new PerformanceObserver(
    quietly((list) => {
      for (const { duration, detail } of list.getEntries()) {
        const type = gcTypes[detail?.kind] ?? 'other';
        const of = collections.get(type) ?? { count: 0, sum: 0, buckets: GC_BOUNDS.map(() => 0).concat(0) };
        collections.set(type, of);
        const seconds = duration / 1_000;
        const at = GC_BOUNDS.findIndex((bound) => seconds <= bound);
        of.buckets[at < 0 ? GC_BOUNDS.length : at]++;
        of.count++;
        of.sum += seconds;
      }
    }),
  );
  observer.observe({ entryTypes: ['gc'] });
  return () => {
    // Without the time that the loop was asked to wait.
    const late = (nanos) => (Number.isFinite(nanos) ? Math.max(0, nanos / 1e9 - DELAY_RESOLUTION_MS / 1_000) : 0);
    const used = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(used, usedBefore);
    usedBefore = used;
    const metrics = [
      gauge('nodejs.eventloop.delay.mean', 's', [[late(delay.mean), {}]]),
      gauge('nodejs.eventloop.delay.p50', 's', [[late(delay.percentile(50)), {}]]),
      gauge('nodejs.eventloop.delay.p99', 's', [[late(delay.percentile(99)), {}]]),
      gauge('nodejs.eventloop.delay.max', 's', [[late(delay.max), {}]]),
      gauge('nodejs.eventloop.utilization', '1', [[utilization, {}]]),
      gauge('v8js.memory.heap.used', 'By', heap('space_used_size')),
      gauge('v8js.memory.heap.limit', 'By', [[v8.getHeapStatistics().heap_size_limit, {}]]),
      sum('airis.nodejs.dropped_spans', '{span}', dropped),
      sum('airis.nodejs.failures', '{failure}', failed),
      gcDurations(collections),
    ];
    delay.reset();
    return metrics;
  };
}

const heap = (what) =>
  v8.getHeapSpaceStatistics().map((space) => [space[what], { 'v8js.heap.space.name': space.space_name }]);

const pointOf = (at) => ({
  startTimeUnixNano: startedAt,
  timeUnixNano: nanosOf(nowMs()),
  attributes: attributesOf(at),
});
const gauge = (name, unit, values) => ({
  name,
  unit,
  gauge: { dataPoints: values.map(([value, at]) => ({ ...pointOf(at), asDouble: value })) },
});
const cumulative = { aggregationTemporality: 2, isMonotonic: true };
const sum = (name, unit, value) => ({
  name,
  unit,
  sum: { ...cumulative, dataPoints: [{ ...pointOf({}), asDouble: value }] },
});

function gcDurations(collections) {
  const dataPoints = [...collections].map(([type, of]) => ({
    ...pointOf({ 'v8js.gc.type': type }),
    count: `${of.count}`,
    sum: of.sum,
    bucketCounts: of.buckets.map(String),
    explicitBounds: GC_BOUNDS,
  }));
  return { name: 'v8js.gc.duration', unit: 's', histogram: { aggregationTemporality: 2, dataPoints } };
}

function startSending(metrics) {
  const name = process.env.OTEL_SERVICE_NAME;
  const resource = {
    attributes: attributesOf({ 'service.name': name, 'process.pid': process.pid, 'telemetry.sdk.language': 'nodejs' }),
  };
  const scope = { name: 'airis-node' };
  let pauseMs = EVERY_MS;
  const send = async () => {
    const taken = spans;
    spans = [];
    const told = await post('/v1/metrics', {
      resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: metrics() }] }],
    });
    const isTaken =
      taken.length === 0
        ? told
        : told && (await post('/v1/traces', { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: taken }] }] }));
    // What was not taken is gone: what comes next is worth more.
    if (!isTaken) dropped += taken.length;
    pauseMs = isTaken ? EVERY_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  };
  const sendAgain = () => {
    here.run(false, () =>
      send()
        .catch(() => failed++)
        .then(() => setTimeout(sendAgain, pauseMs).unref()),
    );
  };
  here.run(false, () => setTimeout(sendAgain, EVERY_MS).unref());
  // A program that ends by itself tells its last seconds; one that exits or is killed does not.
  process.once('beforeExit', () => here.run(false, () => send().catch(() => failed++)));
}

function post(path, what) {
  return new Promise((done) => {
    const body = JSON.stringify(what);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = { method: 'POST', headers, timeout: TIMEOUT_MS, agent: false };
    const request = http.request(`${endpoint.replace(/\/$/, '')}${path}`, options, (response) => {
      response.resume();
      response.on('close', () => done(response.statusCode === 200));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => done(false));
    request.end(body);
  });
}

// Threads of the program's own are part of it; loaded twice it would tell all twice.
const mark = Symbol.for('airis.node');
if (isMainThread && process.env.AIRIS_DISABLED !== '1' && globalThis[mark] === undefined) {
  globalThis[mark] = true;
  try {
    watchServers();
    watchHttpCalls();
    watchFetch();
    watchPg();
    startSending(createMetrics());
  } catch (error) {
    process.stderr.write(`airis-node: not started: ${error.message}\n`);
  }
}
