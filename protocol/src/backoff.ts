export interface BackoffOptions {
  /** Upper bound of the first pause. */
  readonly firstMs: number;
  /** No pause is longer. */
  readonly limitMs: number;
}

/**
 * How long to wait before try `attempt` again: exponential, with full jitter, so that many who failed together do not
 * come back together.
 *
 * @param attempt - failures in a row before this pause, from 1
 * @param random - uniform in [0, 1)
 * @see Brooker 2015, "Exponential Backoff and Jitter"
 */
export function backoffMs(attempt: number, { firstMs, limitMs }: BackoffOptions, random: () => number): number {
  // Past 2^52 the power is far above any limit, and stays a finite number.
  return random() * Math.min(limitMs, firstMs * 2 ** Math.min(attempt - 1, 52));
}

/** Counts failures in a row. */
export interface Backoff {
  readonly failures: number;
  /** Notes one more failure; how long to wait now. */
  fail(): number;
  /** It worked: the next pause is a short one. */
  reset(): void;
}

export function createBackoff(options: BackoffOptions, random: () => number): Backoff {
  let failures = 0;
  return {
    get failures() {
      return failures;
    },
    fail() {
      failures += 1;
      return backoffMs(failures, options, random);
    },
    reset() {
      failures = 0;
    },
  };
}
