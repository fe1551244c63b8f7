import type { ApiClient } from '../api/client.ts';
import type { Resource } from '../api/resource.ts';
import type { Host, HubHealth, Incident } from '../api/types.ts';

/** Most open incidents that are asked for at once; more than this is one big outage anyway. */
export const MAX_OPEN_INCIDENTS = 200;

/** What the shell and several pages need alike: one key each, so that it is asked for once. */

export const hubHealth = (api: ApiClient): Resource<HubHealth> => ({
  key: 'health',
  fetch: (signal) => api.health(signal),
  everyMs: 5000,
});

export const allHosts = (api: ApiClient): Resource<readonly Host[]> => ({
  key: 'hosts',
  fetch: (signal) => api.hosts(signal),
  everyMs: 4000,
  wakeOn: ['host', 'incident'],
});

/** Everything that is not resolved and the newest that are, worst and newest first by the hub. */
export const allIncidents = (api: ApiClient): Resource<readonly Incident[]> => ({
  key: 'incidents',
  fetch: async (signal) => (await api.incidents({ limit: MAX_OPEN_INCIDENTS }, signal)).items,
  everyMs: 5000,
  wakeOn: ['incident'],
});
