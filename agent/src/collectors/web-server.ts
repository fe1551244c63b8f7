import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { readProcess } from '../discover/host-evidence.ts';
import type { WebServerInstance } from '../discover/web-server.ts';
import type { FileTail } from '../receivers/file-tail.ts';
import type { LoggedTransaction } from './access-line.ts';
import { accessLogBuffer, followAccessLog } from './follow-access-log.ts';
import type { Host } from './host.ts';

/** Settings of a collector that finds web servers by itself. */
export const webServerConfig = (servers: string) =>
  z.strictObject({
    timeoutMs: z.int().min(50).max(10_000).default(500).describe('a status page that answers later counts as silent'),
    searchEveryMs: z.int().min(1_000).default(30_000).describe(`how often the host is searched for running ${servers}`),
    accessLogs: z.boolean().default(true).describe('also count requests from access logs that may be read'),
    leaveLogs: z
      .array(z.string().min(1).max(1_024))
      .max(64)
      .default([])
      .describe('access logs that are read otherwise; those given to access-log are left alone anyway'),
  });
export type WebServerConfig = z.output<ReturnType<typeof webServerConfig>>;

const anyConfig = webServerConfig('web servers');

/** The settings, with logs added that it leaves alone. */
export function leavingLogs(settings: unknown, paths: readonly string[]): z.input<typeof anyConfig> {
  const parsed = anyConfig.parse(settings ?? {});
  return { ...parsed, leaveLogs: [...parsed.leaveLogs, ...paths] };
}

/** A master that is gone is looked for anew so soon: it may have been restarted. */
const LOST_SEARCH_MS = 2_000;
/** Servers of one kind that series tell apart. */
export const INSTANCES = 8;
const LOGS = 32;

export interface WebServerWatchOptions {
  find(host: Host): Promise<readonly WebServerInstance[]>;
  /** How lines of such a format are read; `null` for one that says too little. */
  compile(format: string): ((line: string) => LoggedTransaction | null) | null;
  /** A line of an access log; `null` for one that cannot be read. */
  onRequest(request: LoggedTransaction | null, nowMs: number): void;
}

/** The running servers of one kind, looked for now and then, and their access logs, followed from their ends. */
export class WebServerWatch {
  readonly #options: WebServerWatchOptions;
  readonly #tails = new Map<string, FileTail>();
  readonly #buffer = accessLogBuffer();
  #instances: readonly WebServerInstance[] = [];
  #searchedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: WebServerWatchOptions) {
    this.#options = options;
  }

  get statusUrls(): readonly string[] {
    return this.#instances.flatMap(({ statusUrl }) => statusUrl ?? []);
  }

  get isFollowing(): boolean {
    return this.#tails.size > 0;
  }

  /** Searches when it is time. */
  async search(host: Host, { searchEveryMs, accessLogs, leaveLogs }: WebServerConfig): Promise<void> {
    const isLost = this.#instances.some(
      ({ master }) => readProcess(host, master.pid)?.startTicks !== master.startTicks,
    );
    if (Math.abs(host.nowMs() - this.#searchedAtMs) < (isLost ? LOST_SEARCH_MS : searchEveryMs)) return;
    this.#searchedAtMs = host.nowMs();
    this.#instances = await this.#options.find(host);
    if (accessLogs) await this.#follow(host, leaveLogs);
  }

  async pollLogs(): Promise<void> {
    for (const tail of this.#tails.values()) await tail.poll();
  }

  async close(): Promise<void> {
    for (const tail of this.#tails.values()) await tail.close();
    this.#tails.clear();
  }

  /** A log that no instance writes any more is let go. */
  async #follow(host: Host, leaveLogs: readonly string[]): Promise<void> {
    const left = new Set(await Promise.all(leaveLogs.map(realPath)));
    const wanted = new Map<string, string>();
    for (const { path, format } of this.#instances.flatMap((instance) => instance.accessLogs)) {
      if (!left.has(await realPath(path))) wanted.set(path, format);
    }
    for (const [path, tail] of this.#tails) {
      if (wanted.has(path)) continue;
      await tail.close();
      this.#tails.delete(path);
    }
    for (const [path, format] of wanted) {
      const read = this.#options.compile(format);
      if (this.#tails.has(path) || this.#tails.size >= LOGS || read === null) continue;
      const onLine = (line: string): void => {
        const request = read(line);
        if (request?.path != null && this.#isStatusPage(request.path)) return;
        this.#options.onRequest(request, host.nowMs());
      };
      this.#tails.set(
        path,
        followAccessLog({ path, onLine, buffer: this.#buffer, nowMs: host.nowMs, mayRead: host.mayRead }),
      );
    }
  }

  /** Asking for the status page every second is no traffic of the site. */
  #isStatusPage(path: string): boolean {
    return this.statusUrls.some((url) => new URL(url).pathname === path);
  }
}

/** Where a log really lies: it may be named through a link. */
const realPath = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
