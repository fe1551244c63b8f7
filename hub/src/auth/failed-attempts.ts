export interface FailedAttemptLimits {
  /** Failures within the window after which every attempt is turned away. */
  readonly most: number;
  readonly windowMs: number;
  /** Callers remembered at once; beyond it the longest-known one is forgotten. */
  readonly maxCallers: number;
}

export const SIGN_IN_LIMITS: FailedAttemptLimits = { most: 10, windowMs: 5 * 60_000, maxCallers: 10_000 };

export interface FailedAttempts {
  /** Milliseconds until this caller may try again; 0 means now. */
  waitMs(caller: string, nowMs: number): number;
  fail(caller: string, nowMs: number): void;
  succeed(caller: string): void;
}

/** Slows down whoever guesses. The window begins with a caller's first failure; in memory, since a restart costs a guesser more. */
export function createFailedAttempts(limits: FailedAttemptLimits = SIGN_IN_LIMITS): FailedAttempts {
  const byCaller = new Map<string, { count: number; sinceMs: number }>();

  function current(caller: string, nowMs: number) {
    const known = byCaller.get(caller);
    return known !== undefined && nowMs - known.sinceMs < limits.windowMs ? known : undefined;
  }

  return {
    waitMs(caller, nowMs) {
      const known = current(caller, nowMs);
      return known === undefined || known.count < limits.most ? 0 : known.sinceMs + limits.windowMs - nowMs;
    },
    fail(caller, nowMs) {
      const known = current(caller, nowMs) ?? { count: 0, sinceMs: nowMs };
      byCaller.delete(caller);
      byCaller.set(caller, { count: known.count + 1, sinceMs: known.sinceMs });
      if (byCaller.size > limits.maxCallers) {
        for (const oldest of byCaller.keys()) {
          byCaller.delete(oldest);
          break;
        }
      }
    },
    succeed(caller) {
      byCaller.delete(caller);
    },
  };
}
