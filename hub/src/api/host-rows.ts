import type { Severity } from '@airis/protocol';
import { isStale } from '../detect/stale-host.ts';
import type { HostRecord } from '../incident/host-record.ts';
import { hostsOf } from '../incident/incident.ts';
import { worstSeverity } from '../incident/severity.ts';
import type { AgentRecord } from '../store/state/identity.ts';
import type { ApiContext } from './context.ts';
import { hostIdOf, timeOrNull } from './present.ts';
import type { HostState, HostUpdate } from './types.ts';

/** What the hub's own state says of every host, by agent: no telemetry store is asked. */
export async function hostRows(
  hub: Pick<ApiContext, 'agents' | 'records' | 'clock'>,
): Promise<Map<string, HostUpdate>> {
  const [agents, hosts, open, unresolved] = await Promise.all([
    hub.agents.agents(),
    hub.records.hosts(),
    hub.records.openFindings(),
    hub.records.unresolvedIncidents(),
  ]);
  const hostOf = new Map(hosts.map((host) => [host.agent, host]));
  const findingsOf = Map.groupBy(open, (record) => record.agent);
  // While an incident is not resolved, whose findings are its root is not well, though they may have ended.
  const rootedAt = Map.groupBy(unresolved, ({ agent }) => agent);
  const incidentsOf = new Map<string, number>();
  for (const name of unresolved.flatMap(hostsOf)) incidentsOf.set(name, (incidentsOf.get(name) ?? 0) + 1);
  const rows = agents.map((agent): [string, HostUpdate] => [
    agent.id,
    {
      ...row(
        agent,
        hostOf.get(agent.id),
        [
          ...(findingsOf.get(agent.id) ?? []).map(({ finding }) => finding.severity),
          ...(rootedAt.get(agent.id) ?? []).map(({ severity }) => severity),
        ],
        hub.clock(),
      ),
      openIncidents: incidentsOf.get(agent.id) ?? 0,
    },
  ]);
  return new Map(rows);
}

function row(
  agent: AgentRecord,
  host: HostRecord | undefined,
  troubles: readonly Severity[],
  now: number,
): Omit<HostUpdate, 'openIncidents'> {
  const state = stateOf(agent, host, troubles, now);
  const isQuiet = state === 'stale' || state === 'revoked';
  return {
    id: hostIdOf(agent.id),
    agent: agent.id,
    hostName: host?.inventory?.hostName ?? agent.hostName,
    state,
    roles: host?.health.roles ?? [],
    scope: scopeOf(host),
    anomalyScore: isQuiet ? null : (host?.health.detection.anomalyScore ?? null),
    agentVersion: host?.health.agentVersion ?? null,
    lastSeenAt: timeOrNull(host?.lastSeenAtUnixMs ?? null),
  };
}

/** Records stored by a hub before scopes have none. */
function scopeOf(host: HostRecord | undefined): HostUpdate['scope'] {
  const scope = host?.health.scope ?? null;
  return scope === null ? null : { entity: scope.entity };
}

const STATE_OF: Readonly<Record<Severity, HostState>> = {
  info: 'ok',
  minor: 'minor',
  major: 'major',
  critical: 'critical',
};

function stateOf(
  agent: AgentRecord,
  host: HostRecord | undefined,
  troubles: readonly Severity[],
  now: number,
): HostState {
  if (agent.revokedAtUnixMs !== null) return 'revoked';
  // Shown is how old the data is, whoever is to blame for it: the hub's own absence counts too.
  const heard = host ?? { agent: agent.id, lastSeenAtUnixMs: agent.enrolledAtUnixMs, stoppedAtUnixMs: null };
  if (heard.stoppedAtUnixMs !== null || isStale(heard, heard.lastSeenAtUnixMs, now)) return 'stale';
  return STATE_OF[worstSeverity(troubles)];
}

const STATE_ORDER: readonly HostState[] = ['critical', 'major', 'minor', 'stale', 'ok', 'revoked'];

/** Worst first, then by name. */
export function byNeed(left: HostUpdate, right: HostUpdate): number {
  return (
    STATE_ORDER.indexOf(left.state) - STATE_ORDER.indexOf(right.state) || (left.hostName < right.hostName ? -1 : 1)
  );
}
