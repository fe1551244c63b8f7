import { endOf, type FindingRecord, isFiring, startOf } from './finding-record.ts';
import { troubleOf } from './trouble.ts';

/** Nothing firing for this long resolves an incident; until then whatever fires on the host belongs to it. */
export const RESOLVE_HOLD_MS = 60_000;
/** The same trouble coming back within this time of the resolution reopens the incident. */
const REOPEN_WINDOW_MS = 5 * 60_000;
/** Longest silence inside one incident. */
export const JOIN_GAP_MS = RESOLVE_HOLD_MS + REOPEN_WINDOW_MS;
/** Events may come this late. A part that turns out to be another incident leaves while it is younger, later it stays. */
const LATENESS_MS = 2 * 60_000;

interface Group {
  readonly members: FindingRecord[];
  readonly troubles: Set<string>;
  end: number;
}

/**
 * The findings of one host, as incidents. Only times and subjects decide, never the order of arrival. `info` makes no
 * incident; it is shown in those that it happened near.
 *
 * @param records - one host's findings, in any order
 * @returns groups by time, each by time; what belongs to none is left out
 */
export function groupFindings(records: readonly FindingRecord[]): FindingRecord[][] {
  const groups: Group[] = [];
  for (const record of records.filter(isFiring).sort(byTime)) {
    const trouble = troubleOf(record.whileItHeld ?? record.finding);
    const home = homeOf(record, trouble, groups);
    if (home === null) {
      groups.push({
        members: [record],
        troubles: new Set(trouble === null ? [] : [trouble]),
        end: endOf(record),
      });
    } else {
      home.members.push(record);
      home.end = Math.max(home.end, endOf(record));
      if (trouble !== null) home.troubles.add(trouble);
    }
  }
  return groups.map((group) => group.members);
}

/** The group that still runs, else the latest one with the same trouble, else none. */
function homeOf(record: FindingRecord, trouble: string | null, groups: readonly Group[]): Group | null {
  const start = startOf(record);
  const latest = [...groups].sort((a, b) => b.end - a.end);
  return (
    latest.find((group) => start <= group.end + RESOLVE_HOLD_MS) ??
    latest.find((group) => start <= group.end + JOIN_GAP_MS && trouble !== null && group.troubles.has(trouble)) ??
    null
  );
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
 * Matches groups with the incidents their members already belong to.
 *
 * @param groups - by time, as `groupFindings` gives them
 */
export function assignGroups(groups: readonly (readonly FindingRecord[])[], nowUnixMs: number): Assignment[] {
  const claims = groups.map(numbersOf);
  const taken = new Set<number>();
  const chosen = groups.map((members, index) => {
    const claimed = claims[index] ?? [];
    const free = claimed.find((number) => !taken.has(number));
    const isYoung = Math.min(...members.map(startOf)) > nowUnixMs - LATENESS_MS;
    const number = free ?? (isYoung ? undefined : claimed[0]) ?? null;
    if (number !== null) taken.add(number);
    return number;
  });
  const isAbsorbed = new Set<number>();
  return groups.map((members, index) => {
    const absorbed = (claims[index] ?? []).filter((number) => !taken.has(number) && !isAbsorbed.has(number));
    for (const number of absorbed) isAbsorbed.add(number);
    return { members, incident: chosen[index] ?? null, absorbed };
  });
}

function numbersOf(members: readonly FindingRecord[]): number[] {
  return [...new Set(members.flatMap((member) => member.incident ?? []))].sort((a, b) => a - b);
}
