import { useSyncExternalStore } from 'react';

const STEP_MS = 1000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** The wall clock, once a second for the whole page: ages and countdowns move together. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, nowInSteps);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const one of listeners) one();
  }, STEP_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const nowInSteps = (): number => Math.floor(Date.now() / STEP_MS) * STEP_MS;
