import { endOf, type FindingRecord } from './finding-record.ts';
import type { Group } from './group.ts';

/** Events may come this late. A part that turns out to be another incident leaves while it is this fresh, later it stays. */
const LATENESS_MS = 15 * 60_000;
/** A pressure or symptom waits this long for a fault that explains it before it makes an incident of its own. */
const PATIENCE_MS = 4_000;

/** What became of the groups: a new incident, one that goes on, or several that turn out to be one. */
export interface Assignment {
  readonly members: readonly FindingRecord[];
  /** Null asks for a new one. */
  readonly incident: number | null;
  /** Other incidents that are the same one. */
  readonly absorbed: readonly number[];
}

/**
 * Matches groups with the incidents their members already belong to. An incident goes with its root: whoever else
 * claims its number gets another, or, long after, stays.
 *
 * @param groups - by onset, as `groupFindings` gives them
 */
export function assignGroups(groups: readonly Group[], nowUnixMs: number): Assignment[] {
  const claims = groups.map(({ members }) => numbersOf(members));
  const chosen = new Map<Group, number>();
  const taken = new Set<number>();
  const take = (group: Group, number: number | undefined): void => {
    if (number === undefined) return;
    chosen.set(group, number);
    taken.add(number);
  };
  for (const group of groups.filter(isFault)) {
    const own = group.members.filter(isOfRoot(group));
    take(
      group,
      numbersOf(own).find((number) => !taken.has(number)),
    );
  }
  for (const [index, group] of groups.entries()) {
    if (chosen.has(group)) continue;
    const free = claims[index]?.find((number) => !taken.has(number));
    const isLeftAlone = group.root.record.incident !== null && !isFresh(group, nowUnixMs);
    take(group, free ?? (isLeftAlone ? claims[index]?.[0] : undefined));
  }
  const isAbsorbed = new Set<number>();
  return groups.flatMap((group, index) => {
    const incident = chosen.get(group) ?? null;
    if (incident === null && isWaiting(group, nowUnixMs)) return [];
    const absorbed = (claims[index] ?? []).filter((number) => !taken.has(number) && !isAbsorbed.has(number));
    for (const number of absorbed) isAbsorbed.add(number);
    return [{ members: group.members, incident, absorbed }];
  });
}

const isFault = ({ root }: Group): boolean => root.nature === 'fault';

/** Findings of the root itself: of its agent and entity, and as grave as it. */
function isOfRoot({ root }: Group): (record: FindingRecord) => boolean {
  return ({ finding }) => finding.entity === root.entity && finding.nature === root.nature;
}

function isFresh({ members }: Group, nowUnixMs: number): boolean {
  return Math.max(...members.map(endOf)) > nowUnixMs - LATENESS_MS;
}

function isWaiting(group: Group, nowUnixMs: number): boolean {
  if (isFault(group) || group.members.some(({ incident }) => incident !== null)) return false;
  return Math.min(...group.members.map((member) => member.detectedAtUnixMs)) > nowUnixMs - PATIENCE_MS;
}

function numbersOf(members: readonly FindingRecord[]): number[] {
  return [...new Set(members.flatMap((member) => member.incident ?? []))].sort((a, b) => a - b);
}
