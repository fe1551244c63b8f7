import type { Role, Severity } from '@airis/protocol';
import { isStale } from '../detect/stale-host.ts';
import type { HostRecord } from '../incident/host-record.ts';
import { worstSeverity } from '../incident/severity.ts';
import { koreanTime } from '../korean-time.ts';
import type { CallRate } from '../topology/call-rates.ts';
import { ADDRESS_PREFIX, type Edge } from '../topology/resolve.ts';
import type { TopologyMap } from '../topology/topology.ts';
import { agentOf, hostIdOf } from './present.ts';
import { defineRoute } from './route.ts';
import { topology as topologySchema } from './schema/topology.ts';
import type { Topology, TopologyEdge, TopologyNode } from './types.ts';

export const readTopology = defineRoute({
  method: 'GET',
  path: '/api/v1/topology',
  summary: 'Who calls whom, how sure that is, and how it goes now against usual',
  auth: 'viewer',
  response: topologySchema,
  async handle(_call, hub): Promise<Topology> {
    const [hosts, open] = await Promise.all([hub.records.hosts(), hub.records.openFindings()]);
    const map = hub.topology.map();
    const byAgent = new Map(hosts.map((host) => [host.agent, host]));
    const severities = Map.groupBy(open, ({ finding, agent }) => placeOf(finding.entity, agent, byAgent));
    const stateOf = (entity: string): TopologyNode['state'] =>
      STATE_OF[worstSeverity((severities.get(entity) ?? []).map(({ finding }) => finding.severity))];
    const nodes = map.entities.map((entity): TopologyNode => {
      const agent = hub.topology.agentOf(entity);
      const host = agent === null ? undefined : byAgent.get(agent);
      const role = host === undefined ? null : roleOf(entity, host.health.roles);
      const runsOn = hub.topology.hostOf(entity);
      return {
        entity,
        tier: tierOf(entity, role),
        host: agent === null ? null : hostIdOf(agent),
        runsOn: runsOn === null ? null : hostIdOf(agentOf(runsOn)),
        role: role?.name ?? null,
        state: isSilent(host, hub.clock()) ? 'stale' : stateOf(entity),
        ...ratesOf(entity, map),
      };
    });
    const attachments = hub.topology.attachments();
    const known = new Set([
      ...attachments.map(({ device }) => device),
      ...[...severities.keys()].filter((entity) => entity.startsWith('device:')),
    ]);
    const devices = [...known].sort().map(
      (entity): TopologyNode => ({
        entity,
        tier: 'network',
        host: null,
        runsOn: null,
        role: null,
        state: stateOf(entity),
        callsPerSecond: null,
        p95ElapsedMs: null,
        errorRatio: null,
      }),
    );
    return {
      nodes: [...nodes, ...devices],
      edges: map.edges.map((edge) => presentEdge(edge, map)),
      attachments: attachments.map(({ agent, lastSeenAtUnixMs, ...attachment }) => ({
        ...attachment,
        host: hostIdOf(agent),
        lastSeenAt: koreanTime(lastSeenAtUnixMs),
      })),
    };
  },
});

const STATE_OF: Readonly<Record<Severity, TopologyNode['state']>> = {
  info: 'ok',
  minor: 'minor',
  major: 'major',
  critical: 'critical',
};

/** A folder of a scoped agent, and its host page, count for the service that it speaks for. */
function placeOf(entity: string, agent: string, hosts: ReadonlyMap<string, HostRecord>): string {
  const scope = hosts.get(agent)?.health.scope?.entity;
  const isOwn = entity === `host:${agent}` || entity.endsWith(`@${agent}`);
  return scope !== undefined && isOwn ? scope : entity;
}

const isSilent = (host: HostRecord | undefined, now: number): boolean =>
  host !== undefined && isStale(host, host.lastSeenAtUnixMs, now);

function roleOf(entity: string, roles: readonly Role[]): Role | null {
  const named = /^service:([^@]+)@/.exec(entity)?.[1];
  return roles.find(({ name }) => name === named) ?? roles.find(({ tier }) => tier !== 'host') ?? null;
}

function tierOf(entity: string, role: Role | null): TopologyNode['tier'] {
  if (entity.startsWith(ADDRESS_PREFIX)) return 'external';
  if (entity.startsWith('database:')) return 'database';
  return role?.tier ?? 'app';
}

function ratesOf(
  entity: string,
  map: TopologyMap,
): Pick<TopologyNode, 'callsPerSecond' | 'p95ElapsedMs' | 'errorRatio'> {
  const rate = map.services.get(entity);
  if (rate !== undefined) {
    return {
      callsPerSecond: (rate.calls * 1000) / map.serviceWindowMs,
      p95ElapsedMs: rate.p95ElapsedMs,
      errorRatio: rate.calls === 0 ? null : rate.failed / rate.calls,
    };
  }
  // A database writes no access log: what its callers say is what is known.
  const inbound = map.edges
    .filter(({ callee }) => callee === entity)
    .flatMap(({ caller, callee }) => map.rates.get(`${caller} ${callee}`)?.now ?? []);
  const calls = inbound.reduce((sum, { callsPerSecond }) => sum + callsPerSecond, 0);
  return { callsPerSecond: inbound.length === 0 ? null : calls, p95ElapsedMs: null, errorRatio: null };
}

function presentEdge({ caller, callee, via, confidence, evidence }: Edge, map: TopologyMap): TopologyEdge {
  const rates = map.rates.get(`${caller} ${callee}`);
  return {
    caller,
    callee,
    via,
    confidence,
    evidence: evidence.map(({ lastSeenAtUnixMs, ...item }) => ({ ...item, lastSeenAt: koreanTime(lastSeenAtUnixMs) })),
    ...(rates?.now ?? unknownRate),
    usual: rates?.usual ?? null,
  };
}

const unknownRate: { readonly [K in keyof CallRate]: null } = {
  callsPerSecond: null,
  meanElapsedMs: null,
  errorRatio: null,
};
