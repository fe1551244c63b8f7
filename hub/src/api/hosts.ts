import type { Health, Inventory } from '@airis/protocol';
import { z } from 'zod';
import { errorText } from '../errors.ts';
import { withPeerNamed } from '../incident/peer-name.ts';
import { koreanTime } from '../korean-time.ts';
import { notFound } from './api-error.ts';
import type { ApiContext } from './context.ts';
import { byNeed, hostRows } from './host-rows.ts';
import type { HostLatest } from './ports.ts';
import { agentOf, presentChange, presentFinding, timeOrNull } from './present.ts';
import { defineRoute } from './route.ts';
import { hostId, pageOf } from './schema/common.ts';
import { hostDetail, host as hostSchema, logSources, watchLease } from './schema/host.ts';
import type { Host, HostDetail, HostUpdate } from './types.ts';

/** How long one watch lasts; the console renews it while a host page is open. */
const LEASE_MS = 30_000;
const MAX_HOSTS = 5_000;
const RECENT = 50;
const CHANGES_SINCE_MS = 7 * 86_400_000;
const params = z.strictObject({ id: hostId });

type Losses = ReadonlyMap<string, Readonly<Record<string, number>>>;

export const listHosts = defineRoute({
  method: 'GET',
  path: '/api/v1/hosts',
  summary: 'Hosts, worst first',
  auth: 'viewer',
  query: z.strictObject({
    limit: z.coerce.number().int().min(1).max(MAX_HOSTS).default(MAX_HOSTS),
    cursor: z.coerce.number().int().min(0).default(0),
  }),
  response: pageOf(hostSchema),
  async handle({ query }, hub) {
    const [rows, telemetry] = await Promise.all([hostRows(hub), recentTelemetry(hub)]);
    const sorted = [...rows.values()].sort(byNeed);
    const end = query.cursor + query.limit;
    return {
      items: sorted.slice(query.cursor, end).map((row) => withTelemetry(row, telemetry)),
      nextCursor: end < sorted.length ? String(end) : null,
    };
  },
});

export const readHost = defineRoute({
  method: 'GET',
  path: '/api/v1/hosts/{id}',
  summary: 'One host in full',
  auth: 'viewer',
  params,
  response: hostDetail,
  async handle({ params: { id } }, hub): Promise<HostDetail> {
    const name = agentOf(id);
    const row = (await hostRows(hub)).get(name);
    const agent = await hub.agents.agent(name);
    if (row === undefined || agent === null) throw notFound(`host ${id}`);
    const now = hub.clock();
    const [telemetry, series, record, changes, findings] = await Promise.all([
      recentTelemetry(hub),
      orWhenAway(hub, () => hub.query.seriesOf(name), []),
      hub.records.host(name),
      hub.records.changesBetween(name, now - CHANGES_SINCE_MS, now),
      hub.records.listFindings({ agent: name }, { limit: RECENT }),
    ]);
    return {
      ...withTelemetry(row, telemetry),
      inventory: record?.inventory == null ? null : presentInventory(record.inventory),
      links: record?.health.topology.links ?? [],
      generalLogSources: [...agent.generalLogSources],
      health: record === null ? null : presentHealth(record.health),
      lossByReason: { ...telemetry.losses.get(name) },
      series: series.map((one) => ({ ...one, attributes: { ...one.attributes } })),
      changes: changes.map((change) => presentChange(name, change)).reverse(),
      findings: findings.items.map((record) => presentFinding(withPeerNamed(record, hub.topology))),
      enrolledAt: koreanTime(agent.enrolledAtUnixMs),
      revokedAt: timeOrNull(agent.revokedAtUnixMs),
    };
  },
});

export const watchHost = defineRoute({
  method: 'POST',
  path: '/api/v1/hosts/{id}/watch',
  summary: 'Have the host send every second for the next 30 s',
  auth: 'viewer',
  params,
  response: watchLease,
  audit: null,
  async handle({ params: { id } }, hub) {
    const agent = await hub.agents.agent(agentOf(id));
    if (agent === null || agent.revokedAtUnixMs !== null) throw notFound(`live host ${id}`);
    const liveUntil = hub.clock() + LEASE_MS;
    await hub.leases.renew(agent.id, liveUntil);
    return { liveUntil: koreanTime(liveUntil) };
  },
});

export const setLogSources = defineRoute({
  method: 'PUT',
  path: '/api/v1/hosts/{id}/log-sources',
  summary:
    'Name the logs of a host whose masked lines may leave it; all others are private, and its floor.yaml has the last word',
  auth: 'admin',
  params,
  body: logSources,
  response: logSources,
  audit: null,
  async handle({ params: { id }, body: { general }, caller }, hub) {
    const agent = await hub.agents.agent(agentOf(id));
    if (agent === null || agent.revokedAtUnixMs !== null) throw notFound(`live host ${id}`);
    await hub.enrolment.setGeneralLogSources(caller.who, agent.id, general);
    return { general };
  },
});

export const revokeHost = defineRoute({
  method: 'POST',
  path: '/api/v1/hosts/{id}/revoke',
  summary: 'Cut an agent off for good',
  auth: 'admin',
  params,
  audit: null,
  async handle({ params: { id }, caller }, hub) {
    if ((await hub.agents.agent(agentOf(id))) === null) throw notFound(`host ${id}`);
    await hub.enrolment.revoke(caller.who, agentOf(id));
  },
});

interface Telemetry {
  readonly latest: ReadonlyMap<string, HostLatest>;
  readonly losses: Losses;
}

async function recentTelemetry(hub: ApiContext): Promise<Telemetry> {
  const [latest, losses] = await Promise.all([
    orWhenAway(hub, () => hub.query.hostsLatest(), new Map<string, HostLatest>()),
    orWhenAway<Losses>(hub, () => hub.query.lossByHost(), new Map()),
  ]);
  return { latest, losses };
}

/** Hosts are shown, with gaps, while the telemetry store is away; the health page tells why. */
async function orWhenAway<T>(hub: ApiContext, ask: () => Promise<T>, instead: T): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    hub.log.warn('TELEMETRY_AWAY', errorText(cause));
    return instead;
  }
}

function withTelemetry(row: HostUpdate, { latest, losses }: Telemetry): Host {
  const isQuiet = row.state === 'stale' || row.state === 'revoked';
  const values = latest.get(row.agent);
  const lost = Object.values(losses.get(row.agent) ?? {}).reduce((sum, rows) => sum + rows, 0);
  return {
    ...row,
    cpuUtilization: isQuiet ? null : (values?.cpuUtilization ?? null),
    memoryUtilization: isQuiet ? null : (values?.memoryUtilization ?? null),
    cpuTrend: [...(values?.cpuTrend ?? [])],
    rowsLost: lost,
  };
}

function presentInventory({ bootTimeUnixMs, ...rest }: Inventory): HostDetail['inventory'] {
  return { ...rest, bootTime: koreanTime(bootTimeUnixMs) };
}

function presentHealth(health: Health): HostDetail['health'] {
  const { oldestUnixMs, ...spool } = health.spool;
  return {
    at: koreanTime(health.atUnixMs),
    startedAt: koreanTime(health.startedAtUnixMs),
    spool: { ...spool, oldestAt: timeOrNull(oldestUnixMs) },
    collectors: health.collectors,
    refusedByReason: health.refusedByReason,
    self: health.self,
    detection: health.detection,
  };
}
