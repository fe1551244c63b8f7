import type { QueryPort } from './api/ports.ts';
import { HubError } from './errors.ts';

const absent = (): Promise<never> =>
  Promise.reject(new HubError('TELEMETRY_UNAVAILABLE', 'the query layer is not there', 'wait for it'));
export const absentQuery: QueryPort = {
  metrics: absent,
  logs: absent,
  hostsLatest: absent,
  lossByHost: absent,
  seriesOf: absent,
};
