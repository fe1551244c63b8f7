const KOREA_OFFSET_MS = 9 * 3_600_000;

/** RFC 3339 in Korean time, to the millisecond: `2026-11-22T21:00:00.000+09:00`. Korea keeps no summer time. */
export function koreanTime(unixMs: number): string {
  return new Date(unixMs + KOREA_OFFSET_MS).toISOString().replace('Z', '+09:00');
}

/** `21:00:05` in Korean time, for sentences. */
export function koreanClock(unixMs: number): string {
  return koreanTime(unixMs).slice(11, 19);
}
