const KOREA_OFFSET_MS = 9 * 3_600_000;

/** RFC 3339 knows the years 0000 to 9999; a host may claim any number. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * RFC 3339 in Korean time, to the millisecond: `2026-11-22T21:00:00.000+09:00`. Korea keeps no summer time. Never
 * throws: one host with an impossible clock would take every list down that shows it.
 */
export function koreanTime(unixMs: number): string {
  const local = Math.min(Math.max(unixMs + KOREA_OFFSET_MS, FIRST_MS), LAST_MS);
  return new Date(local).toISOString().replace('Z', '+09:00');
}

/** `21:00:05` in Korean time, for sentences. */
export function koreanClock(unixMs: number): string {
  return koreanTime(unixMs).slice(11, 19);
}
