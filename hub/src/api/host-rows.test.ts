import { expect, it } from 'vitest';
import { hostRows } from './host-rows.ts';

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);

it('shows no host as well while an incident that began there is not resolved', async () => {
  const agents = ['shop-app', 'shop-web'].map((id) => ({
    id,
    hostName: id,
    enrolledAtUnixMs: NOW,
    revokedAtUnixMs: null,
  }));
  const incident = { agent: 'shop-app', hosts: ['shop-app', 'shop-web'], severity: 'major' };
  const rows = await hostRows({
    agents: { agents: async () => agents },
    records: {
      hosts: async () => [],
      openFindings: async () => [],
      unresolvedIncidents: async () => [incident],
    },
    clock: () => NOW,
  } as unknown as Parameters<typeof hostRows>[0]);
  expect([...rows.values()].map(({ agent, state, openIncidents }) => ({ agent, state, openIncidents }))).toEqual([
    { agent: 'shop-app', state: 'major', openIncidents: 1 },
    { agent: 'shop-web', state: 'ok', openIncidents: 1 },
  ]);
});
