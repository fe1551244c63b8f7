import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { createBackoff } from '@airis/protocol';
import { errorText, HubError } from './errors.ts';
import type { Log } from './log.ts';
import { endOrphan } from './supervise-orphan.ts';
import { withParentDeathSignal } from './supervise-parent-death.ts';

export interface SuperviseOptions {
  /** Names the child in logs and errors. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Where the child's pid is kept, so that the next start finds one whose hub was killed. */
  readonly pidFile: string;
  /** A text that only this child's command line has (its configuration file): guards against a reused pid. */
  readonly mark: string;
  readonly onLine: (line: string) => void;
  /** Resolves when the child serves; asked after every start. Rejects when the signal does. */
  readonly waitUntilReady: (signal: AbortSignal) => Promise<void>;
  readonly readyTimeoutMs: number;
  /** After SIGTERM the child has this long before SIGKILL. */
  readonly stopTimeoutMs: number;
  readonly log: Log;
}

export interface SupervisedChild extends AsyncDisposable {
  pid(): number | null;
  isReady(): boolean;
  /** Ends the child, as politely as at the end; it is then started again as after any exit. */
  restart(): void;
  /** Times it was started again since `superviseChild`. */
  restarts(): number;
}

/** A child that served this long has recovered: the next failure is a first one again. */
const STEADY_MS = 60_000;
/** After the first restart, which is immediate. */
const RESTART_BACKOFF = { firstMs: 500, limitMs: 5_000 } as const;
const KEPT_LINES = 20;

/**
 * Starts a child and keeps it running. Resolves once it serves; rejects where the first start fails, since then a
 * setting is wrong and a restart would only repeat it.
 */
export async function superviseChild(options: SuperviseOptions): Promise<SupervisedChild> {
  const { name, log } = options;
  await endOrphan(options.pidFile, options.mark, log);
  const wrapped = withParentDeathSignal(options.command, options.args);
  const stopping = new AbortController();
  let running: Run | null = null;
  let ready = false;
  let restarts = 0;

  /** One life of the child, until it has ended. */
  async function live(onServing: () => void): Promise<string> {
    const run = launch(options, wrapped);
    running = run;
    const timeout = AbortSignal.timeout(options.readyTimeoutMs);
    const ended = new AbortController();
    void run.ended.then(() => ended.abort());
    try {
      const given = AbortSignal.any([timeout, ended.signal, stopping.signal]);
      await Promise.race([options.waitUntilReady(given), rejectedBy(given)]);
      ready = true;
      onServing();
    } catch (cause) {
      if (!timeout.aborted || ended.signal.aborted) return await run.ended;
      await end(run.child, options.stopTimeoutMs);
      await run.ended;
      return `not ready within ${options.readyTimeoutMs} ms (${errorText(cause)}); last lines: ${run.lastLines()}`;
    }
    const how = await run.ended;
    ready = false;
    return how;
  }

  async function keepAlive(firstLife: Promise<string>): Promise<void> {
    const backoff = createBackoff(RESTART_BACKOFF, Math.random);
    let failures = 0;
    let life = firstLife;
    let startedAt = performance.now();
    for (;;) {
      const how = await life;
      ready = false;
      if (stopping.signal.aborted) return;
      if (performance.now() - startedAt > STEADY_MS) {
        failures = 0;
        backoff.reset();
      }
      failures++;
      const waitMs = failures === 1 ? 0 : Math.round(backoff.fail());
      log.warn('CHILD_EXITED', `${name} ended, starting it again`, {
        child: name,
        how,
        waitMs,
        restarts: restarts + 1,
      });
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined); // stopping ends the wait
      if (stopping.signal.aborted) return;
      restarts++;
      startedAt = performance.now();
      life = live(() => log.info('CHILD_READY', `${name} serves again`, { child: name, restarts }));
    }
  }

  const serving = Promise.withResolvers<void>();
  const firstLife = live(serving.resolve);
  const failed = await Promise.race([serving.promise.then(() => null), firstLife]);
  if (failed !== null && !ready) {
    rmSync(options.pidFile, { force: true });
    throw new HubError(
      'CHILD_EXITED',
      `${name} did not start: ${failed}`,
      'the lines above say why; correct it and start again',
    );
  }
  const kept = keepAlive(firstLife);

  return {
    pid: () => running?.child.pid ?? null,
    isReady: () => ready,
    restarts: () => restarts,
    restart() {
      if (running !== null) void end(running.child, options.stopTimeoutMs);
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      if (running !== null) await end(running.child, options.stopTimeoutMs);
      await kept;
      rmSync(options.pidFile, { force: true });
    },
  };
}

interface Run {
  readonly child: ChildProcess;
  /** Says how it ended; never rejects. */
  readonly ended: Promise<string>;
  lastLines(): string;
}

function launch(options: SuperviseOptions, wrapped: { command: string; args: readonly string[] }): Run {
  const child = spawn(wrapped.command, wrapped.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    // A group of its own: Ctrl-C in a terminal reaches this process alone, which then ends its children in order.
    detached: true,
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line.slice(0, 500));
      if (lines.length > KEPT_LINES) lines.shift();
      options.onLine(line);
    });
  }
  if (child.pid !== undefined) writeFileSync(options.pidFile, `${child.pid}\n`);
  const lastLines = () => lines.slice(-5).join(' | ');
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`${signal ?? `exit ${code}`}; last lines: ${lastLines()}`));
  });
  return { child, ended, lastLines };
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_never, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

async function end(child: ChildProcess, timeoutMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  await exited;
  clearTimeout(killer);
}
