import type { IncidentStore, IncidentWrite } from '../store/state/incident.ts';
import type { Act } from './act.ts';
import { CHANGE_BEFORE_MS } from './cause.ts';
import { endOf, type FindingRecord, isFiring, startOf } from './finding-record.ts';
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
  const near = await store.findingsEndedAfter(agent, earliest - JOIN_GAP_MS);
  // Whole incidents, so that what holds them together is in view.
  const numbers = new Set([...near, ...changed].flatMap((record) => record.incident ?? []));
  const whole = await Promise.all([...numbers].map((number) => store.findingsOfIncident(number)));
  const known = byFindingId([...near, ...whole.flat(), ...changed]);
  const written = byFindingId(changed);
  const touched = new Map<number, readonly number[]>();
  for (const { members, incident, absorbed } of assignGroups(groupFindings([...known.values()]), nowUnixMs)) {
    const moved = members.filter((member) => member.incident !== incident || written.has(member.finding.id));
    if (moved.length === 0 && incident !== null) continue;
    const number = incident ?? (await store.reserveNumber());
    for (const member of moved) {
      written.set(member.finding.id, { ...member, incident: number });
      // What a finding leaves looks different without it.
      if (member.incident !== null && !touched.has(member.incident)) touched.set(member.incident, []);
    }
    touched.set(number, [...(touched.get(number) ?? []), ...absorbed]);
  }
  const pairs = [...touched].flatMap(([into, absorbed]) => absorbed.map((from) => ({ from, into })));
  for (const { from } of pairs) touched.delete(from);
  const findings = [...written.values()];
  const incidents: IncidentSummary[] = [];
  for (const [number, absorbed] of touched) {
    const view = await viewStored(store, agent, number, nowUnixMs, { findings, absorbed });
    if (view !== null) incidents.push(view.summary);
  }
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
    else records.delete(record.finding.id);
  }
  const list = [...records.values()].filter((record) => record.agent === agent && isFiring(record));
  if (list.length === 0) return null;
  const acts = (await Promise.all(numbers.map((each) => store.acts(each)))).flat();
  const from = Math.min(...list.map(startOf)) - CHANGE_BEFORE_MS;
  const to = Math.min(Math.max(...list.map(endOf)), nowUnixMs);
  const changes = await store.changesBetween(agent, from, to);
  const near = (await store.findingsEndedAfter(agent, from)).filter((one) => !isFiring(one) && startOf(one) <= to);
  return viewIncident(
    { number, agent, records: [...list, ...near], acts: [...acts, ...(pending.acts ?? [])], changes },
    nowUnixMs,
  );
}

/** Ids are an agent's own, and these are of one agent. Later entries replace earlier ones. */
function byFindingId(records: readonly FindingRecord[]): Map<string, FindingRecord> {
  return new Map(records.map((record) => [record.finding.id, record]));
}
