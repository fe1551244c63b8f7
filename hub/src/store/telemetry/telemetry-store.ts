import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { errorText, HubError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type ArrowInsert, createArrowInsert } from './arrow-insert.ts';
import { type ChdbProcess, startChdbProcess } from './chdb-process.ts';
import { incomingFolder, type StartOrder } from './chdb-report.ts';
import { createDiskGuard, type DiskGuard } from './disk-guard.ts';
import { type EngineDialect, singleNode } from './engine.ts';
import { migrateTelemetry } from './migrate.ts';
import { defaultRetention, type Retention } from './retention.ts';

export interface TelemetryOptions {
  /** Folder of the embedded store; unused with `url`. */
  readonly dataDir: string;
  readonly log: Log;
  /** An existing ClickHouse, user and password included; without it an embedded one is started. */
  readonly url?: string | undefined;
  /** With `url`: the incoming folder, where that store is another hub's embedded one on this machine. */
  readonly incoming?: string;
  readonly retention?: Retention;
  readonly dialect?: EngineDialect;
  /** Memory the embedded engine may take in all; queries beyond are refused. */
  readonly memoryBytes?: number;
}

export interface TelemetryStatus {
  readonly ok: boolean;
  readonly detail: string;
  readonly restarts: number;
}

/** The telemetry store as the rest of the hub sees it: ClickHouse's HTTP interface, wherever it runs. */
export interface TelemetryStore extends AsyncDisposable {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly client: ClickHouseClient;
  /** Folder through which `insertArrow` hands its streams over; null where they go over HTTP. */
  readonly incoming: string | null;
  /** Inserts one Arrow IPC stream as one block, once per token. Throws `ArrowInsertError` with the engine's code. */
  readonly insertArrow: ArrowInsert;
  readonly diskGuard: DiskGuard;
  status(): TelemetryStatus;
  /** Process id of the embedded engine, for the pid file and for fault tests; null with an external one. */
  readonly pid: number | null;
}

const RESTART_DELAYS_MS = [0, 500, 1_000, 2_000, 5_000];

export async function startTelemetryStore(options: TelemetryOptions): Promise<TelemetryStore> {
  const dialect = options.dialect ?? singleNode;
  const retention = options.retention ?? defaultRetention;
  const place = options.url === undefined ? await embedded(options) : external(options.url, options.incoming ?? null);
  const { username, password } = place;
  const client = createClient({
    url: place.url,
    username,
    password,
    max_open_connections: 12,
    request_timeout: 60_000,
    keep_alive: { idle_socket_ttl: 2_500 },
    application: 'airis-hub',
    // Whoever asks gets the error, and logs it where it is handled.
    log: { level: ClickHouseLogLevel.OFF },
  });
  try {
    await migrateTelemetry(client, { dialect, retention, log: options.log });
  } catch (cause) {
    await client.close();
    await place.stop();
    throw cause instanceof HubError
      ? cause
      : new HubError(
          'TELEMETRY_UNAVAILABLE',
          `telemetry store at ${place.url}: ${errorText(cause)}`,
          'check its URL, user and password',
          { cause },
        );
  }
  const { incoming } = place;
  const arrow = createArrowInsert({ url: place.url, username, password, incoming });
  return {
    url: place.url,
    username,
    password,
    client,
    incoming,
    insertArrow: arrow.insert,
    diskGuard: createDiskGuard(client, options.log),
    status: place.status,
    get pid() {
      return place.pid();
    },
    async [Symbol.asyncDispose]() {
      arrow.close();
      await client.close();
      await place.stop();
    },
  };
}

interface Place {
  readonly incoming: string | null;
  readonly url: string;
  readonly username: string;
  readonly password: string;
  pid(): number | null;
  status(): TelemetryStatus;
  stop(): Promise<void>;
}

function external(address: string, incoming: string | null): Place {
  const url = new URL(address);
  const username = decodeURIComponent(url.username) || 'default';
  const password = decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  return {
    url: url.href.replace(/\/$/, ''),
    incoming,
    username,
    password,
    pid: () => null,
    status: () => ({ ok: true, detail: 'external ClickHouse', restarts: 0 }),
    stop: () => Promise.resolve(),
  };
}

/** Starts the embedded engine and starts it again when it dies, on the same port and with the same password. */
async function embedded(options: TelemetryOptions): Promise<Place> {
  const { log } = options;
  const order = (port: number): StartOrder => ({
    dataDir: join(options.dataDir, 'chdb'),
    port,
    username: 'airis',
    password,
    memoryBytes: options.memoryBytes ?? 1_500_000_000,
  });
  const password = randomBytes(24).toString('base64url');
  const first = await startChdbProcess(order(0), log);
  const { port } = first;
  let current: ChdbProcess | null = first;
  let restarts = 0;
  let isStopping = false;

  const supervise = async (process: ChdbProcess): Promise<void> => {
    await process.ended;
    current = null;
    for (let attempt = 0; !isStopping; attempt += 1) {
      restarts += 1;
      log.warn('telemetry.restart', 'the telemetry store ended and is started again', { restarts });
      await new Promise((resolve) => setTimeout(resolve, RESTART_DELAYS_MS[Math.min(attempt, 4)]));
      try {
        const next = await startChdbProcess(order(port), log);
        if (isStopping) return await next.stop();
        current = next;
        return await supervise(next);
      } catch (thrown) {
        log.error('telemetry.restart-failed', errorText(thrown));
      }
    }
  };
  const supervision = supervise(first);

  return {
    url: `http://127.0.0.1:${port}`,
    incoming: incomingFolder(order(port).dataDir),
    username: 'airis',
    password,
    pid: () => current?.pid ?? null,
    status: () => ({ ok: current !== null, detail: current === null ? 'restarting' : 'embedded ClickHouse', restarts }),
    async stop() {
      isStopping = true;
      await current?.stop();
      await supervision;
    },
  };
}
