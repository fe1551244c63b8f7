import type { IncidentStore, IncidentWrite } from '../store/state/incident.ts';
import type { Act } from './act.ts';
import { assignGroups } from './assign.ts';
import { CHANGE_BEFORE_MS } from './cause.ts';
import { endOf, type FindingRecord, isFiring, startOf } from './finding-record.ts';
import { groupFindings, REACH_MS } from './group.ts';
import { type IncidentSummary, type IncidentView, viewIncident } from './incident.ts';
import { neighbourhoodOf } from './neighbourhood.ts';
import type { Surroundings } from './surroundings.ts';

/** Agents whose changes are looked up for one incident. */
const MAX_AGENTS = 20;

/**
 * What follows from new or changed findings: who belongs to which incident, and how those incidents look now. Only the
 * findings near in time of agents that are connected are looked at. Reads, decides, and leaves the writing to the caller.
 */
export async function regroup(
  store: IncidentStore,
  changed: readonly FindingRecord[],
  around: Surroundings,
  nowUnixMs: number,
): Promise<IncidentWrite> {
  const agents = neighbourhoodOf(new Set(changed.map(({ agent }) => agent)), around);
  const known = await withinReach(store, changed, agents);
  const written = byKey(changed);
  const touched = new Map<number, readonly number[]>();
  for (const { members, incident, absorbed } of assignGroups(groupFindings([...known.values()], around), nowUnixMs)) {
    const moved = members.filter((member) => member.incident !== incident || written.has(keyOf(member)));
    if (moved.length === 0 && incident !== null) continue;
    const number = incident ?? (await store.reserveNumber());
    for (const member of moved) {
      written.set(keyOf(member), { ...member, incident: number });
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
    const view = await viewStored(store, number, around, nowUnixMs, { findings, absorbed });
    if (view !== null) incidents.push(view.summary);
  }
  return { findings, incidents, absorbed: pairs };
}

/** An incident that reaches far back brings its own surroundings into view; so often at most. */
const MAX_WIDENINGS = 4;

/** All that may belong together with what changed: what was near it in time, the whole incidents of those, and so on. */
async function withinReach(
  store: IncidentStore,
  changed: readonly FindingRecord[],
  agents: ReadonlySet<string>,
): Promise<Map<string, FindingRecord>> {
  let known = byKey(changed);
  for (let widening = 0; widening < MAX_WIDENINGS; widening++) {
    const earliest = Math.min(...[...known.values()].map(startOf));
    const near = (
      await Promise.all([...agents].map((agent) => store.findingsEndedAfter(agent, earliest - REACH_MS)))
    ).flat();
    // Whole incidents, so that what holds them together is in view.
    const numbers = new Set([...near, ...known.values()].flatMap((record) => record.incident ?? []));
    const whole = await Promise.all([...numbers].map((number) => store.findingsOfIncident(number)));
    const wider = byKey([...near, ...whole.flat(), ...changed]);
    if (wider.size === known.size && widening > 0) break;
    known = wider;
  }
  return known;
}

/** What is decided but not written yet. */
interface Pending {
  readonly findings?: readonly FindingRecord[];
  readonly acts?: readonly Act[];
  readonly absorbed?: readonly number[];
}

/** An incident as it stands in the store with what is pending; null when there is no such incident. */
export async function viewStored(
  store: IncidentStore,
  number: number,
  around: Surroundings,
  nowUnixMs: number,
  pending: Pending = {},
): Promise<IncidentView | null> {
  const numbers = [number, ...(pending.absorbed ?? [])];
  const records = byKey((await Promise.all(numbers.map((each) => store.findingsOfIncident(each)))).flat());
  for (const record of pending.findings ?? []) {
    if (record.incident === number) records.set(keyOf(record), record);
    else records.delete(keyOf(record));
  }
  const list = [...records.values()].filter(isFiring);
  if (list.length === 0) return null;
  const acts = (await Promise.all(numbers.map((each) => store.acts(each)))).flat();
  const from = Math.min(...list.map(startOf)) - CHANGE_BEFORE_MS;
  const to = Math.min(Math.max(...list.map(endOf)), nowUnixMs);
  const agents = [...new Set(list.map(({ agent }) => agent))].sort().slice(0, MAX_AGENTS);
  const changes = await Promise.all(
    agents.map(async (agent) => (await store.changesBetween(agent, from, to)).map((change) => ({ agent, change }))),
  );
  const ended = (await Promise.all(agents.map((agent) => store.findingsEndedAfter(agent, from)))).flat();
  const near = ended.filter((one) => !isFiring(one) && startOf(one) <= to);
  const facts = {
    number,
    records: [...list, ...near],
    acts: [...acts, ...(pending.acts ?? [])],
    changes: changes.flat().sort((a, b) => a.change.atUnixMs - b.change.atUnixMs),
  };
  return viewIncident(facts, around, nowUnixMs);
}

/** Finding ids are an agent's own. */
const keyOf = ({ agent, finding }: FindingRecord): string => `${agent} ${finding.id}`;

/** Later entries replace earlier ones. */
function byKey(records: readonly FindingRecord[]): Map<string, FindingRecord> {
  return new Map(records.map((record) => [keyOf(record), record]));
}
