import { koreanTime } from '../korean-time.ts';
import { defineRoute } from './route.ts';
import { quarantined } from './schema/audit.ts';
import { pageOf, pageQuery } from './schema/common.ts';

export const listQuarantine = defineRoute({
  method: 'GET',
  path: '/api/v1/quarantine',
  summary: 'Batches and events that were refused, newest first',
  auth: 'admin',
  query: pageQuery,
  response: pageOf(quarantined),
  async handle({ query }, hub) {
    const page = await hub.quarantine.list(query);
    return {
      items: page.items.map(({ atUnixMs, ...item }) => ({ ...item, at: koreanTime(atUnixMs) })),
      nextCursor: page.nextCursor,
    };
  },
});
