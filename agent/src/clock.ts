import { MAX_CLOCK_AHEAD_MS } from '@airis/protocol';

/** What happened to the wall clock, seen against the monotonic one. */
export type ClockStep =
  /** Taken over at once: a gap. */
  | { readonly kind: 'forward'; readonly byMs: number }
  /** Times go on and are slowed until the wall clock has caught up. */
  | { readonly kind: 'back-held'; readonly byMs: number }
  /** Too far to hold: times start again in the past. */
  | { readonly kind: 'back-taken'; readonly byMs: number };

export interface Clock {
  /** Unix ms that never runs back, except after a step `back-taken`. */
  nowMs(): number;
  /** Once a second: follows the wall clock's drift, and says when it stepped. */
  check(): ClockStep | null;
}

/** Beyond this a difference is a step, below it drift. */
const STEP_MS = 2_000;
/** Drift is followed by at most this a check; at one check a second that is 5 %. */
const SLEW_MS = 50;

/** Time for everything that is recorded: the monotonic clock on a wall clock's start, so that no series ever runs back. */
export function createClock(wallMs: () => number, monotonicMs: () => number): Clock {
  let offsetMs = wallMs() - monotonicMs();
  let isHeld = false;
  const nowMs = () => Math.round(monotonicMs() + offsetMs);
  return {
    nowMs,
    check() {
      const byMs = wallMs() - (monotonicMs() + offsetMs);
      const slew = Math.max(-SLEW_MS, Math.min(SLEW_MS, byMs));
      if (byMs >= STEP_MS) {
        offsetMs += byMs;
        isHeld = false;
        return { kind: 'forward', byMs };
      }
      if (byMs <= -MAX_CLOCK_AHEAD_MS) {
        offsetMs += byMs;
        isHeld = false;
        return { kind: 'back-taken', byMs };
      }
      offsetMs += slew;
      if (byMs > -STEP_MS) isHeld = false;
      else if (!isHeld) {
        isHeld = true;
        return { kind: 'back-held', byMs };
      }
      return null;
    },
  };
}
