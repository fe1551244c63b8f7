/**
 * Entry of the telemetry store's own process: embedded ClickHouse behind ClickHouse's HTTP interface on loopback.
 * It is told what to do in one line of JSON on standard input (the password must not be seen in a process list), says
 * `ready` or `failed` over IPC, and ends when its parent does.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createChdbFront, frontLimits } from './chdb-front.ts';
import { incomingFolder, type ServerReport, type StartOrder, startOrder } from './chdb-report.ts';
import { createSessionPool, type SessionPool } from './session-pool.ts';

/** Longest wait for running queries when asked to stop; what is cut off is retried by the caller under its token. */
const STOP_MS = 5_000;

class StartFailure extends Error {
  readonly reason: Extract<ServerReport, { kind: 'failed' }>['reason'];
  constructor(reason: StartFailure['reason'], detail: string) {
    super(detail);
    this.reason = reason;
  }
}

async function main(): Promise<void> {
  const order = startOrder.parse(JSON.parse(await readLine()));
  const bodyDir = incomingFolder(order.dataDir);
  const pool = openPool(order);
  writeFileSync(pidFile(order.dataDir), String(process.pid), { mode: 0o600 });
  rmSync(bodyDir, { recursive: true, force: true });
  mkdirSync(bodyDir, { recursive: true, mode: 0o700 });

  const { username, password } = order;
  const server = createServer(createChdbFront({ pool, username, password, bodyDir, limits: frontLimits }));
  server.requestTimeout = frontLimits.requestSeconds * 1_000;
  server.keepAliveTimeout = 60_000;
  server.maxConnections = 128;
  const port = await listen(server, order.port);
  process.send?.({ kind: 'ready', port } satisfies ServerReport);

  process.on('SIGTERM', () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_MS).unref();
    server.close(() => {
      pool.close();
      process.exit(0);
    });
    server.closeIdleConnections();
  });
}

function openPool(order: StartOrder): SessionPool {
  mkdirSync(order.dataDir, { recursive: true, mode: 0o700 });
  try {
    return createSessionPool(
      join(order.dataDir, 'data'),
      [
        `--max_server_memory_usage=${order.memoryBytes}`,
        `--mark_cache_size=${Math.round(order.memoryBytes / 15)}`,
        '--background_pool_size=2',
        '--background_schedule_pool_size=4',
      ],
      { read: 4, write: 3 },
    );
  } catch (thrown) {
    const holder = livingHolder(order.dataDir);
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    throw holder === null ? new StartFailure('other', text) : new StartFailure('locked', `held by process ${holder}`);
  }
}

const pidFile = (dataDir: string): string => join(dataDir, 'server.pid');

/** The engine does not say why it cannot open a folder; whether somebody lives there, its pid file does. */
function livingHolder(dataDir: string): number | null {
  try {
    const pid = Number(readFileSync(pidFile(dataDir), 'utf8'));
    if (!Number.isInteger(pid) || pid <= 0) return null;
    process.kill(pid, 0);
    return pid;
  } catch {
    // No file, or nobody of that number: the folder has no holder.
    return null;
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new StartFailure(error.code === 'EADDRINUSE' ? 'port-taken' : 'other', error.message)),
    );
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new StartFailure('other', 'no port'));
      else resolve(address.port);
    });
  });
}

async function readLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  throw new StartFailure('other', 'standard input ended before the start order');
}

function fail(thrown: unknown): void {
  const reason = thrown instanceof StartFailure ? thrown.reason : 'other';
  const detail = (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, 1_000);
  process.send?.({ kind: 'failed', reason, detail } satisfies ServerReport, () => process.exit(1));
}

// The hub orders the stop; Ctrl-C reaches the whole group and must not end the store before ingest has.
process.on('SIGINT', () => undefined);
// The parent is gone: nobody waits for an answer, and the next start needs the data folder.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
main().catch(fail);
