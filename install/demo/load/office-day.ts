import type { Bilingual } from '@airis/protocol';

/** One office day passes in this time. */
export const DAY_MS = 12 * 60_000;

interface Phase {
  /** Hour of the day at which it begins. */
  readonly from: number;
  readonly requestsPerSecond: number;
  readonly name: Bilingual;
}

/** Requests a second round the clock of a Korean office; between two phases the rate changes evenly. */
const phases: readonly Phase[] = [
  { from: 0, requestsPerSecond: 6, name: { ko: '심야', en: 'night' } },
  { from: 8.5, requestsPerSecond: 10, name: { ko: '출근', en: 'morning' } },
  { from: 9.5, requestsPerSecond: 22, name: { ko: '오전 업무', en: 'forenoon' } },
  { from: 12, requestsPerSecond: 12, name: { ko: '점심', en: 'lunch' } },
  { from: 13.5, requestsPerSecond: 24, name: { ko: '오후 업무', en: 'afternoon' } },
  { from: 18, requestsPerSecond: 12, name: { ko: '퇴근', en: 'going home' } },
  { from: 21, requestsPerSecond: 8, name: { ko: '저녁', en: 'evening' } },
  { from: 24, requestsPerSecond: 6, name: { ko: '심야', en: 'night' } },
];

/** The day begins at nine, when people look. */
const FIRST_HOUR = 9;

export function hourAt(elapsedMs: number): number {
  return (FIRST_HOUR + (24 * elapsedMs) / DAY_MS) % 24;
}

/** Rate and name of the phase at an hour of the day, 0 <= hour < 24. */
export function loadAt(hour: number): { readonly requestsPerSecond: number; readonly phase: Bilingual } {
  const at = phases.findLastIndex(({ from }) => from <= hour);
  const phase = phases[at]!; // the first begins at 0
  const next = phases[at + 1] ?? phase;
  const middle = (from: Phase, to: Phase) => (hour - from.from) / Math.max(1e-9, to.from - from.from);
  const requestsPerSecond =
    phase.requestsPerSecond + (next.requestsPerSecond - phase.requestsPerSecond) * middle(phase, next);
  return { requestsPerSecond, phase: phase.name };
}
