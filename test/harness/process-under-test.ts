import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { until } from './until.ts';

/** A real program of the product, started by a test. */
export interface ProcessUnderTest extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<number | null>;
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Orderly end; kill -9 after 20 s. */
  stop(): Promise<void>;
}

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Where its output goes; read it when a test fails. */
  readonly logFile: string;
  readonly nodeFlags?: readonly string[];
}

/** Runs a TypeScript or bundled program under this Node. */
export function startProgram(file: string, words: readonly string[], options: ProgramOptions): ProcessUnderTest {
  const flags = ['--conditions=airis-source', ...(options.nodeFlags ?? [])];
  return startCommand(process.execPath, [...flags, file, ...words], options);
}

/** Runs any other program. */
export function startCommand(
  command: string,
  words: readonly string[],
  options: Omit<ProgramOptions, 'nodeFlags'>,
): ProcessUnderTest {
  const child = spawn(command, words, {
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined); // the program may end without reading it
  child.stdin.end(options.input ?? '');
  const log = createWriteStream(options.logFile, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return watched(child);
}

function watched(child: ChildProcess): ProcessUnderTest {
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(insist);
  };
  return {
    pid: child.pid ?? -1,
    ended,
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Process ids below `pid` whose command line holds `text`. */
export async function descendants(pid: number, text: string): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent > 0) parents.set(Number(name), parent);
  }
  const isBelow = (candidate: number | undefined): boolean =>
    candidate !== undefined && candidate > 1 && (parents.get(candidate) === pid || isBelow(parents.get(candidate)));
  const found: number[] = [];
  for (const candidate of parents.keys()) {
    if (!isBelow(candidate)) continue;
    const command = await readFile(`/proc/${candidate}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(text)) found.push(candidate);
  }
  return found;
}

/** Kills one descendant and waits until it is gone. */
export async function killDescendant(pid: number, text: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const victim = await until(
    `a child of ${pid} running ${text}`,
    10_000,
    async () => (await descendants(pid, text))[0],
  );
  process.kill(victim, signal);
  await until(`${text} to be gone`, 10_000, async () => !(await descendants(pid, text)).includes(victim) || undefined);
}
