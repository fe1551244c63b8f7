import { type Finding, MAX_CLOCK_AHEAD_MS, MAX_CLOCK_BEHIND_MS, type Severity } from '@airis/protocol';
import { worstSeverity } from './severity.ts';

/** A finding as the hub knows it: all its versions in one, with times that can be trusted. */
export interface FindingRecord {
  readonly agent: string;
  /** The version that says most; see `mergeFinding`. */
  readonly finding: Finding;
  /** What it said while it held: the closing version tells of the recovery. Null when only that was heard. */
  readonly whileItHeld: Finding | null;
  /** Worst of all versions: a finding that was critical once is not minor for ending. */
  readonly worst: Severity;
  /** Earliest of all versions. */
  readonly detectedAtUnixMs: number;
  readonly endedAtUnixMs: number | null;
  /** A person resolved its incident while it held: it counts as over from then on. */
  readonly settledAtUnixMs: number | null;
  /** When the hub took in the version above. */
  readonly heardAtUnixMs: number;
  readonly incident: number | null;
}

/** Worse than `info`, now or before: it makes an incident. */
export const isFiring = (record: FindingRecord): boolean => record.worst !== 'info';

/** Milliseconds a record spans for grouping; `Infinity` while it holds. */
export const startOf = (record: FindingRecord): number => record.detectedAtUnixMs;
export function endOf(record: FindingRecord): number {
  const end = Math.min(record.endedAtUnixMs ?? Infinity, record.settledAtUnixMs ?? Infinity);
  return Math.max(end, record.detectedAtUnixMs);
}

/**
 * Adds one version to what is known. Merging is idempotent and does not care for order, so that events may come twice
 * and in any order; `null` says that nothing new was in it.
 */
export function mergeFinding(
  known: FindingRecord | null,
  incoming: { readonly agent: string; readonly finding: Finding; readonly receivedAtUnixMs: number },
): FindingRecord | null {
  const { agent, finding, receivedAtUnixMs } = incoming;
  const detected = trustedTime(finding.detectedAtUnixMs, receivedAtUnixMs);
  const ended = endOfVersion(finding, receivedAtUnixMs);
  const held = finding.state === 'closed' ? null : finding;
  if (known === null) {
    return {
      agent,
      finding,
      whileItHeld: held,
      worst: finding.severity,
      detectedAtUnixMs: detected,
      endedAtUnixMs: ended,
      settledAtUnixMs: null,
      heardAtUnixMs: receivedAtUnixMs,
      incident: null,
    };
  }
  const isNewer = saysMore(finding, known.finding);
  const isNewlyHeld = held !== null && (known.whileItHeld === null || saysMore(held, known.whileItHeld));
  const merged: FindingRecord = {
    ...known,
    finding: isNewer ? finding : known.finding,
    whileItHeld: isNewlyHeld ? held : known.whileItHeld,
    worst: worstSeverity([known.worst, finding.severity]),
    detectedAtUnixMs: Math.min(known.detectedAtUnixMs, detected),
    endedAtUnixMs: isNewer && ended !== null ? ended : known.endedAtUnixMs,
    heardAtUnixMs: isNewer ? receivedAtUnixMs : known.heardAtUnixMs,
  };
  const isSame =
    !isNewer && !isNewlyHeld && merged.worst === known.worst && merged.detectedAtUnixMs === known.detectedAtUnixMs;
  return isSame ? null : merged;
}

/** A total order over versions: closed over update over open, then later evidence, then worse, then the text itself. */
function saysMore(candidate: Finding, known: Finding): boolean {
  const keys: readonly ((finding: Finding) => number)[] = [
    (finding) => ['open', 'update', 'closed'].indexOf(finding.state),
    (finding) => Math.max(0, ...finding.evidence.map((item) => item.toUnixMs ?? 0)),
    (finding) => finding.score,
  ];
  for (const key of keys) {
    const difference = key(candidate) - key(known);
    if (difference !== 0) return difference > 0;
  }
  return JSON.stringify(candidate) > JSON.stringify(known);
}

function endOfVersion(finding: Finding, receivedAtUnixMs: number): number | null {
  if (finding.state !== 'closed') return null;
  return trustedTime(finding.endedAtUnixMs ?? receivedAtUnixMs, receivedAtUnixMs);
}

/** A host's clock may be a year off: beyond the wire's limits the hub's own time stands in. */
export function trustedTime(unixMs: number, receivedAtUnixMs: number): number {
  const isTrusted = unixMs <= receivedAtUnixMs + MAX_CLOCK_AHEAD_MS && unixMs >= receivedAtUnixMs - MAX_CLOCK_BEHIND_MS;
  return isTrusted ? unixMs : receivedAtUnixMs;
}
