import { type ChildProcess, spawn } from 'node:child_process';
import { keepLog } from './child-log.ts';

/** A program that `npm start` keeps running. */
export interface Child {
  /** Resolves with the exit code once it has ended for good. */
  readonly ended: Promise<number>;
  /** Asks for an orderly end, insists after 15 s; resolves with the exit code. */
  stop(): Promise<number>;
}

export interface ChildOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Started again when killed or crashed; an ordinary exit with code 0 or 2 is final. Default true. */
  readonly restart?: boolean;
  /** Where what it prints is kept; without it everything goes to this terminal. */
  readonly logFile?: string;
  /** Written to its standard input, which then ends: the way a secret reaches a program unseen by process lists. */
  readonly input?: string;
}

const STOP_TIMEOUT_MS = 15_000;
/** A child that lived this long starts again at once; one that dies sooner waits twice as long each time, up to 30 s. */
const HEALTHY_AFTER_MS = 10_000;
const LONGEST_PAUSE_MS = 30_000;

export function startChild(name: string, program: string, args: readonly string[], options: ChildOptions): Child {
  let current: ChildProcess;
  let isStopping = false;
  let hasWorked = false;
  let pauseMs = 0;
  const { promise: ended, resolve } = Promise.withResolvers<number>();

  const launch = (): void => {
    const startedAt = performance.now();
    // A process group of its own: Ctrl-C reaches only `npm start`, which stops its children in order.
    const output = options.logFile === undefined ? 'inherit' : 'pipe';
    const input = options.input === undefined ? 'ignore' : 'pipe';
    current = spawn(program, args, { env: options.env, stdio: [input, output, output], detached: true });
    for (const stream of [current.stdout, current.stderr]) {
      if (stream !== null && options.logFile !== undefined)
        keepLog(name, stream, options.logFile, stream === current.stderr);
    }
    current.stdin?.end(options.input);
    current.on('error', (error) => process.stderr.write(`  ✗ ${name}: ${error.message}\n`));
    current.on('close', (code, signal) => {
      const livedMs = performance.now() - startedAt;
      // It never came up and said why itself: starting it again would only repeat the message.
      const neverWorked = !hasWorked && code !== null && livedMs < HEALTHY_AFTER_MS;
      hasWorked ||= livedMs >= HEALTHY_AFTER_MS;
      const isFinal = isStopping || options.restart === false || code === 0 || code === 2 || neverWorked;
      if (isFinal) return resolve(code ?? 1);
      pauseMs = livedMs >= HEALTHY_AFTER_MS ? 0 : Math.min(LONGEST_PAUSE_MS, pauseMs * 2 || 500);
      process.stderr.write(`  ! ${name} ended (${signal ?? `exit ${code}`}), starting it again\n`);
      setTimeout(() => (isStopping ? resolve(1) : launch()), pauseMs);
      return undefined;
    });
  };
  launch();

  return {
    ended,
    async stop() {
      isStopping = true;
      current.kill('SIGTERM');
      const insist = setTimeout(() => current.kill('SIGKILL'), STOP_TIMEOUT_MS);
      if (current.exitCode !== null || current.signalCode !== null) resolve(current.exitCode ?? 1);
      const code = await ended;
      clearTimeout(insist);
      return code;
    },
  };
}
