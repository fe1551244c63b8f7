import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { createEventBus } from './api/event-bus.ts';
import { publishNews } from './api/live-updates.ts';
import type { Ports } from './api/ports.ts';
import { type Api, startApi } from './api/server.ts';
import { askAgent } from './ask/ask-agent.ts';
import { type AccessService, createAccess } from './auth/access.ts';
import { leaveBootstrapToken } from './auth/bootstrap-token.ts';
import { openCertificateAuthority } from './auth/certificates.ts';
import { createEnrolment } from './auth/enrolment.ts';
import { openKeyFolder } from './auth/key-folder.ts';
import { openHomeRoots } from './auth/roots.ts';
import { localHostOf, takeablePort } from './broker/listen-address.ts';
import { nudgeAgent } from './broker/nudge-agent.ts';
import { openBroker } from './broker/open-broker.ts';
import { dialectOf, type HubConfig, retentionOf } from './config.ts';
import { lockDataFolder } from './data-lock.ts';
import { createDemoShop } from './demo/demo-shop.ts';
import { createBehaviourWatch } from './detect/watch-behaviour.ts';
import { createLinkWatch } from './detect/watch-links.ts';
import { startDiskGuard } from './disk-guard.ts';
import { writeEndpoints } from './endpoints.ts';
import { createHealth } from './health.ts';
import { httpTls } from './http-tls.ts';
import { createNoticeAudit } from './incident/notice-audit.ts';
import { createIncidentService } from './incident/service.ts';
import { startIngest } from './ingest/ingest.ts';
import { layoutOf } from './layout.ts';
import type { Log } from './log.ts';
import { readBehaviourSeries } from './query/behaviour-series.ts';
import { readCallGaps } from './query/call-gaps.ts';
import { readCallSlices } from './query/call-slices.ts';
import { createQuery } from './query/query.ts';
import { readServiceRates } from './query/service-rates.ts';
import { neededAgents } from './risk/needed-agents.ts';
import { createRiskForecast } from './risk/risk-forecast.ts';
import type { IdentityStore } from './store/state/identity.ts';
import type { IngestStore } from './store/state/ingest.ts';
import { openStateStore } from './store/state/state-store.ts';
import { startTelemetryStore } from './store/telemetry/telemetry-store.ts';
import { createTopology } from './topology/topology.ts';
import { HUB_VERSION } from './version.ts';

const DISK_CHECK_EVERY_MS = 5_000;
/** Built by `npm start`; beside the sources and beside `dist` alike. */
const CONSOLE_ROOT = resolve(import.meta.dirname, '../console/dist');

export interface Hub extends AsyncDisposable {
  readonly url: string;
  /** A URL that signs its first user in, once and within 15 minutes. */
  signInLink(): Promise<string>;
  /** Rejects when a part has failed in a way that only a new process mends. */
  readonly failed: Promise<never>;
}

/**
 * The whole hub, in the order in which its parts need each other; they stop in the reverse order. What came in first
 * goes out last: the API stops taking requests before ingest finishes its run, and that before the engines end.
 */
export async function startHub(config: HubConfig, log: Log): Promise<Hub> {
  const startedAtUnixMs = Date.now();
  const clock = Date.now;
  const layout = layoutOf(config.dataDir, config.bootstrapTokenFile);
  await using parts = new AsyncDisposableStack();
  parts.use(lockDataFolder(layout.lockFile));
  mkdirSync(layout.hubFolder, { recursive: true, mode: 0o700 });
  chmodSync(layout.hubFolder, 0o700);
  rmSync(layout.endpointsFile, { force: true });
  await takeablePort(config.http, 'HTTP_PORT_TAKEN', 'AIRIS_HTTP');

  const state = parts.use(openStateStore(layout.stateFile));
  const keys = openKeyFolder(layout.keysFolder);
  const roots = await openHomeRoots(keys);
  const authority = await openCertificateAuthority(keys);
  const access = createAccess(state, clock);
  await leaveBootstrapToken(access, state.access, layout.tokenFile);

  const revoked = (await state.identity.agents()).filter((agent) => agent.revokedAtUnixMs !== null);
  const revokedKeys = revoked.map((agent) => agent.publicKey);
  const broker = parts.use(await openBroker(config, layout, keys, authority, revokedKeys, log));
  const telemetry = parts.use(
    await startTelemetryStore({
      dataDir: layout.telemetryFolder,
      url: config.clickhouseUrl,
      dialect: dialectOf(config),
      retention: retentionOf(config),
      log,
    }),
  );

  const topology = parts.use(
    await createTopology({
      store: state.topology,
      hosts: () => state.incident.hosts(),
      agentName: () => namesByNumber(state.identity),
      callSlices: (request) => readCallSlices(telemetry.client, request),
      serviceRates: (request) => readServiceRates(telemetry.client, request),
      clock,
      log,
    }),
  );

  const bus = createEventBus(String(startedAtUnixMs));
  const incidents = parts.use(
    createIncidentService({
      store: state.incident,
      agents: state.identity,
      clock,
      log,
      publish: publishNews(bus, topology),
      topology,
      onHealth: topology.hear,
      isHearing: () => broker.status().ok && ingest !== null && ingest.status().trouble === null,
    }),
  );
  let ingest: Awaited<ReturnType<typeof startIngest>> | null = null;
  ingest = parts.use(
    await startIngest({
      nats: broker.connection,
      telemetry,
      state: state.ingest,
      agents: state.identity,
      events: incidents,
      quarantineFolder: join(layout.hubFolder, 'quarantine'),
      onNotice: createNoticeAudit(state.audit, log),
      log,
    }),
  );
  parts.use(
    createLinkWatch({
      callGaps: (request) => readCallGaps(telemetry.client, request),
      agentName: () => namesByNumber(state.identity),
      openFindings: () => state.incident.openFindings(),
      take: incidents.takeHubFinding,
      clock,
      log,
    }),
  );
  parts.use(
    createBehaviourWatch({
      agents: () => state.identity.agents(),
      read: (request) => readBehaviourSeries(telemetry.client, request),
      openFindings: () => state.incident.openFindings(),
      take: incidents.takeHubFinding,
      clock,
      log,
    }),
  );
  const disk = parts.use(
    await startDiskGuard({
      folder: config.dataDir,
      everyMs: DISK_CHECK_EVERY_MS,
      shrink: async () => (await telemetry.diskGuard.dropOldest()) !== null,
      onLevel: (level) => broker.setDataAdmission(level !== 'critical'),
      log,
    }),
  );

  const demo = config.demoControl === undefined ? null : createDemoShop(config.demoControl);
  const tls = await httpTls(config, authority);
  let api: Api | null = null;
  const publicUrl = () => publicUrlOf(config, api);
  const enrolment = createEnrolment({
    state,
    identities: broker.identities,
    publicUrl,
    caFingerprint: tls?.caFingerprint ?? null,
    roots,
    clock,
  });
  const ports: Ports = {
    access,
    people: state.access,
    enrolment,
    enrolCommand: (token) => `echo '${token}' | airis-agent enroll && airis-agent run`,
    agents: state.identity,
    leases: {
      async renew(agent, liveUntilUnixMs) {
        nudgeAgent(broker.connection, agent, { liveUntilUnixMs });
      },
    },
    ask: (question) => askAgent(broker.connection, question, clock),
    query: createQuery({
      client: telemetry.client,
      losses: state.ingest,
      agents: state.identity,
      retention: retentionOf(config),
      now: clock,
    }),
    topology,
    risks: createRiskForecast(
      { records: state.incident, agents: state.identity, needs: () => neededAgents(topology) },
      clock,
    ),
    audit: state.audit,
    quarantine: quarantinePages(state.ingest),
    health: createHealth({ state, broker, telemetry, ingest, disk, demo }),
  };
  api = parts.use(
    await startApi({
      hub: {
        ...ports,
        incidents,
        demo,
        records: state.incident,
        bus,
        clock,
        log,
        version: HUB_VERSION,
        startedAtUnixMs,
        isBehindTls: config.publicUrl?.startsWith('https:') ?? false,
      },
      host: config.http.host,
      port: config.http.port,
      tls: tls === null ? null : { cert: tls.certificatePem, key: tls.keyPem },
      consoleRoot: CONSOLE_ROOT,
    }),
  );
  const localUrl = onThisMachine(api.url);
  parts.defer(() => rmSync(layout.endpointsFile, { force: true }));
  writeEndpoints(layout.endpointsFile, {
    http: localUrl,
    nats: broker.url,
    clickhouse: telemetry.url,
    otlpHttp: null,
    otlpGrpc: null,
  });
  log.info('HUB_READY', 'the hub serves', {
    url: api.url,
    version: HUB_VERSION,
    startedInMs: clock() - startedAtUnixMs,
  });

  const life = parts.move();
  return {
    url: localUrl,
    failed: ingest.failed,
    signInLink: () => signInLink(access, publicUrl()),
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };
}

async function namesByNumber(agents: Pick<IdentityStore, 'agents'>): Promise<(number: number) => string> {
  const names = new Map((await agents.agents()).map((agent) => [agent.number, agent.id]));
  return (number) => names.get(number) ?? `#${number}`;
}

function quarantinePages(store: IngestStore): Ports['quarantine'] {
  return {
    async list({ limit, cursor }) {
      const items = await store.quarantined(limit, cursor);
      return { items, nextCursor: items.length < limit ? null : (items.at(-1)?.id ?? null) };
    },
  };
}

async function signInLink(access: AccessService, url: string): Promise<string> {
  return `${url}/#signin=${await access.createSignInLink('system:start')}`;
}

/** A server that listens on every interface is reached on loopback from here. */
function onThisMachine(url: string): string {
  const local = new URL(url);
  local.hostname = localHostOf(local.hostname);
  return local.origin;
}

/** As hosts reach the hub: what was set, else the address it listens on, by name where that is every interface. */
function publicUrlOf(config: HubConfig, api: Api | null): string {
  if (config.publicUrl !== undefined) return config.publicUrl.replace(/\/$/, '');
  const url = new URL(api?.url ?? `http://${config.http.host}:${config.http.port}`);
  if (['0.0.0.0', '[::]'].includes(url.hostname)) url.hostname = hostname();
  return url.origin;
}
