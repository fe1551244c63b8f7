import type { StreamEvent } from './types.ts';

/** Something a page needs from the hub, and how long a value of it may be believed. */
export interface Resource<T> {
  /** Same key, same value: pages share what they have already loaded. */
  readonly key: string;
  readonly fetch: (signal: AbortSignal) => Promise<T>;
  /** Asked again after this long, while somebody looks; `null` for what does not change (a fixed time range). */
  readonly everyMs: number | null;
  /** Events that make it worth asking at once. */
  readonly wakeOn?: readonly StreamEvent['event'][];
  /** Not asked for before a panel that shows it has come into sight. */
  readonly waitsForPanel?: boolean;
}

/** For what is drawn far down a page. */
export function whenSeen<T>(resource: Resource<T>): Resource<T> {
  return { ...resource, key: `${resource.key} when seen`, waitsForPanel: true };
}

export interface Loaded<T> {
  readonly value: T | undefined;
  /** When `value` was asked for, unix ms; what it shows cannot be newer. */
  readonly atMs: number | null;
  /** The newest answer was a failure; `value` is from before it. */
  readonly error: Error | null;
  readonly isLoading: boolean;
  /** `value` is older than its due: it must not be shown as live. */
  readonly isStale: boolean;
  reload(): void;
  /** A panel that is scrolled away or folded neither asks nor draws. */
  setVisible(isVisible: boolean): void;
}

/** A value is stale this long after its next one was due; every poll is ≤ 5 s, so nothing looks live for 10 s. */
export const STALE_GRACE_MS = 4000;

/** Also what never changes is shown as stale while its newest refresh fails. */
export function isStale(
  loaded: { atMs: number | null; error: Error | null },
  everyMs: number | null,
  nowMs: number,
): boolean {
  if (loaded.atMs === null) return false;
  if (loaded.error !== null) return true;
  return everyMs !== null && nowMs - loaded.atMs > everyMs + STALE_GRACE_MS;
}
