import { endOf } from '../incident/finding-record.ts';
import { hostsOf, type IncidentSummary } from '../incident/incident.ts';
import type { IncidentStore } from '../store/state/incident.ts';
import type { RiskHistory } from './risk-history.ts';

export interface RiskSources {
  readonly records: Pick<IncidentStore, 'listIncidents' | 'unresolvedIncidents' | 'listFindings' | 'changesBetween'>;
  readonly agents: {
    agents(): Promise<
      readonly { readonly id: string; readonly enrolledAtUnixMs: number; readonly revokedAtUnixMs: number | null }[]
    >;
  };
  /** Who needs whom, by the agents that speak for them. */
  readonly needs: () => ReadonlyMap<string, readonly string[]>;
}

const DAY_MS = 86_400_000;
/** What odds are learnt from, and what those of now rest on: no factor looks further back than a week. */
export const LEARNT_FROM_MS = 90 * DAY_MS;
export const NOW_RESTS_ON_MS = 8 * DAY_MS;
const PAGE = 500;
/** Newest first; what is older than these is left out. */
const MAX_INCIDENTS = 5_000;
const MAX_FINDINGS = 20_000;
/** The store gives the newest fifty changes of a window. */
const CHANGES_WINDOW_MS = 7 * DAY_MS;

/** What happened in the last `pastMs`, of all hosts that are not revoked. */
export async function readRiskHistory(
  { records, agents, needs }: RiskSources,
  nowUnixMs: number,
  pastMs: number,
): Promise<RiskHistory> {
  const fromUnixMs = nowUnixMs - pastMs;
  const live = (await agents.agents()).filter(({ revokedAtUnixMs }) => revokedAtUnixMs === null);
  const isWithin = ({ detectedAtUnixMs }: IncidentSummary) => detectedAtUnixMs >= fromUnixMs;
  const recent = await pages(MAX_INCIDENTS, isWithin, (page) => records.listIncidents({}, page));
  const open = await records.unresolvedIncidents();
  const incidents = new Map([...recent, ...open].map((incident) => [incident.number, incident])).values();
  const findings = await pages(
    MAX_FINDINGS,
    () => true,
    (page) => records.listFindings({ fromUnixMs }, page),
  );
  const changes: RiskHistory['changes'][number][] = [];
  for (const { id, enrolledAtUnixMs } of live) {
    for (let from = Math.max(fromUnixMs, enrolledAtUnixMs); from < nowUnixMs; from += CHANGES_WINDOW_MS) {
      const found = await records.changesBetween(id, from, Math.min(nowUnixMs, from + CHANGES_WINDOW_MS));
      for (const { kind, atUnixMs } of found) changes.push({ agent: id, kind, atUnixMs });
    }
  }
  const neededBy = needs();
  return {
    fromUnixMs,
    toUnixMs: nowUnixMs,
    watchedSince: new Map(live.map(({ id, enrolledAtUnixMs }) => [id, enrolledAtUnixMs])),
    incidents: [...incidents].map((incident) => ({
      agents: hostsOf(incident),
      fromUnixMs: incident.detectedAtUnixMs,
      toUnixMs: incident.resolvedAtUnixMs ?? Number.POSITIVE_INFINITY,
    })),
    findings: findings.map((record) => ({
      agent: record.agent,
      trouble: record.finding.trouble,
      fromUnixMs: record.detectedAtUnixMs,
      toUnixMs: endOf(record),
    })),
    changes,
    needs: (agent) => neededBy.get(agent) ?? [],
  };
}

/** Newest first, down to the first page that ends before the time that is asked for. */
async function pages<T>(
  limit: number,
  isWithin: (item: T) => boolean,
  read: (page: {
    limit: number;
    after?: string;
  }) => Promise<{ readonly items: readonly T[]; readonly next: string | null }>,
): Promise<readonly T[]> {
  const found: T[] = [];
  let after: string | null = null;
  do {
    const page: { readonly items: readonly T[]; readonly next: string | null } = await read({
      limit: PAGE,
      ...(after === null ? {} : { after }),
    });
    found.push(...page.items);
    const last = page.items.at(-1);
    after = last === undefined || !isWithin(last) ? null : page.next;
  } while (after !== null && found.length < limit);
  return found.filter(isWithin);
}
