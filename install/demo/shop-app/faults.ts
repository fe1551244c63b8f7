import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { AppOrder } from '../faults/fault.ts';
import type { Store } from './store.ts';

/** What is wrong inside the app now. */
export interface AppFaults {
  isSlow(): boolean;
  apply(order: AppOrder): void;
  end(): void;
}

export function createAppFaults(store: Store): AppFaults {
  const active = new Map<AppOrder['fault'], () => void>();
  const begin: Readonly<Record<AppOrder['fault'], () => () => void>> = {
    'slow-statement': () => () => undefined,
    'pool-leak': () => store.leak(),
    'cpu-burn': burnCpu,
    'memory-leak': leakMemory,
  };
  return {
    isSlow: () => active.has('slow-statement'),
    apply({ fault, on }) {
      if (on && !active.has(fault)) active.set(fault, begin[fault]());
      if (on) return;
      active.get(fault)?.();
      active.delete(fault);
    },
    end() {
      for (const mend of active.values()) mend();
      active.clear();
    },
  };
}

/** One thread that never ends; requests go on beside it. */
function burnCpu(): () => void {
  const worker = new Worker('for (;;) {}', { eval: true });
  return () => void worker.terminate();
}

/** In a process of the app's own, so that the memory is really gone when the fault is over. */
function leakMemory(): () => void {
  const holder: ChildProcess = fork(join(import.meta.dirname, 'leak-process.ts'), { stdio: 'ignore' });
  return () => void holder.kill('SIGKILL');
}
