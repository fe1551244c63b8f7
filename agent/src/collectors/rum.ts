import { type Attributes, semconv } from '@airis/protocol';
import { z } from 'zod';
import type { LogLine, LogSink } from '../receivers/log-line.ts';
import { parseBeacon, type RumEvent } from '../rum/beacon.ts';
import { Journeys } from '../rum/journeys.ts';
import { PageValues } from '../rum/page-values.ts';
import { parseRecordingPart, Recordings } from '../rum/recordings.ts';
import { replayScriptText, rumScriptText } from '../rum/script-text.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, type MetricInfo, type SampleWriter } from './collector.ts';
import type { Host } from './host.ts';
import type { HttpListener, HttpReply, HttpRequest } from './http-listen.ts';
import { listenAddress } from './listen-address.ts';
import { RouteClasses } from './route-classes.ts';

const site = z.strictObject({
  key: z
    .string()
    .regex(/^[A-Za-z0-9_-]{8,64}$/, 'letters, digits, _ and -, 8 to 64')
    .describe('stands in the pages for all to see; it tells sites apart and is no secret'),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'lower-case letters, digits and . _ -, at most 63')
    .describe('what series call the site'),
  origins: z
    .array(z.url({ protocol: /^https?$/ }))
    .min(1)
    .max(32)
    .describe('where its pages come from: https://shop.example.kr'),
  replay: z
    .boolean()
    .default(false)
    .describe('takes masked recordings of the visits that its pages choose by `data-replay`; they stay on this host'),
});

const config = z.strictObject({
  listen: listenAddress.describe(
    'where nginx or Apache hands on what comes for /airis-rum/: `127.0.0.1:8735`; null: not at all',
  ),
  sites: z.array(site).max(16).default([]).describe('whose pages may tell'),
  maxBeaconsPerSecond: z
    .int()
    .min(1)
    .max(10_000)
    .default(200)
    .describe('of all visitors; further ones are dropped and counted'),
  maxBeaconsPerClient: z
    .int()
    .min(1)
    .max(1_000)
    .default(20)
    .describe('of one address in ten seconds; further ones are dropped and counted'),
});
type Config = z.output<typeof config>;
type Site = Config['sites'][number];

const MAX_BODY_BYTES = 512 * 1024;
const MAX_BEACON_BYTES = 64 * 1024;
const CLIENT_WINDOW_MS = 10_000;
const MAX_CLIENTS = 10_000;
const QUEUE_LIMIT = 1_000;
const SERIES_LIMIT = 1_500;

const emits: Readonly<Record<string, MetricInfo>> = {
  'airis.rum.vital.duration': {
    unit: 's',
    kind: 'gauge',
    about: '75th percentile of the last five minutes by page: lcp, inp, fcp, ttfb, load',
  },
  'airis.rum.vital.layout_shift': {
    unit: '1',
    kind: 'gauge',
    about: '75th percentile of the cumulative layout shift (CLS) of the last five minutes by page',
  },
  'airis.rum.vitals': {
    unit: '{value}',
    kind: 'counter',
    about: 'web-vitals that browsers told, by rating: good, needs-improvement, poor',
  },
  'airis.rum.page_views': {
    unit: '{view}',
    kind: 'counter',
    about: 'pages and routes of applications that visitors saw',
  },
  'airis.rum.clicks': { unit: '{click}', kind: 'counter', about: 'clicks by page; on what is not told' },
  'airis.rum.errors': { unit: '{error}', kind: 'counter', about: 'errors of scripts and rejected promises by page' },
  'airis.rum.calls': {
    unit: '{call}',
    kind: 'counter',
    about: 'calls of pages to their own site, by route and class of status; 0xx: no answer',
  },
  'airis.rum.call.duration': {
    unit: 's',
    kind: 'gauge',
    about: '75th percentile of the last five minutes of calls of pages to their own site',
  },
  'airis.rum.steps': { unit: '{step}', kind: 'counter', about: 'one page after another within a visit' },
  'airis.rum.exits': { unit: '{visit}', kind: 'counter', about: 'visits by the page they ended on' },
  'airis.rum.visits.active': {
    unit: '{visit}',
    kind: 'gauge',
    about: 'visits that told something in the last five minutes',
  },
};

/** Up to the first a value is good, beyond the second it is poor; https://web.dev/articles/vitals */
const ratings = {
  lcp: [2_500, 4_000],
  inp: [200, 500],
  cls: [0.1, 0.25],
  fcp: [1_800, 3_000],
  ttfb: [800, 1_800],
} as const;

interface State {
  listener: HttpListener | null;
  script: Uint8Array;
  /** Read when the first chosen visit asks for it. */
  recorder: Uint8Array | null;
  isReadingRecorder: boolean;
  readonly recordings: Recordings;
  readonly routes: Map<string, RouteClasses>;
  readonly counts: Map<string, number>;
  readonly values: PageValues;
  readonly journeys: Journeys;
  readonly attributes: BoundedAttributes;
  readonly refused: Map<string, number>;
  readonly clients: Map<string, { sinceMs: number; beacons: number }>;
  lines: LogLine[];
  beaconsLeft: number;
  isClosed: boolean;
}

/**
 * What browsers tell of a site: web-vitals, pages, errors, calls and ways through it. Comes by the site's own origin, so that
 * a proxy stands between this port and the world; of what a visitor types or reads nothing comes at all.
 */
export const rumCollector = defineCollector({
  name: 'rum',
  watches: 'both',
  config,
  capabilities: ['http-server'],
  emits,
  maxDeclared: 0,
  state: ({ maxBeaconsPerSecond }): State => ({
    listener: null,
    script: new Uint8Array(0),
    recorder: null,
    isReadingRecorder: false,
    recordings: new Recordings(),
    routes: new Map(),
    counts: new Map(),
    values: new PageValues(),
    journeys: new Journeys(),
    attributes: new BoundedAttributes(SERIES_LIMIT, (key) => JSON.parse(key) as Attributes), // made by keyOf below
    refused: new Map(),
    clients: new Map(),
    lines: [],
    beaconsLeft: maxBeaconsPerSecond,
    isClosed: false,
  }),
  applies: async (_host, { listen }) => listen !== null,
  async collect(host, settings, out, state) {
    await open(host, settings, state);
    const nowMs = host.nowMs();
    for (const { site: name, route } of state.journeys.takeEnded(nowMs)) {
      count(state, 'airis.rum.exits', { 'service.name': name, [semconv.attribute.httpRoute]: route });
    }
    write(state, nowMs, out);
    state.beaconsLeft = settings.maxBeaconsPerSecond;
    for (const [client, { sinceMs }] of state.clients) {
      if (Math.abs(nowMs - sinceMs) > CLIENT_WINDOW_MS) state.clients.delete(client);
    }
  },
  context: ({ listener, refused }) => {
    const left = [...refused].map(([reason, howMany]) => `${reason} ${howMany}`).join(', ');
    if (listener === null) return {};
    return { note: `listens on TCP port ${listener.port}${left === '' ? '' : `; not taken: ${left}`}` };
  },
  deliverLines(state, sink: LogSink) {
    let done = 0;
    while (done < state.lines.length && sink.accept(state.lines[done]!)) done++;
    state.lines = state.lines.slice(done);
  },
  takeRecordings: ({ recordings }) => recordings.takeWaiting(),
  async close(state) {
    state.isClosed = true;
    await state.listener?.[Symbol.asyncDispose]();
    state.listener = null;
  },
});

async function open(host: Host, settings: Config, state: State): Promise<void> {
  const { listen } = settings;
  if (listen === null || state.listener !== null || host.httpServer === undefined) return;
  state.script = Buffer.from(await rumScriptText());
  const listener = await host.httpServer(listen, {
    maxBodyBytes: MAX_BODY_BYTES,
    answer: (request) => answer(request, settings, state, host.nowMs()),
    refuse: (status, why) => refuse(state, status, why),
  });
  // The reading was cut off while the port was being opened.
  if (state.isClosed) await listener[Symbol.asyncDispose]();
  else state.listener = listener;
}

function answer(request: HttpRequest, settings: Config, state: State, nowMs: number): HttpReply {
  const { method, path } = request;
  if (path === '/airis-rum/script.js' && method === 'GET') {
    return { status: 200, contentType: 'text/javascript; charset=utf-8', body: state.script };
  }
  if (path === '/airis-rum/replay.js' && method === 'GET' && settings.sites.some(({ replay }) => replay)) {
    return recorderOf(state);
  }
  if (path !== '/airis-rum/beacon' && path !== '/airis-rum/replay') {
    return refuse(state, 404, 'there is /airis-rum/script.js and /airis-rum/beacon');
  }
  if (method !== 'POST') return refuse(state, 405, 'a beacon is sent by POST');
  if (state.beaconsLeft <= 0 || !mayTell(state, request.client ?? '', settings, nowMs)) {
    return refuse(state, 429, 'too many beacons');
  }
  state.beaconsLeft--;
  if (path === '/airis-rum/replay') return takePart(request, settings, state, nowMs);
  if (request.body.length > MAX_BEACON_BYTES) return refuse(state, 413, 'a beacon is at most 64 KiB');
  const beacon = parseBeacon(request.body);
  if (beacon === null) return refuse(state, 400, 'this is no beacon');
  const from = siteOf(request, beacon.key, settings);
  if (typeof from === 'string') return refuse(state, 403, from);
  for (const event of beacon.events) take(state, from, beacon.session, event, nowMs);
  if (beacon.malformed > 0) state.refused.set('events', (state.refused.get('events') ?? 0) + beacon.malformed);
  return taken;
}

const taken: HttpReply = { status: 204, contentType: 'text/plain', body: new Uint8Array(0) };

/** The site whose page asks, else why there is none. */
function siteOf({ origin }: HttpRequest, key: string, { sites }: Config): Site | string {
  const from = sites.find((site) => site.key === key);
  if (from === undefined) return 'no site has this key';
  return from.origins.some((one) => new URL(one).origin === origin) ? from : 'the page is not of this site';
}

/** Whoever asks first goes without: a visit that is not recorded is no loss. */
function recorderOf(state: State): HttpReply {
  if (state.recorder !== null) {
    return { status: 200, contentType: 'text/javascript; charset=utf-8', body: state.recorder };
  }
  if (!state.isReadingRecorder) {
    state.isReadingRecorder = true;
    replayScriptText().then(
      (text) => {
        state.recorder = Buffer.from(text);
      },
      () => {
        state.refused.set('recorder', (state.refused.get('recorder') ?? 0) + 1);
      },
    );
  }
  return refuse(state, 503, 'the recorder is being read; the next visit finds it');
}

function takePart(request: HttpRequest, settings: Config, state: State, nowMs: number): HttpReply {
  const part = parseRecordingPart(request.body);
  if (part === null) return refuse(state, 400, 'this is no part of a recording');
  const from = siteOf(request, part.key, settings);
  if (typeof from === 'string') return refuse(state, 403, from);
  if (!from.replay) return refuse(state, 403, 'this site takes no recordings');
  const path = part.path.startsWith('/') ? part.path.split(/[?#;]/)[0]! : '/';
  const why = state.recordings.take(from.name, routeOf(state, from.name, path), part, nowMs);
  return why === null ? taken : refuse(state, 429, why);
}

/** One address gets so much in ten seconds; with very many addresses at once the rest is bounded by the whole rate alone. */
function mayTell({ clients }: State, client: string, { maxBeaconsPerClient }: Config, nowMs: number): boolean {
  const known = clients.get(client);
  if (known === undefined || Math.abs(nowMs - known.sinceMs) > CLIENT_WINDOW_MS) {
    if (clients.size < MAX_CLIENTS) clients.set(client, { sinceMs: nowMs, beacons: 1 });
    return true;
  }
  return ++known.beacons <= maxBeaconsPerClient;
}

function refuse(state: State, status: number, why: string): HttpReply {
  state.refused.set(String(status), (state.refused.get(String(status)) ?? 0) + 1);
  return { status, contentType: 'text/plain; charset=utf-8', body: Buffer.from(`${why}\n`) };
}

function take(state: State, { name }: Site, session: string, event: RumEvent, nowMs: number): void {
  const route = routeOf(state, name, event.path);
  const place = { 'service.name': name, [semconv.attribute.httpRoute]: route };
  switch (event.type) {
    case 'view': {
      count(state, 'airis.rum.page_views', place);
      const before = state.journeys.view(name, session, route, nowMs);
      if (before !== null && before !== route)
        count(state, 'airis.rum.steps', { ...place, 'airis.rum.route.before': before });
      return;
    }
    case 'click':
      count(state, 'airis.rum.clicks', place);
      return;
    case 'load':
      state.values.add(
        keyOf('airis.rum.vital.duration', { ...place, 'airis.rum.vital': 'load' }),
        event.value / 1_000,
        nowMs,
      );
      return;
    case 'vital': {
      const [good, poor] = ratings[event.name];
      const rating = event.value <= good ? 'good' : event.value <= poor ? 'needs-improvement' : 'poor';
      const vital = { ...place, 'airis.rum.vital': event.name };
      count(state, 'airis.rum.vitals', { ...vital, 'airis.rum.rating': rating });
      if (event.name === 'cls') state.values.add(keyOf('airis.rum.vital.layout_shift', place), event.value, nowMs);
      else state.values.add(keyOf('airis.rum.vital.duration', vital), event.value / 1_000, nowMs);
      return;
    }
    case 'error':
      count(state, 'airis.rum.errors', place);
      noteLine(state, name, `${event.message}${event.stack === '' ? '' : `\n${event.stack}`}`, nowMs);
      return;
    case 'call': {
      const called = { 'service.name': name, [semconv.attribute.httpRoute]: routeOf(state, name, event.to) };
      count(state, 'airis.rum.calls', {
        ...called,
        'http.response.status_class': `${Math.floor(event.status / 100)}xx`,
      });
      state.values.add(keyOf('airis.rum.call.duration', called), event.value / 1_000, nowMs);
    }
  }
}

/** As access logs are read: what people typed or are called stays out, and there is no end of pages. */
function routeOf({ routes }: State, name: string, path: string): string {
  const known = routes.get(name) ?? new RouteClasses();
  routes.set(name, known);
  return known.routeOf(path, 200);
}

function noteLine(state: State, name: string, text: string, nowMs: number): void {
  if (state.lines.length >= QUEUE_LIMIT) {
    state.refused.set('lines', (state.refused.get('lines') ?? 0) + 1);
    return;
  }
  state.lines.push({
    source: `rum:${name}`,
    timeUnixMs: nowMs,
    severity: semconv.severityNumber.error,
    text: text.trimEnd(),
  });
}

const keyOf = (metric: string, attributes: Attributes): string => `${metric} ${JSON.stringify(attributes)}`;

function count(state: State, metric: string, attributes: Attributes): void {
  const key = keyOf(metric, attributes);
  const before = state.counts.get(key);
  // What finds no place in the series is not counted either.
  if (before === undefined && state.counts.size >= SERIES_LIMIT) return;
  state.counts.set(key, (before ?? 0) + 1);
}

function write({ counts, values, journeys, attributes }: State, nowMs: number, out: SampleWriter): void {
  const put = (key: string, value: number): void => {
    const at = key.indexOf(' ');
    const named = attributes.get(key.slice(at + 1));
    if (named !== null) out.write(key.slice(0, at), value, named);
  };
  for (const [key, howOften] of counts) put(key, howOften);
  for (const [key, value] of values.percentiles(nowMs)) put(key, value);
  for (const [name, visits] of journeys.activeBySite(nowMs)) {
    put(keyOf('airis.rum.visits.active', { 'service.name': name }), visits);
  }
}
