import type { ApiClient } from '../api/client.ts';
import type { Resource } from '../api/resource.ts';
import type { CapacityAnswer, HostDetail, WatchLease } from '../api/types.ts';

/** The hub drops a host back to 10 s summaries 30 s after the last renewal. */
const RENEW_EVERY_MS = 15_000;
/** Its values are of six hours. */
const CAPACITY_EVERY_MS = 600_000;

export const hostDetail = (api: ApiClient, hostId: string): Resource<HostDetail> => ({
  key: `host ${hostId}`,
  fetch: (signal) => api.host(hostId, signal),
  everyMs: 5000,
  wakeOn: ['finding', 'host'],
});

export const hostCapacity = (api: ApiClient, hostId: string): Resource<CapacityAnswer> => ({
  key: `capacity ${hostId}`,
  fetch: (signal) => api.capacity(hostId, signal),
  everyMs: CAPACITY_EVERY_MS,
});

/** While this is asked for, the host sends every second. */
export const watchLease = (api: ApiClient, hostId: string): Resource<WatchLease> => ({
  key: `watch ${hostId}`,
  fetch: (signal) => api.watchHost(hostId, signal),
  everyMs: RENEW_EVERY_MS,
});
