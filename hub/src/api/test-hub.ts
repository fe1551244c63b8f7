import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AskFailure } from '../ask/ask-agent.ts';
import { createAccess } from '../auth/access.ts';
import { type AgentIdentities, createEnrolment } from '../auth/enrolment.ts';
import type { DemoShop } from '../demo/demo-shop.ts';
import { createIncidentService, type IncidentService } from '../incident/service.ts';
import { createLog } from '../log.ts';
import { createRiskForecast } from '../risk/risk-forecast.ts';
import { openStateStore, type StateStore } from '../store/state/state-store.ts';
import { createEventBus, type EventBus } from './event-bus.ts';
import { publishNews } from './live-updates.ts';
import type { Ports, TransactionDots } from './ports.ts';
import type { Route } from './route.ts';
import { startApi } from './server.ts';

export interface TestHub extends AsyncDisposable {
  readonly url: string;
  readonly state: StateStore;
  readonly incidents: IncidentService;
  readonly bus: EventBus;
  readonly leases: Map<string, number>;
  /** Bearer tokens by role. */
  readonly tokens: Readonly<Record<'viewer' | 'operator' | 'admin', string>>;
  signInLink(): Promise<string>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

export interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or the text where it is none. Tests look into it with `toMatchObject`. */
  readonly body: unknown;
}

/** A broker that agrees to everything. */
const identities: AgentIdentities = {
  mintAgentJwt: async (agent) => `jwt-of-${agent.id}`,
  mintAgentCertificate: async () => null,
  pushRevocations: async () => undefined,
  writeFirstDesired: async () => undefined,
  setGeneralLogSources: async () => undefined,
  agentUrls: ['nats://127.0.0.1:4222'],
  caPem: null,
};

/** The real server, the real SQLite state in a file, real access and incidents; engines beside them are in memory. */
export async function startTestHub(
  options: {
    query?: Partial<Ports['query']>;
    topology?: Partial<Ports['topology']>;
    routes?: readonly Route[];
    consoleRoot?: string;
    isBehindTls?: boolean;
    demo?: DemoShop;
    ask?: Ports['ask'];
  } = {},
): Promise<TestHub> {
  const folder = await mkdtemp(join(tmpdir(), 'airis-api-'));
  const state = openStateStore(join(folder, 'state.sqlite'));
  const clock = Date.now;
  const log = createLog('error', () => undefined);
  const bus = createEventBus('testboot');
  const access = createAccess(state, clock);
  const incidents = createIncidentService({
    store: state.incident,
    agents: state.identity,
    clock,
    log,
    publish: publishNews(bus, { ...noTopology, ...options.topology }),
  });
  const leases = new Map<string, number>();
  const ports: Ports = {
    access,
    people: state.access,
    enrolment: createEnrolment({
      state,
      identities,
      publicUrl: () => 'http://127.0.0.1:1',
      caFingerprint: null,
      roots: [],
      clock,
    }),
    enrolCommand: (token) => `airis-agent enroll --token ${token}`,
    agents: state.identity,
    leases: { renew: async (agent, until) => void leases.set(agent, until) },
    ask:
      options.ask ??
      (async () => {
        throw new AskFailure('AGENT_SILENT', 'deadline', 'nobody is there');
      }),
    query: { ...noTelemetry, ...options.query },
    topology: { ...noTopology, ...options.topology },
    risks: createRiskForecast({ records: state.incident, agents: state.identity, needs: () => new Map() }, clock),
    audit: state.audit,
    quarantine: { list: async () => ({ items: [], nextCursor: null }) },
    health: quietHealth,
  };
  const api = await startApi({
    hub: {
      ...ports,
      incidents,
      demo: options.demo ?? null,
      records: state.incident,
      bus,
      clock,
      log,
      version: '0.0.0',
      startedAtUnixMs: clock(),
      isBehindTls: options.isBehindTls ?? false,
    },
    host: '127.0.0.1',
    port: 0,
    tls: null,
    consoleRoot: options.consoleRoot ?? join(folder, 'console'),
    checkAnswers: true,
    ...(options.routes === undefined ? {} : { routes: options.routes }),
  });
  const token = async (role: 'viewer' | 'operator' | 'admin') =>
    (await access.createApiToken('system', { name: role, role, lifetimeMs: null })).secret;
  return {
    url: api.url,
    state,
    incidents,
    bus,
    leases,
    tokens: { viewer: await token('viewer'), operator: await token('operator'), admin: await token('admin') },
    signInLink: () => access.createSignInLink('system'),
    call: (method, path, more) => call(api.url, method, path, more),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await incidents[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const noDots: TransactionDots = {
  kind: 'dots',
  services: [],
  count: 0,
  timesMs: new Float32Array(),
  elapsedMs: new Float32Array(),
  status: new Uint16Array(),
  flags: new Uint8Array(),
  service: new Uint8Array(),
};

const noTopology: Ports['topology'] = {
  map: () => ({ entities: [], edges: [], rates: new Map(), services: new Map(), serviceWindowMs: 60_000 }),
  agentOf: () => null,
  attachments: () => [],
  entityAt: () => null,
  hostOf: () => null,
};

const noTelemetry: Ports['query'] = {
  metrics: async () => ({ times: [], series: [], gaps: [] }),
  logs: async () => ({ items: [], nextCursor: null }),
  transactions: async () => noDots,
  transactionList: async () => ({ items: [], total: 0 }),
  trace: async () => [],
  traceSpans: async () => [],
  activeRequests: async () => [],
  hostsLatest: async () => new Map(),
  lossByHost: async () => new Map(),
  seriesOf: async () => [],
};

const quietHealth: Ports['health'] = {
  read: async () => ({
    parts: [{ name: 'state', ok: true, detail: '', restarts: 0 }],
    ingest: { lagSeconds: 0, rowsPerSecond: 0, rowsStored: 0, quarantined: [], duplicatesDropped: 0, rowsLost: 0 },
    disk: { freeBytes: 1e9, totalBytes: 2e9, guard: 'ok' },
    streams: [],
    tables: [],
  }),
  ready: async () => ({ ok: true, failing: [] }),
  metricsText: async () => '',
};

async function call(url: string, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
