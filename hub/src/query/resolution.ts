import type { Retention } from '../store/telemetry/retention.ts';

export type BlockTable = 'block' | 'block_1m' | 'block_1h';

export interface Resolution {
  readonly table: BlockTable;
  /** Width of an answered value; a multiple of the table's own step. */
  readonly stepMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Values a series in one answer; a wider window gets a wider step. */
export const MAX_STEPS = 2_000;
/** Beyond this `block` costs more than the eye can see. */
const FINE_WINDOW_MS = 6 * HOUR_MS;

/**
 * Which table answers, and at which step: the coarsest one that still shows every step asked for, and one that still
 * holds the window's beginning.
 */
export function chooseResolution(
  window: { readonly fromUnixMs: number; readonly toUnixMs: number; readonly stepMs: number },
  nowUnixMs: number,
  retention: Retention,
): Resolution {
  const widthMs = Math.max(1, window.toUnixMs - window.fromUnixMs);
  const wantedMs = Math.max(1_000, window.stepMs, Math.ceil(widthMs / MAX_STEPS));
  const ageMs = nowUnixMs - window.fromUnixMs;
  const isHeld = (table: BlockTable) => ageMs <= retention[table] * DAY_MS;
  if (wantedMs < HOUR_MS && isHeld('block_1m')) {
    const isFine = wantedMs < MINUTE_MS && widthMs <= FINE_WINDOW_MS && isHeld('block');
    return isFine
      ? { table: 'block', stepMs: roundUp(wantedMs, 1_000) }
      : { table: 'block_1m', stepMs: roundUp(wantedMs, MINUTE_MS) };
  }
  return { table: 'block_1h', stepMs: roundUp(wantedMs, HOUR_MS) };
}

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;
