import type { ApiClient } from '../api/client.ts';
import type { Resource } from '../api/resource.ts';
import type { DemoFault, Host, HubHealth, Incident, Topology } from '../api/types.ts';

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

/** Who calls whom; empty where no service was found. */
export const serviceMap = (api: ApiClient): Resource<Topology> => ({
  key: 'topology',
  fetch: (signal) => api.topology(signal),
  everyMs: 5000,
  wakeOn: ['incident'],
});

/** Whether this hub runs the demo shop. Asked once: a hub does not change its mind without a restart. */
export const demoPresence = (api: ApiClient): Resource<boolean> => ({
  key: 'demo presence',
  fetch: async (signal) => (await api.session(signal)).hasDemo,
  everyMs: null,
});

export const demoFaults = (api: ApiClient): Resource<readonly DemoFault[]> => ({
  key: 'demo faults',
  fetch: (signal) => api.demoFaults(signal),
  everyMs: 3000,
  wakeOn: ['incident'],
});
