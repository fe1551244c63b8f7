import type { Host } from '../api/types.ts';
import { matchesText } from '../parts/choseong.ts';
import { levelRank } from '../parts/severity.tsx';

/** Several agents may watch parts of one machine: the part's name tells them apart, the machine's would not. */
export const hostTitle = ({ scope, agent, hostName }: Pick<Host, 'scope' | 'agent' | 'hostName'>): string =>
  scope == null ? hostName : agent;

/** Worst first: by state, then by how strange the host looks, then by name. */
export function worstFirst(hosts: readonly Host[]): readonly Host[] {
  return hosts.toSorted(
    (a, b) =>
      levelRank(a.state) - levelRank(b.state) ||
      (b.anomalyScore ?? -1) - (a.anomalyScore ?? -1) ||
      hostTitle(a).localeCompare(hostTitle(b)),
  );
}

export type Tier = Host['roles'][number]['tier'];
export const tiers: readonly Tier[] = ['web', 'was', 'app', 'database', 'network', 'host'];

/** The tier that a host is shown under: the one nearest to its users. A host without roles counts as `host`. */
export function tierOf(host: Host): Tier {
  return tiers.find((tier) => host.roles.some((role) => role.tier === tier)) ?? 'host';
}

export function hostMatches(host: Host, filter: string, tier: string | null): boolean {
  if (tier !== null && tierOf(host) !== tier) return false;
  return matchesText(filter, [host.hostName, host.agent, ...host.roles.map((role) => role.name)].join(' '));
}
