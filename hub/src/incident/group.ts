import { endOf, type FindingRecord, startOf } from './finding-record.ts';

/** Nothing firing for this long resolves an incident. */
export const RESOLVE_HOLD_MS = 60_000;
/** What fires again within this time of a resolution belongs to the same incident. */
const REOPEN_WINDOW_MS = 5 * 60_000;
/** Longest silence inside one incident. */
export const JOIN_GAP_MS = RESOLVE_HOLD_MS + REOPEN_WINDOW_MS;

/**
 * The findings of one host, as incidents: spans that touch, or nearly, belong together. Only times decide, never the
 * order of arrival. `info` opens no incident; it joins the one that it happened in or near.
 *
 * @param records - one host's findings, in any order
 * @returns groups by time, each by time; what belongs to none is left out
 */
export function groupFindings(records: readonly FindingRecord[]): FindingRecord[][] {
  const sorted = [...records].sort(byTime);
  const groups: { members: FindingRecord[]; start: number; end: number }[] = [];
  for (const record of sorted) {
    if (record.worst === 'info') continue;
    const last = groups.at(-1);
    if (last !== undefined && startOf(record) <= last.end + JOIN_GAP_MS) {
      last.members.push(record);
      last.end = Math.max(last.end, endOf(record));
    } else {
      groups.push({ members: [record], start: startOf(record), end: endOf(record) });
    }
  }
  for (const record of sorted) {
    if (record.worst !== 'info') continue;
    const home = groups.find(
      (group) => startOf(record) <= group.end + JOIN_GAP_MS && endOf(record) >= group.start - JOIN_GAP_MS,
    );
    home?.members.push(record);
  }
  return groups.map((group) => group.members.sort(byTime));
}

function byTime(left: FindingRecord, right: FindingRecord): number {
  return startOf(left) - startOf(right) || (left.finding.id < right.finding.id ? -1 : 1);
}

/** What became of the groups: a new incident, one that goes on, or several that turn out to be one. */
export interface Assignment {
  readonly members: readonly FindingRecord[];
  /** The oldest incident that any member belonged to; null asks for a new one. */
  readonly incident: number | null;
  /** Younger incidents that are the same one. */
  readonly absorbed: readonly number[];
}

/**
 * Matches groups with the incidents their members already belong to. An `info` finding never ties two incidents
 * together, and stays where it is when its incident is none of these.
 */
export function assignGroups(groups: readonly (readonly FindingRecord[])[]): Assignment[] {
  const assignments = groups.map((members) => {
    const numbers = members.filter((member) => member.worst !== 'info').flatMap((member) => member.incident ?? []);
    const [oldest, ...absorbed] = [...new Set(numbers)].sort((a, b) => a - b);
    return { members, incident: oldest ?? null, absorbed };
  });
  const atHand = new Set(assignments.flatMap(({ incident, absorbed }) => [incident, ...absorbed]));
  return assignments.map((assignment) => ({
    ...assignment,
    members: assignment.members.filter(
      (member) => member.worst !== 'info' || atHand.has(member.incident) || member.incident === null,
    ),
  }));
}
