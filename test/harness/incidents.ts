import type { HubApi } from './hub-api.ts';
import { until } from './until.ts';

export interface WithApi {
  readonly api: HubApi;
}

/** The part of an incident that system tests look at. */
export interface SeenIncident {
  readonly id: string;
  readonly state: string;
  readonly severity: string;
  readonly title: { readonly ko: string; readonly en: string };
  readonly startedAt: string;
  readonly hosts: readonly string[];
}

export interface SeenIncidentDetail extends SeenIncident {
  readonly findings: readonly {
    readonly kind: string;
    readonly entity: string;
    readonly evidence: readonly object[];
  }[];
  readonly causes: readonly {
    readonly rank: number;
    readonly entity: string;
    readonly evidence: readonly { readonly kind: string; readonly ref: string; readonly metric?: string }[];
  }[];
}

export async function listIncidents(hub: WithApi): Promise<readonly SeenIncident[]> {
  return (await hub.api<{ items: SeenIncident[] }>('GET', '/api/v1/incidents')).items;
}

export const incidentIds = async (hub: WithApi): Promise<string[]> => (await listIncidents(hub)).map(({ id }) => id);

export const readIncident = (hub: WithApi, id: string): Promise<SeenIncidentDetail> =>
  hub.api('GET', `/api/v1/incidents/${id}`);

/** Waits for incidents that were not in `before`, and returns all such. */
export async function newIncidents(
  hub: WithApi,
  before: readonly SeenIncident[],
  timeoutMs: number,
): Promise<readonly SeenIncident[]> {
  const known = new Set(before.map(({ id }) => id));
  return await until('a new incident', timeoutMs, async () => {
    const fresh = (await listIncidents(hub)).filter(({ id }) => !known.has(id));
    return fresh.length > 0 ? fresh : null;
  });
}

export async function detectionReady(hub: WithApi, agent: string): Promise<void> {
  await until(`detection on ${agent} to be ready`, 120_000, async () => {
    const host = await hub.api<{ health: { detection: { ready: boolean } } | null }>(
      'GET',
      `/api/v1/hosts/host:${agent}`,
    );
    return host.health?.detection.ready === true;
  });
}

/** Waits until no incident is open; seconds it took. */
export async function allResolved(hub: WithApi, timeoutMs: number): Promise<number> {
  const startedAt = Date.now();
  const areAllOver = async () => {
    const open = (await listIncidents(hub)).filter(({ state }) => state !== 'resolved');
    if (open.length === 0) return true;
    throw new Error(`still open: ${open.map(({ id, title }) => `${id} ${title.en}`).join('; ')}`);
  };
  await until('every incident to resolve itself', timeoutMs, areAllOver, 1_000);
  return (Date.now() - startedAt) / 1_000;
}
