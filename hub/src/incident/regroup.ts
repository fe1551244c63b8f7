import type { IncidentStore, IncidentWrite } from '../store/state/incident.ts';
import type { Act } from './act.ts';
import { CHANGE_BEFORE_MS } from './cause.ts';
import { endOf, type FindingRecord, startOf } from './finding-record.ts';
import { assignGroups, groupFindings, JOIN_GAP_MS } from './group.ts';
import { type IncidentSummary, type IncidentView, viewIncident } from './incident.ts';

/**
 * What follows from new or changed findings of one host: who belongs to which incident, and how those incidents look
 * now. Reads, decides, and leaves the writing to the caller.
 */
export async function regroup(
  store: IncidentStore,
  agent: string,
  changed: readonly FindingRecord[],
  nowUnixMs: number,
): Promise<IncidentWrite> {
  const earliest = Math.min(...changed.map(startOf));
  const stored = await store.findingsEndedAfter(agent, earliest - JOIN_GAP_MS);
  const known = byFindingId([...stored, ...changed]);
  const written = byFindingId(changed);
  const touched: { number: number; absorbed: readonly number[] }[] = [];
  for (const { members, incident, absorbed } of assignGroups(groupFindings([...known.values()]))) {
    const isTouched = members.some((member) => member.incident !== incident || written.has(member.finding.id));
    if (!isTouched && incident !== null) continue;
    const number = incident ?? (await store.reserveNumber());
    for (const member of members) {
      if (member.incident !== number || written.has(member.finding.id)) {
        written.set(member.finding.id, { ...member, incident: number });
      }
    }
    touched.push({ number, absorbed });
  }
  const findings = [...written.values()];
  const incidents: IncidentSummary[] = [];
  for (const { number, absorbed } of touched) {
    const view = await viewStored(store, agent, number, nowUnixMs, { findings, absorbed });
    if (view !== null) incidents.push(view.summary);
  }
  const pairs = touched.flatMap(({ number, absorbed }) => absorbed.map((from) => ({ from, into: number })));
  return { findings, incidents, absorbed: pairs };
}

/** What is decided but not written yet. */
export interface Pending {
  readonly findings?: readonly FindingRecord[];
  readonly acts?: readonly Act[];
  readonly absorbed?: readonly number[];
}

/** An incident as it stands in the store with what is pending; null when there is no such incident. */
export async function viewStored(
  store: IncidentStore,
  agent: string,
  number: number,
  nowUnixMs: number,
  pending: Pending = {},
): Promise<IncidentView | null> {
  const numbers = [number, ...(pending.absorbed ?? [])];
  const records = byFindingId((await Promise.all(numbers.map((each) => store.findingsOfIncident(each)))).flat());
  for (const record of pending.findings ?? []) {
    if (record.incident === number) records.set(record.finding.id, record);
  }
  const list = [...records.values()].filter((record) => record.agent === agent);
  if (!list.some((record) => record.worst !== 'info')) return null;
  const acts = (await Promise.all(numbers.map((each) => store.acts(each)))).flat();
  const from = Math.min(...list.map(startOf)) - CHANGE_BEFORE_MS;
  const to = Math.min(Math.max(...list.map(endOf)), nowUnixMs);
  const changes = await store.changesBetween(agent, from, to);
  return viewIncident({ number, agent, records: list, acts: [...acts, ...(pending.acts ?? [])], changes }, nowUnixMs);
}

/** Ids are an agent's own, and these are of one agent. Later entries replace earlier ones. */
function byFindingId(records: readonly FindingRecord[]): Map<string, FindingRecord> {
  return new Map(records.map((record) => [record.finding.id, record]));
}
