import type { DemoFault, Incident } from '../api/types.ts';

/** Clocks and rounding: an onset may be judged to lie a little before the order was given. */
const GRACE_MS = 5000;

/**
 * The incidents that opened while a fault was active, newest first. What names another active fault as its first cause is told of on
 * that one's card. A wrong first cause is shown too: the card must not hide a miss.
 */
export function incidentsSince(
  fault: DemoFault,
  faults: readonly DemoFault[],
  incidents: readonly Incident[],
): readonly Incident[] {
  if (!fault.active || fault.startedAt === null) return [];
  const sinceMs = Date.parse(fault.startedAt) - GRACE_MS;
  const others = faults.filter(({ active, name }) => active && name !== fault.name).map(({ target }) => target);
  return incidents
    .filter(({ detectedAt, topCause }) => {
      const named = topCause?.entity;
      if (Date.parse(detectedAt) < sinceMs) return false;
      return named === fault.target || named === undefined || !others.includes(named);
    })
    .toSorted((a, b) => b.detectedAt.localeCompare(a.detectedAt));
}
