import type { Host } from '../api/types.ts';
import type { I18n } from '../i18n/i18n.tsx';
import type { FleetRow } from '../parts/fleet-cells.tsx';
import { hostTitle, tierOf, tiers, worstFirst } from './host-order.ts';

/** The fleet by tier, each tier with what runs there most. Empty tiers are left out. */
export function fleetRows(
  hosts: readonly Host[],
  { t }: Pick<I18n, 't' | 'pick'>,
  hrefOf: (agent: string) => string,
): FleetRow[] {
  const rows = tiers.map((tier) => {
    const members = worstFirst(hosts.filter((host) => tierOf(host) === tier));
    const names = new Set(
      members.flatMap((host) => host.roles.filter((role) => role.tier === tier).map(({ name }) => name)),
    );
    return {
      tier: t(`tier.${tier}`),
      detail: [...names].slice(0, 3).join(' · '),
      cells: members.map((host) => ({
        id: host.id,
        name: hostTitle(host),
        level: host.state,
        href: hrefOf(host.agent),
      })),
    };
  });
  return rows.filter((row) => row.cells.length > 0);
}
