import { SEOUL_OFFSET_MS } from '../shell/time-range.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const stepsMs: readonly number[] = [
  ...[5, 10, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 5, 7, 14, 30, 60].map((days) => days * DAY),
];

/** Round times in Seoul within a range: at most `most` of them. */
export function timeTicks(fromMs: number, toMs: number, most: number): number[] {
  const stepMs = stepsMs.find((step) => (toMs - fromMs) / step <= most) ?? 90 * DAY;
  const first = Math.ceil((fromMs + SEOUL_OFFSET_MS) / stepMs) * stepMs - SEOUL_OFFSET_MS;
  const ticks: number[] = [];
  for (let tick = first; tick <= toMs; tick += stepMs) ticks.push(tick);
  return ticks;
}

/** 3 to 5 round values from `low` to at least `high`. */
export function valueTicks(low: number, high: number): number[] {
  const rough = (high - low) / 3;
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? 10 * power;
  const ticks: number[] = [];
  for (let at = Math.floor(low / step); at * step < high + step * 0.999 && ticks.length < 6; at += 1) {
    ticks.push(Number((at * step).toPrecision(12)));
  }
  return ticks;
}
