import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { endOrphan } from '../../hub/src/supervise-orphan.ts';
import { withParentDeathSignal } from '../../hub/src/supervise-parent-death.ts';
import { keepLog } from '../child-log.ts';

/** What runs as one tier of the shop. */
export interface TierCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Holds the pid while it runs: the root of its agent's scope. */
  readonly pidFile: string;
  readonly logFile: string;
  /** A text that only this process has on its command line: guards against a reused pid. */
  readonly mark: string;
  /** How it is asked to end; databases are quickest by SIGINT. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** Give it a channel for messages; what it says there. */
  readonly channel?: { readonly onMessage?: (message: unknown) => void };
  /** Killed by hand, it is brought back after this long. Default 20 s: long enough to be noticed. */
  readonly backAfterMs?: number;
  /** Where parent death is asked for by the command itself (it changes its credentials first). */
  readonly asksParentDeathItself?: boolean;
  readonly isReady: () => Promise<boolean>;
  /** Once nothing of an earlier run is left, before each start. */
  readonly prepare?: () => Promise<void>;
}

export interface TierProcess extends AsyncDisposable {
  state(): 'starting' | 'running' | 'stopped';
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Killed as a crash would; nobody brings it back until `start`. */
  kill(): Promise<void>;
  send(message: object): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 8_000;
const BACK_AFTER_MS = 20_000;

export function createTierProcess(tier: TierCommand, say: (text: string) => void): TierProcess {
  const { backAfterMs = BACK_AFTER_MS } = tier;
  let child: ChildProcess | null = null;
  let state: 'starting' | 'running' | 'stopped' = 'stopped';
  let isWanted = false;
  let back: NodeJS.Timeout | null = null;

  async function start(): Promise<void> {
    if (back !== null) clearTimeout(back);
    back = null;
    isWanted = true;
    if (state !== 'stopped') return;
    state = 'starting';
    await endOrphan(tier.pidFile, tier.mark, quietLog);
    await tier.prepare?.();
    const { command, args } =
      tier.asksParentDeathItself === true ? tier : withParentDeathSignal(tier.command, tier.args, 'TERM');
    const started = spawn(command, [...args], {
      env: { ...process.env, ...tier.env },
      stdio: ['ignore', 'pipe', 'pipe', ...(tier.channel === undefined ? [] : (['ipc'] as const))],
      // Ctrl-C is for the one who started the shop; it stops the tiers in order.
      detached: true,
    });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      if (stream !== null) keepLog(tier.name, stream, tier.logFile, false);
    if (tier.channel?.onMessage !== undefined) started.on('message', tier.channel.onMessage);
    const failed = new Promise<never>((_, reject) => {
      started.once('error', reject);
      started.once('exit', (code, signal) => {
        if (child === started) child = null;
        endGroup(started.pid);
        noteEnd(code, signal);
        reject(new Error(`${tier.name} ended (${signal ?? `exit ${code}`}); see ${tier.logFile}`));
      });
    });
    failed.catch(() => undefined); // told by whoever waits below, or by noteEnd
    if (started.pid !== undefined) writeFileSync(tier.pidFile, `${started.pid}\n`);
    try {
      await Promise.race([failed, untilReady(tier)]);
    } catch (error) {
      await endChild('SIGKILL');
      throw error;
    }
    state = 'running';
  }

  function noteEnd(code: number | null, signal: NodeJS.Signals | null): void {
    const wasRunning = state === 'running';
    state = 'stopped';
    rmSync(tier.pidFile, { force: true });
    if (!isWanted || !wasRunning) return;
    say(`${tier.name} ended (${signal ?? `exit ${code}`}); it is started again in ${backAfterMs / 1_000} s`);
    bringBack();
  }

  function bringBack(): void {
    back = setTimeout(() => {
      start().catch((error: unknown) => {
        say(`${tier.name} cannot be started again: ${String(error)}`);
        if (isWanted) bringBack();
      });
    }, backAfterMs);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    isWanted = false;
    if (back !== null) clearTimeout(back);
    await endChild(signal);
  }

  async function endChild(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((done) => ending.once('close', done));
    ending.kill(signal);
    const insist = setTimeout(() => ending.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone;
    clearTimeout(insist);
  }

  return {
    state: () => state,
    start,
    stop: () => end(tier.stopSignal ?? 'SIGTERM'),
    kill: () => end('SIGKILL'),
    send: (message) =>
      new Promise((done, failed) => {
        if (child === null || !child.connected) failed(new Error(`${tier.name} does not run`));
        else child.send(message, (error) => (error === null ? done() : failed(error)));
      }),
    [Symbol.asyncDispose]: () => end(tier.stopSignal ?? 'SIGTERM'),
  };
}

/** Workers of a killed master live on and keep its port; the whole group was this tier's. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left of it, which is the usual case.
  }
}

async function untilReady({ name, isReady }: TierCommand): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    if (await isReady().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 150));
  }
  throw new Error(`${name} did not answer within ${READY_WITHIN_MS / 1_000} s`);
}

/** What is left of an earlier shop ends without a word. */
const quietLog = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };

/** Answers with a status below 500. */
export async function answersHttp(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) });
  await answer.arrayBuffer();
  return answer.status < 500;
}
