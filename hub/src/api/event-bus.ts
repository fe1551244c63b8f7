import type { StreamEvent } from './types.ts';

export interface BusEvent {
  /** `<boot>-<n>`: ids of another run of the hub are recognised as such. */
  readonly id: string;
  readonly event: StreamEvent;
}

export interface EventBus {
  publish(event: StreamEvent): void;
  /**
   * Hears everything from now on, and first what was missed since `lastEventId`: the events themselves while the ring
   * holds them, else one `reset`.
   *
   * @returns how to stop
   */
  subscribe(lastEventId: string | null, listener: (event: BusEvent) => void): () => void;
  readonly subscribers: number;
}

/** Events kept for those who come back after a short break. */
const RING_SIZE = 2_000;

/** @param boot - lower-case letters and digits, different at every start */
export function createEventBus(boot: string, ringSize = RING_SIZE): EventBus {
  const ring: BusEvent[] = [];
  const listeners = new Set<(event: BusEvent) => void>();
  let count = 0;

  function missed(lastEventId: string): readonly BusEvent[] | null {
    const [ofBoot, text] = lastEventId.split('-');
    const last = Number(text);
    if (ofBoot !== boot || !Number.isSafeInteger(last) || last > count || last < 0) return null;
    const needed = count - last;
    return needed > ring.length ? null : ring.slice(ring.length - needed);
  }

  return {
    publish(event) {
      count += 1;
      const item = { id: `${boot}-${count}`, event };
      ring.push(item);
      if (ring.length > ringSize) ring.shift();
      for (const listener of listeners) listener(item);
    },
    subscribe(lastEventId, listener) {
      const backlog = lastEventId === null ? [] : missed(lastEventId);
      if (backlog === null) {
        const reset: StreamEvent = { event: 'reset', data: { reason: 'what was missed is no longer held' } };
        listener({ id: `${boot}-${count}`, event: reset });
      }
      for (const item of backlog ?? []) listener(item);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get subscribers() {
      return listeners.size;
    },
  };
}
