import type { Host } from '../collectors/host.ts';
import { type HostEvidence, portsHeldBy, type RunningProcess } from './host-evidence.ts';
import type { AccessLog } from './nginx-facts.ts';
import type { Upstream } from './nginx-upstreams.ts';
import type { FoundRole } from './role-definition.ts';

/** One running web server and where to look at it. */
export interface WebServerInstance {
  readonly master: RunningProcess;
  readonly version: string | null;
  readonly configPath: string | null;
  readonly configFiles: readonly string[];
  /** Ports it listens on now. */
  readonly ports: readonly number[];
  readonly statusUrl: string | null;
  readonly accessLogs: readonly AccessLog[];
  readonly upstreams: readonly Upstream[];
}

const BINARY_BYTES_LIMIT = 16 * 1024 * 1024;
const PAGES_ASKED = 4;

/** A program's file as text, for what it would say of itself when run; empty where it may not be read. */
export async function programText(host: Host, path: string | null): Promise<string> {
  if (path === null) return '';
  try {
    return Buffer.from(await host.readBytes(path, BINARY_BYTES_LIMIT)).toString('latin1');
  } catch {
    // Not readable for this user: the usual paths stand in for what it would say.
    return '';
  }
}

/** What its processes hold, else what of the configuration somebody listens on. */
export async function listeningPorts(
  evidence: HostEvidence,
  pids: readonly number[],
  configured: readonly number[] = [80, 443],
): Promise<readonly number[]> {
  const held = await portsHeldBy(evidence, pids);
  const listening = new Set((await evidence.listeners()).map(({ port }) => port));
  return held.length > 0 ? held : configured.filter((port) => listening.has(port));
}

/** First page that answers like a status page. */
export async function reachablePage(
  host: Host,
  urls: readonly string[],
  maxBytes: number,
  isStatus: (text: string) => boolean,
): Promise<string | null> {
  for (const url of urls.slice(0, PAGES_ASKED)) {
    try {
      const answer = await host.http?.(url, { timeoutMs: 1_000, maxBytes });
      if (answer?.status === 200 && isStatus(answer.text)) return url;
    } catch {
      // Not reachable: the next page, or none. That there is no page shows in the role's evidence.
    }
  }
  return null;
}

/** @param process - how its first process is called, without the pid */
export function webServerRole(name: string, process: string, instance: WebServerInstance): FoundRole {
  const { master, configPath, configFiles, ports, statusUrl, accessLogs } = instance;
  const port = ports[0];
  return {
    key: configPath ?? (port === undefined ? name : `port ${port}`),
    process: master,
    ports,
    configPath,
    configFiles,
    calls: instance.upstreams,
    role: {
      name,
      tier: 'web',
      version: instance.version,
      state: 'running',
      evidence: [
        { kind: 'process', text: `${process}, pid ${master.pid}` },
        ...ports.slice(0, 6).map((number) => ({ kind: 'listener' as const, text: `listens on tcp port ${number}` })),
        ...(configPath === null ? [] : [{ kind: 'config' as const, text: configPath.slice(0, 300) }]),
        ...(statusUrl === null ? [] : [{ kind: 'status-page' as const, text: statusUrl.slice(0, 300) }]),
        ...accessLogs.slice(0, 4).map((log) => ({ kind: 'log' as const, text: log.path.slice(0, 300) })),
      ],
    },
  };
}

const FILE_LIMIT = 200;
const TOTAL_BYTES_LIMIT = 2 * 1024 * 1024;
const DEPTH_LIMIT = 10;

/** Reads the files that one configuration is made of, within bounds; beyond them a file counts as not readable. */
export class ConfigFiles {
  readonly #host: Host;
  readonly #root: string;
  readonly #read: string[] = [];
  #bytes = 0;

  /** @param root - put before paths on disk: for a server in a container */
  constructor(host: Host, root: string) {
    this.#host = host;
    this.#root = root;
  }

  /** Read so far, as the server sees them. */
  get paths(): readonly string[] {
    return this.#read;
  }

  /** @param depth - how many includes lead to it */
  async read(path: string, depth: number): Promise<string | null> {
    if (this.#read.length >= FILE_LIMIT || this.#bytes >= TOTAL_BYTES_LIMIT || depth > DEPTH_LIMIT) return null;
    const text = await this.#host.tryReadText(this.#root + path);
    if (text === null) return null;
    this.#read.push(path);
    this.#bytes += text.length;
    return text;
  }
}
