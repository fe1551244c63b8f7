import { ApiError } from './problem.ts';
import { isStale, type Loaded, type Resource } from './resource.ts';
import type { StreamEvent } from './types.ts';

/** Values kept for going back to a page at once; the one unused for longest goes first. */
const MAX_ENTRIES = 80;
/** Several events in a row (a storm of findings) cause one request. */
const WAKE_DELAY_MS = 250;

export interface ResourceCache extends Disposable {
  entry<T>(resource: Resource<T>): ResourceEntry<T>;
  /** Asks again for what is looked at and waits for this event. */
  wake(event: StreamEvent['event']): void;
  refreshAll(): void;
}

export interface ResourceEntry<T> {
  subscribe(listener: () => void): () => void;
  snapshot(): Loaded<T>;
}

export interface ResourceCacheOptions {
  readonly nowMs: () => number;
  /** Told of every failed request; a 401 sends the reader to sign in. */
  readonly onError?: (error: Error) => void;
  /** False while the browser tab is hidden. */
  readonly isPageVisible?: () => boolean;
  /** True while the reader holds the page still: what is loaded stays, only a refresh asks again. */
  readonly isPaused?: () => boolean;
}

interface Entry<T = unknown> extends ResourceEntry<T> {
  readonly key: string;
  wake(event: StreamEvent['event'] | 'refresh'): void;
  /** The hub did not answer somebody else: ask now whether this value still holds. */
  doubt(): void;
  tick(): void;
  isUsed(): boolean;
  stop(): void;
}

/** All that pages have loaded. One timer drives polling and the passing of due times. */
export function createResourceCache(options: ResourceCacheOptions): ResourceCache {
  const entries = new Map<string, Entry>();
  const onError = (error: Error): void => {
    if (error instanceof ApiError && error.status === 0) for (const entry of entries.values()) entry.doubt();
    options.onError?.(error);
  };
  const timer = setInterval(() => {
    for (const entry of entries.values()) entry.tick();
  }, 500);

  function evict(): void {
    for (const [key, entry] of entries) {
      if (entries.size <= MAX_ENTRIES) return;
      if (!entry.isUsed()) {
        entry.stop();
        entries.delete(key);
      }
    }
  }

  return {
    entry<T>(resource: Resource<T>): ResourceEntry<T> {
      const known = entries.get(resource.key);
      if (known !== undefined) {
        entries.delete(resource.key);
        entries.set(resource.key, known);
        return known as Entry<T>; // One key is always one resource, and so one type.
      }
      const made = createEntry(resource, { ...options, onError });
      entries.set(resource.key, made as Entry);
      evict();
      return made;
    },
    wake: (event) => {
      for (const entry of entries.values()) entry.wake(event);
    },
    refreshAll: () => {
      for (const entry of entries.values()) entry.wake('refresh');
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      for (const entry of entries.values()) entry.stop();
      entries.clear();
    },
  };
}

function createEntry<T>(resource: Resource<T>, options: ResourceCacheOptions): Entry<T> {
  const { nowMs, onError, isPageVisible = () => true, isPaused = () => false } = options;
  const listeners = new Set<() => void>();
  let running: AbortController | null = null;
  let dueMs = 0;
  const startsVisible = resource.waitsForPanel !== true;
  let isVisible = startsVisible;

  const reload = (): void => {
    dueMs = 0;
    tick();
  };
  const setVisible = (visible: boolean): void => {
    isVisible = visible;
    if (visible) tick();
  };
  let current: Loaded<T> = {
    value: undefined,
    atMs: null,
    error: null,
    isLoading: true,
    isStale: false,
    reload,
    setVisible,
  };

  function update(change: Partial<Loaded<T>>): void {
    current = { ...current, ...change };
    for (const listener of listeners) listener();
  }

  async function ask(): Promise<void> {
    const controller = new AbortController();
    running = controller;
    const askedMs = nowMs();
    if (!current.isLoading && (current.value === undefined || current.error !== null)) update({ isLoading: true });
    try {
      const value = await resource.fetch(controller.signal);
      if (controller.signal.aborted) return;
      update({ value, atMs: askedMs, error: null, isLoading: false, isStale: false });
    } catch (cause) {
      if (controller.signal.aborted) return;
      const error = cause instanceof Error ? cause : new Error(String(cause));
      update({ error, isLoading: false, isStale: current.atMs !== null });
      onError?.(error);
    } finally {
      if (running === controller) running = null;
      // After a failure a fixed range is asked for again too; the interval keeps a dead hub from being hammered.
      const everyMs = resource.everyMs ?? (current.error === null ? Number.POSITIVE_INFINITY : 5000);
      dueMs = askedMs + everyMs;
    }
  }

  function tick(): void {
    if (listeners.size === 0 || (isPaused() && current.atMs !== null && dueMs !== 0)) return;
    const stale = isStale(current, resource.everyMs, nowMs());
    if (stale !== current.isStale) update({ isStale: stale });
    if (running === null && isVisible && isPageVisible() && nowMs() >= dueMs) void ask();
  }

  return {
    key: resource.key,
    subscribe(listener) {
      listeners.add(listener);
      if (listeners.size === 1) tick();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        running?.abort();
        running = null;
        isVisible = startsVisible;
      };
    },
    snapshot: () => current,
    wake(event) {
      const isMeant = event === 'refresh' || event === 'reset' || resource.wakeOn?.includes(event);
      if (isMeant) dueMs = event === 'refresh' ? 0 : Math.min(dueMs, nowMs() + WAKE_DELAY_MS);
    },
    doubt: () => {
      if (resource.everyMs !== null && current.error === null) dueMs = Math.min(dueMs, nowMs());
    },
    tick,
    isUsed: () => listeners.size > 0,
    stop: () => running?.abort(),
  };
}
