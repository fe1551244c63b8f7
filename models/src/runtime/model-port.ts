import { Worker } from 'node:worker_threads';
import type { ModelPort } from '../detect/edge.ts';
import type { ModelManifest } from '../export/manifest.ts';
import type { WorkerReply, WorkerStart } from './worker-message.ts';

export interface ModelPortOptions {
  readonly model: Uint8Array;
  readonly manifest: ModelManifest;
  /** `worker.ts` here while developing; in a shipped bundle the file that holds it. */
  readonly workerEntry?: string | URL;
  readonly firstRestartMs?: number;
  readonly maxRestartMs?: number;
}

/** A model at work in its own thread. */
export interface RunningModel extends ModelPort, AsyncDisposable {
  /** Resolves when the model runs, is refused, or has crashed once; never rejects: `status().error` says which. */
  settled(): Promise<void>;
  readonly restarts: number;
  readonly dropped: number;
}

const MAX_QUEUE = 8;
const MAX_SCORES = 64;
const LATENCIES = 256;
/** Scoring one window takes well under a millisecond: a worker silent for so long hangs. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Starts the worker and keeps it: a crashed or silent one is replaced, at once the first time, then after 1 s doubling to
 * 60 s. A refused model (hash, golden vectors) is not tried again. At most 8 windows wait; further ones are dropped and
 * counted, since a late score is worth nothing.
 */
export function createModelPort(options: ModelPortOptions): RunningModel {
  const entry =
    options.workerEntry ?? new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
  const firstRestartMs = options.firstRestartMs ?? 1_000;
  const maxRestartMs = options.maxRestartMs ?? 60_000;
  const waiting = new Map<number, { readonly tMs: number; readonly sinceMs: number }>();
  const latencies: number[] = [];
  let scores: { tMs: number; score: number }[] = [];
  let worker: Worker | null = null;
  let error: string | null = null;
  let nextId = 0;
  let dropped = 0;
  let restarts = 0;
  let failuresInRow = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;
  let settle: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });

  function start(): void {
    timer = null;
    const workerData: WorkerStart = { model: options.model, manifest: options.manifest };
    const started = new Worker(entry, { workerData });
    worker = started;
    started.unref();
    started.on('message', (message: WorkerReply) => worker === started && take(message));
    started.on('error', (cause: Error) => worker === started && replace(`worker crashed: ${cause.message}`));
    started.on('exit', (code) => worker === started && replace(`worker exited with ${code}`));
  }

  function take(message: WorkerReply): void {
    if (message.kind === 'ready') {
      error = null;
      settle();
    } else if (message.kind === 'refused') {
      error = message.message.slice(0, 300);
      stopped = true;
      const refusing = worker;
      worker = null;
      void refusing?.terminate();
      settle();
    } else {
      const asked = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.kind === 'failed') error = message.message.slice(0, 300);
      else if (asked !== undefined) {
        error = null;
        failuresInRow = 0;
        scores.push({ tMs: asked.tMs, score: message.score });
        if (scores.length > MAX_SCORES) scores.shift();
        latencies.push(message.inferenceMs);
        if (latencies.length > LATENCIES) latencies.shift();
      }
    }
  }

  function replace(why: string): void {
    const old = worker;
    worker = null;
    waiting.clear();
    error = why.slice(0, 300);
    settle();
    void old?.terminate();
    if (stopped) return;
    restarts += 1;
    failuresInRow += 1;
    const delayMs = failuresInRow === 1 ? 0 : Math.min(maxRestartMs, firstRestartMs * 2 ** (failuresInRow - 2));
    timer = setTimeout(start, delayMs);
    timer.unref();
  }

  start();
  return {
    manifest: options.manifest,

    submit(window, tMs) {
      const nowMs = performance.now();
      for (const { sinceMs } of waiting.values()) {
        if (nowMs - sinceMs > ANSWER_WITHIN_MS) {
          replace('worker does not answer');
          break;
        }
      }
      if (worker === null || stopped || waiting.size >= MAX_QUEUE) {
        dropped += 1;
        return;
      }
      const id = nextId++;
      waiting.set(id, { tMs, sinceMs: nowMs });
      // A plain ArrayBuffer moves; anything else (a shared or pooled one) is copied.
      const own = window.byteLength === window.buffer.byteLength && window.buffer instanceof ArrayBuffer;
      const moved = own ? window : window.slice();
      worker.postMessage({ kind: 'score', id, window: moved }, [moved.buffer as ArrayBuffer]);
    },

    takeScores() {
      const taken = scores;
      scores = [];
      return taken;
    },

    status: () => ({ inferenceMsP99: percentile99(latencies), error }),
    settled: () => settled,
    get restarts() {
      return restarts;
    },
    get dropped() {
      return dropped;
    },

    async [Symbol.asyncDispose]() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      const old = worker;
      worker = null;
      await old?.terminate();
      settle();
    },
  };
}

function percentile99(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(0.99 * sorted.length))]!;
}
