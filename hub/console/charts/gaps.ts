import { gapLimitMs } from './cadence.ts';

export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Where a line breaks because nothing is known: between two known values, and after the last one when it is overdue.
 * What lies before the first value is not a gap: the host may be new.
 *
 * @param times - start of each step, unix ms, ascending
 * @param lines - values on those times; `null` marks a hole. A time is known when any line knows it
 * @param endMs - right edge of the picture
 */
export function findGaps(
  times: readonly number[],
  lines: readonly (readonly (number | null)[])[],
  stepMs: number,
  endMs: number,
): Gap[] {
  const isKnown = (index: number): boolean => lines.some((line) => line[index] !== null && line[index] !== undefined);
  const limitMs = gapLimitMs(times, isKnown);
  const gaps: Gap[] = [];
  let lastKnownMs: number | null = null;
  const close = (untilMs: number): void => {
    if (lastKnownMs === null) return;
    if (untilMs - lastKnownMs > limitMs) gaps.push({ fromMs: lastKnownMs + stepMs, toMs: untilMs });
  };
  for (const [index, timeMs] of times.entries()) {
    if (!isKnown(index)) continue;
    close(timeMs);
    lastKnownMs = timeMs;
  }
  // The running step and the way to the hub are not yet due: two steps of grace at the right edge.
  close(endMs - 2 * stepMs);
  return gaps;
}
