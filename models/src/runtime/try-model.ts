import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { ModelProblem } from '../check/check-model.ts';
import type { ModelManifest } from '../export/manifest.ts';
import { quantileOf } from '../quantile.ts';
import type { TrialReply, TrialRequest } from './trial-message.ts';

export interface TrialLimits {
  /** From the start of the process to its answer. */
  readonly wallMs: number;
  /** Resident memory of the process, ONNX Runtime's own 100 MiB included; watched where there is /proc. */
  readonly memoryMiB: number;
}

export interface ModelTrial {
  readonly loadMs: number;
  readonly inferenceMsMedian: number;
  readonly inferenceMsP99: number;
  /** The most that was seen; `null` without /proc. */
  readonly memoryMiB: number | null;
}

export type TrialResult =
  | { readonly ok: true; readonly trial: ModelTrial; readonly problems: readonly ModelProblem[] }
  | { readonly ok: false; readonly problems: readonly ModelProblem[] };

const usualLimits: TrialLimits = { wallMs: 20_000, memoryMiB: 512 };
const WATCH_EVERY_MS = 20;
const PAGES_PER_MIB = 256;

/**
 * Runs a checked model in a process of its own, which gets no environment of ours: it must load, give its golden scores again,
 * and answer in time. The process is killed when it takes longer or more memory than `limits`.
 */
export async function tryModel(
  model: Uint8Array,
  manifest: ModelManifest,
  limits: TrialLimits = usualLimits,
): Promise<TrialResult> {
  const entry = new URL(import.meta.url.endsWith('.ts') ? './trial-worker.ts' : './trial-worker.js', import.meta.url);
  const child = fork(entry, {
    env: { ORT_DISABLE_TELEMETRY: '1' },
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const request: TrialRequest = { model, manifest };
  const watch = watchMemory(child, limits.memoryMiB);
  const timer = setTimeout(() => child.kill('SIGKILL'), limits.wallMs);
  const startMs = performance.now();
  try {
    // A child that is gone already is told of by its exit.
    child.send(request, () => undefined);
    const end = await endOf(child);
    if (end.reply?.kind === 'refused') return failed(end.reply.problem);
    if (end.reply?.kind === 'ran') return ran(end.reply, manifest, watch.mostMiB);
    if (watch.isOver) {
      const message = `it took more than ${limits.memoryMiB} MiB`;
      return failed({ code: 'MODEL_MEMORY', message, hint: 'keep the tensors between its operators small' });
    }
    if (performance.now() - startMs >= limits.wallMs) {
      const message = `it gave no scores within ${limits.wallMs} ms`;
      return failed({ code: 'MODEL_TIMEOUT', message, hint: 'use a smaller model' });
    }
    return failed({ code: 'MODEL_CRASHED', message: `ONNX Runtime ended with ${end.how}`, hint: 'export it again' });
  } finally {
    clearTimeout(timer);
    watch.stop();
    child.kill('SIGKILL');
  }
}

function ran(reply: TrialReply & { kind: 'ran' }, manifest: ModelManifest, memoryMiB: number | null): TrialResult {
  const inferenceMsMedian = quantileOf(reply.inferenceMs, 0.5);
  const trial = {
    loadMs: reply.loadMs,
    inferenceMsMedian,
    inferenceMsP99: quantileOf(reply.inferenceMs, 0.99),
    memoryMiB,
  };
  const allowed = manifest.budget.inferenceMsP99;
  // The median: a busy machine stretches the slowest runs of any model.
  if (inferenceMsMedian <= allowed) return { ok: true, trial, problems: [] };
  const message = `a window takes ${inferenceMsMedian.toFixed(1)} ms, budget.inferenceMsP99 is ${allowed}`;
  return { ok: true, trial, problems: [{ code: 'MODEL_SLOW', message, hint: 'use a smaller model' }] };
}

const failed = (problem: ModelProblem): TrialResult => ({ ok: false, problems: [problem] });

/** The answer, or how the process ended without one. */
function endOf(child: ChildProcess): Promise<{ readonly reply: TrialReply | null; readonly how: string }> {
  return new Promise((resolve) => {
    // The child is our own code; what it sends has the type of its messages.
    child.once('message', (reply) => resolve({ reply: reply as TrialReply, how: '' }));
    child.once('error', (error) => resolve({ reply: null, how: error.message }));
    child.once('exit', (code, signal) => resolve({ reply: null, how: signal ?? `exit code ${code}` }));
  });
}

/** Native memory has no limit that Node could set: the parent looks every 20 ms. */
function watchMemory(child: ChildProcess, limitMiB: number) {
  const seen = { mostMiB: null as number | null, isOver: false };
  const timer = setInterval(() => {
    const nowMiB = residentMiB(child.pid);
    if (nowMiB === null) return;
    seen.mostMiB = Math.max(seen.mostMiB ?? 0, nowMiB);
    if (nowMiB <= limitMiB) return;
    seen.isOver = true;
    child.kill('SIGKILL');
  }, WATCH_EVERY_MS);
  return {
    get mostMiB() {
      return seen.mostMiB;
    },
    get isOver() {
      return seen.isOver;
    },
    stop: () => clearInterval(timer),
  };
}

function residentMiB(pid: number | undefined): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) / PAGES_PER_MIB;
  } catch {
    // Ended, or no Linux.
    return null;
  }
}
