const WRAP_32 = 2 ** 32;

/**
 * Increase of a cumulative counter a second, between two readings.
 *
 * A fall is a reset (process or device restarted), which says nothing about the time between: NaN. It is a wrap of a
 * 32-bit counter only when the value stood in the last quarter of its range and is now in the first.
 *
 * @param elapsedMs - between the readings; not above 0 gives NaN
 */
export function counterRate(previous: number, current: number, elapsedMs: number): number {
  if (!(elapsedMs > 0) || Number.isNaN(previous)) return Number.NaN;
  if (current >= previous) return ((current - previous) * 1_000) / elapsedMs;
  const isWrap = previous < WRAP_32 && previous >= WRAP_32 * 0.75 && current < WRAP_32 * 0.25;
  return isWrap ? ((current + WRAP_32 - previous) * 1_000) / elapsedMs : Number.NaN;
}
