import { koreanTime } from '../korean-time.ts';
import type { ApiContext } from './context.ts';
import { hostRows } from './host-rows.ts';
import { defineRoute } from './route.ts';
import { hubHealth } from './schema/health.ts';
import type { HubHealth } from './types.ts';

export const readHealth = defineRoute({
  method: 'GET',
  path: '/api/v1/health',
  summary: 'AIRIS-MON itself: parts, ingest, streams, tables, disk, agents',
  auth: 'viewer',
  response: hubHealth,
  async handle(_call, hub) {
    const [parts, agents] = await Promise.all([hub.health.read(), countAgents(hub)]);
    return {
      version: hub.version,
      startedAt: koreanTime(hub.startedAtUnixMs),
      at: koreanTime(hub.clock()),
      ...parts,
      agents,
    };
  },
});

async function countAgents(hub: ApiContext): Promise<HubHealth['agents']> {
  const states = [...(await hostRows(hub)).values()].map((row) => row.state);
  const stale = states.filter((state) => state === 'stale').length;
  const revoked = states.filter((state) => state === 'revoked').length;
  return { total: states.length, live: states.length - stale - revoked, stale, revoked };
}
