import { DETECTION_SPREAD_MS, FOUND_LATE_MS, isConsequence, relationOf } from './explain.ts';
import { type FindingRecord, isFiring } from './finding-record.ts';
import { byOnset, idOf, type Subject, subjectOf } from './subject.ts';
import type { Surroundings } from './surroundings.ts';

/** Nothing firing for this long resolves an incident. */
export const RESOLVE_HOLD_MS = 30_000;
/** The same root coming back within this time of the resolution reopens the incident. */
const REOPEN_WINDOW_MS = 2 * 60_000;
/** Longest silence inside one incident. */
export const JOIN_GAP_MS = RESOLVE_HOLD_MS + REOPEN_WINDOW_MS;
/** What begins this long after a fault has ended is still of its recovery. */
const RECOVERY_MS = 45_000;
/** What is open this much longer than the fault that explained it goes to another one that explains it now. */
const OUTLIVED_MS = 30_000;
/** How far from the changed findings others can matter. */
export const REACH_MS = JOIN_GAP_MS + FOUND_LATE_MS;
/** Longest chain of faults that follow from one another. */
const MAX_CHAIN = 8;

/** One incident: everything that follows from one root. */
export interface Group {
  /** What explains the others: a fault; without one, the pressure or symptom furthest down the calls. */
  readonly root: Subject;
  readonly members: readonly FindingRecord[];
}

interface Draft {
  /** Same key, by onset; the first names the incident. */
  readonly roots: Subject[];
  readonly members: Subject[];
}

/**
 * The findings of hosts that belong together, as incidents: one for each fault. Only times, subjects and surroundings
 * decide, never the order of arrival. `info` makes no incident; it is shown in those that it happened near.
 *
 * @param records - in any order
 * @returns groups by the onset of their root; what only informs is left out
 */
export function groupFindings(records: readonly FindingRecord[], around: Surroundings): Group[] {
  const subjects = records
    .filter(isFiring)
    .map((record) => subjectOf(record, around))
    .sort(byOnset);
  const faults = groupFaults(
    subjects.filter(({ nature }) => nature === 'fault'),
    around,
  );
  const pressures = groupRest(
    subjects.filter(({ nature }) => nature === 'pressure'),
    faults,
    around,
  );
  const symptoms = groupRest(
    subjects.filter(({ nature }) => nature === 'symptom'),
    [...faults, ...pressures],
    around,
  );
  return [...faults, ...pressures, ...symptoms]
    .map(({ roots, members }) => ({
      root: roots[0]!, // every draft begins with its root
      members: members.sort(byOnset).map(({ record }) => record),
    }))
    .sort((a, b) => byOnset(a.root, b.root));
}

function groupFaults(faults: readonly Subject[], around: Surroundings): Draft[] {
  const causeOf = new Map(faults.map((fault) => [fault, faults.find((other) => isConsequence(fault, other, around))]));
  const groups: Draft[] = [];
  const groupOf = new Map<Subject, Draft>();
  for (const fault of faults.filter((each) => causeOf.get(each) === undefined)) {
    const same = groups.findLast(({ roots }) => roots[0]?.key === fault.key);
    const isBack = same !== undefined && fault.onset <= endOfAll(same.roots) + JOIN_GAP_MS;
    const group = isBack ? same : { roots: [], members: [] };
    if (!isBack) groups.push(group);
    group.roots.push(fault);
    group.members.push(fault);
    groupOf.set(fault, group);
  }
  for (const fault of faults) {
    let root = fault;
    for (let step = 0; step < MAX_CHAIN; step++) root = causeOf.get(root) ?? root;
    if (root !== fault) groupOf.get(root)?.members.push(fault);
  }
  return groups;
}

/** Puts what follows from a known group there, and makes groups of the rest. */
function groupRest(subjects: readonly Subject[], known: readonly Draft[], around: Surroundings): Draft[] {
  const unexplained: Subject[] = [];
  const found = subjects.map((subject) => ({ subject, group: explanationOf(subject, known, around) }));
  for (const { subject, group } of found) {
    if (group === null) unexplained.push(subject);
    else group.members.push(subject);
  }
  return groupConnected(unexplained, around);
}

interface Candidate {
  readonly group: Draft;
  readonly rank: readonly number[];
  readonly hasOutlived: boolean;
  readonly name: string;
}

/** The group whose root explains the subject best, or null. */
function explanationOf(subject: Subject, groups: readonly Draft[], around: Surroundings): Draft | null {
  const near = candidatesFor(subject, groups, around, FOUND_LATE_MS);
  const first = near[0];
  if (first === undefined) return null;
  if (!first.hasOutlived) return first.group;
  // It goes on although its explanation is over: whatever explains it now may have begun much later than it.
  const now = candidatesFor(subject, groups, around, Infinity).find((one) => !one.hasOutlived && one.rank[0] === 0);
  return (now ?? first).group;
}

function candidatesFor(
  subject: Subject,
  groups: readonly Draft[],
  around: Surroundings,
  mostLateMs: number,
): Candidate[] {
  return groups
    .flatMap((group) => group.roots.flatMap((root) => candidate(subject, root, group, around, mostLateMs) ?? []))
    .sort(byRank);
}

function candidate(
  subject: Subject,
  root: Subject,
  group: Draft,
  around: Surroundings,
  mostLateMs: number,
): Candidate | null {
  const lagMs = subject.onset - root.onset;
  if (lagMs < -mostLateMs || subject.onset > root.end + RECOVERY_MS || subject.end < root.onset - FOUND_LATE_MS) {
    return null;
  }
  const relation = relationOf(subject, root, around);
  if (relation === null) return null;
  const hasOutlived = subject.end > root.end + OUTLIVED_MS;
  const isLate = lagMs < -DETECTION_SPREAD_MS;
  const apartMs = lagMs >= 0 ? Math.max(0, lagMs - DETECTION_SPREAD_MS) : Math.max(0, -lagMs - 10_000);
  const rank = [
    Number(!relation.isPlain),
    Number(hasOutlived),
    Number(isLate),
    Math.round(apartMs / 10_000),
    relation.hops,
    Math.abs(lagMs),
  ];
  return { group, rank, hasOutlived, name: idOf(root) };
}

function byRank(left: Candidate, right: Candidate): number {
  for (const [index, value] of left.rank.entries()) {
    const difference = value - (right.rank[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.name < right.name ? -1 : 1;
}

/** What nothing explains: near in time and connected by calls or machine is one, as is the same coming back. */
function groupConnected(subjects: readonly Subject[], around: Surroundings): Draft[] {
  const groups: Draft[] = [];
  for (const subject of subjects) {
    const home =
      groups.find(({ members }) => members.some((member) => isTogether(subject, member, around))) ??
      groups.find(({ members }) =>
        members.some(({ key, end }) => key === subject.key && subject.onset <= end + JOIN_GAP_MS),
      );
    if (home === undefined) groups.push({ roots: [], members: [subject] });
    else home.members.push(subject);
  }
  return groups.map(({ members }) => ({ roots: rootsOf(members, around), members }));
}

function isTogether(subject: Subject, member: Subject, around: Surroundings): boolean {
  if (subject.onset > member.end + RESOLVE_HOLD_MS) return false;
  return relationOf(subject, member, around) !== null || relationOf(member, subject, around) !== null;
}

/** The one that nothing else of them lies below, then the first; with it those of the same key. */
function rootsOf(members: readonly Subject[], around: Surroundings): Subject[] {
  const hasBelow = ({ place }: Subject): boolean =>
    members.some((other) => other.place !== place && around.hopsDown(place, other.place, 4) !== null);
  const root = members.find((member) => !hasBelow(member)) ?? members[0]!; // a group has members
  return [root, ...members.filter((member) => member !== root && member.key === root.key)];
}

const endOfAll = (subjects: readonly Subject[]): number => Math.max(...subjects.map(({ end }) => end));
