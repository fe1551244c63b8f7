import { semconv } from '@airis/protocol';
import { z } from 'zod';
import type { LogLine, LogSink } from '../receivers/log-line.ts';
import { parseBeacon } from '../rum/beacon.ts';
import { MAX_PART_BYTES, parseRecordingPart, Recordings } from '../rum/recordings.ts';
import { replayScriptText, rumScriptText } from '../rum/script-text.ts';
import { VisitorFigures } from '../rum/visitor-figures.ts';
import { defineCollector, type MetricInfo } from './collector.ts';
import type { Host } from './host.ts';
import type { HttpListener, HttpReply, HttpRequest } from './http-listen.ts';
import { listenAddress } from './listen-address.ts';

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

const MAX_BEACON_BYTES = 64 * 1024;
const CLIENT_WINDOW_MS = 10_000;
const MAX_CLIENTS = 10_000;
const QUEUE_LIMIT = 1_000;
const REPLAY_PATH = '/airis-rum/replay';

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

interface State {
  listener: HttpListener | null;
  script: Uint8Array;
  /** Empty where no site takes recordings. */
  recorder: Uint8Array;
  readonly recordings: Recordings;
  readonly figures: VisitorFigures;
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
    recorder: new Uint8Array(0),
    recordings: new Recordings(),
    figures: new VisitorFigures(),
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
    state.figures.write(nowMs, out);
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

const takesRecordings = ({ replay }: Site): boolean => replay;
const taken: HttpReply = { status: 204, contentType: 'text/plain', body: new Uint8Array(0) };
const scriptOf = (body: Uint8Array): HttpReply => ({
  status: 200,
  contentType: 'text/javascript; charset=utf-8',
  body,
});

async function open(host: Host, settings: Config, state: State): Promise<void> {
  const { listen } = settings;
  if (listen === null || state.listener !== null || host.httpServer === undefined) return;
  state.script = Buffer.from(await rumScriptText());
  if (settings.sites.some(takesRecordings)) state.recorder = Buffer.from(await replayScriptText());
  const listener = await host.httpServer(listen, {
    maxBodyBytes: (path) => (path === REPLAY_PATH ? MAX_PART_BYTES : MAX_BEACON_BYTES),
    answer: (request) => answer(request, settings, state, host.nowMs()),
    refuse: (status, why) => refuse(state, status, why),
  });
  // The reading was cut off while the port was being opened.
  if (state.isClosed) await listener[Symbol.asyncDispose]();
  else state.listener = listener;
}

function answer(request: HttpRequest, settings: Config, state: State, nowMs: number): HttpReply {
  const { method, path } = request;
  if (method === 'GET' && path === '/airis-rum/script.js') return scriptOf(state.script);
  if (method === 'GET' && path === '/airis-rum/replay.js' && state.recorder.length > 0) return scriptOf(state.recorder);
  if (path !== '/airis-rum/beacon' && path !== REPLAY_PATH) {
    return refuse(state, 404, 'there is /airis-rum/script.js and /airis-rum/beacon');
  }
  if (method !== 'POST') return refuse(state, 405, 'a beacon is sent by POST');
  if (state.beaconsLeft <= 0 || !mayTell(state, request.client ?? '', settings, nowMs)) {
    return refuse(state, 429, 'too many beacons');
  }
  state.beaconsLeft--;
  if (path === REPLAY_PATH) return takePart(request, settings, state, nowMs);
  const beacon = parseBeacon(request.body);
  if (beacon === null) return refuse(state, 400, 'this is no beacon');
  const from = siteOf(request, beacon.key, settings);
  if (typeof from === 'string') return refuse(state, 403, from);
  for (const event of beacon.events) {
    state.figures.take(from.name, beacon.session, event, nowMs);
    if (event.type === 'error') noteLine(state, from.name, `${event.message}\n${event.stack}`, nowMs);
  }
  if (beacon.malformed > 0) state.refused.set('events', (state.refused.get('events') ?? 0) + beacon.malformed);
  return taken;
}

/** The site whose page asks, else why there is none. */
function siteOf({ origin }: HttpRequest, key: string, { sites }: Config): Site | string {
  const from = sites.find((site) => site.key === key);
  if (from === undefined) return 'no site has this key';
  return from.origins.some((one) => new URL(one).origin === origin) ? from : 'the page is not of this site';
}

function takePart(request: HttpRequest, settings: Config, state: State, nowMs: number): HttpReply {
  const part = parseRecordingPart(request.body);
  if (part === null) return refuse(state, 400, 'this is no part of a recording');
  const from = siteOf(request, part.key, settings);
  if (typeof from === 'string') return refuse(state, 403, from);
  if (!takesRecordings(from)) return refuse(state, 403, 'this site takes no recordings');
  const why = state.recordings.take(from.name, state.figures.routeOf(from.name, part.path), part, nowMs);
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
