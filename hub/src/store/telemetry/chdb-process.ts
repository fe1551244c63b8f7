import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HubError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type ServerReport, type StartOrder, serverReport } from './chdb-report.ts';

export interface ChdbProcess {
  readonly port: number;
  readonly pid: number;
  /** Resolves when the process has ended, however it did. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Longest wait for a folder that an ending process still holds (an orphan dies with its parent, within moments). */
const LOCK_WAIT_MS = 8_000;
const READY_MS = 30_000;
const STOP_MS = 7_000;

/** Starts the embedded store's process and waits until it answers. */
export async function startChdbProcess(order: StartOrder, log: Log): Promise<ChdbProcess> {
  const deadline = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    const child = spawnServer(order);
    forwardErrors(child, log);
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const report = await firstReport(child);
    if (report.kind === 'ready') {
      return { port: report.port, pid: child.pid!, ended, stop: () => stop(child, ended) };
    }
    await stop(child, ended);
    if (report.reason !== 'locked' || Date.now() > deadline) throw startError(order, report);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function spawnServer(order: StartOrder): ChildProcess {
  // Beside this file, in whichever form this file runs; it needs nothing but its own imports.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const entry = fileURLToPath(new URL(`./chdb-server.${extension}`, import.meta.url));
  const child = spawn(process.execPath, [entry], {
    // Every running query holds one libuv thread; with the default of four, file access would wait for queries.
    env: { PATH: process.env.PATH, TZ: 'UTC', UV_THREADPOOL_SIZE: '16' },
    stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
  });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(`${JSON.stringify(order)}\n`);
  return child;
}

function firstReport(child: ChildProcess): Promise<ServerReport> {
  return new Promise((resolve) => {
    const failed = (detail: string) => resolve({ kind: 'failed', reason: 'other', detail });
    const timer = setTimeout(() => failed(`not ready within ${READY_MS} ms`), READY_MS);
    child.once('message', (message) => {
      clearTimeout(timer);
      const parsed = serverReport.safeParse(message);
      resolve(parsed.success ? parsed.data : { kind: 'failed', reason: 'other', detail: 'unreadable report' });
    });
    child.once('error', (error) => failed(error.message));
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      failed(`ended with ${signal ?? code} before it was ready`);
    });
  });
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

/** The engine writes to standard error when it crashes; the last lines of it are worth having, all of them are not. */
function forwardErrors(child: ChildProcess, log: Log): void {
  let lines = 0;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) {
      if (line.trim() === '' || lines >= 50) continue;
      lines += 1;
      log.warn('telemetry.stderr', line.slice(0, 500));
    }
  });
}

function startError(order: StartOrder, report: Extract<ServerReport, { kind: 'failed' }>): HubError {
  if (report.reason === 'locked') {
    return new HubError(
      'TELEMETRY_LOCKED',
      `the telemetry store in ${order.dataDir} is in use by another process`,
      'stop the other hub on this data folder, or give this one its own AIRIS_DATA_DIR',
      { cause: report.detail },
    );
  }
  return new HubError(
    'TELEMETRY_UNAVAILABLE',
    `the telemetry store did not start: ${report.detail}`,
    'look at the lines above; the folder must be writable and the machine needs about 1 GB of free memory',
  );
}
