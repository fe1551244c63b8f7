import { isAbsolute, join } from 'node:path';
import type { Host } from '../collectors/host.ts';
import {
  type HostEvidence,
  portsHeldBy,
  processTitle,
  type RunningProcess,
  readHostEvidence,
  rootOf,
} from './host-evidence.ts';
import { readNginxConfig } from './nginx-config.ts';
import { type AccessLog, combinedFormat, type NginxFacts, nginxFacts } from './nginx-facts.ts';
import type { Upstream } from './nginx-upstreams.ts';
import { defineRole, type FoundRole } from './role-definition.ts';

/** One running nginx and where to look at it. */
export interface NginxInstance {
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

export const nginxRole = defineRole({
  name: 'nginx',
  tier: 'web',
  find: async (evidence) => (await findNginx(evidence)).map(toRole),
});

const INSTANCE_LIMIT = 8;

/** Every nginx of this host by its master process; nothing is executed, and nothing needs root. */
export async function findNginx(evidence: HostEvidence): Promise<NginxInstance[]> {
  const ours = evidence.processes.filter((process) => process.comm === 'nginx');
  const pids = new Set(ours.map((process) => process.pid));
  const found: NginxInstance[] = [];
  for (const process of ours) {
    if (pids.has(process.parentPid) || found.length >= INSTANCE_LIMIT) continue;
    const title = await processTitle(evidence.host, process.pid);
    // A worker whose master was killed: it may serve on for a while, but nobody looks after it.
    if (/^nginx: (?:worker|cache) /.test(title)) continue;
    const workers = ours.filter((other) => other.parentPid === process.pid).map((other) => other.pid);
    found.push(await describeNginx(evidence, process, title, workers));
  }
  return found;
}

/** As `findNginx`, looking at the host now. */
export const findNginxOn = async (host: Host) => findNginx(await readHostEvidence(host));

async function describeNginx(
  evidence: HostEvidence,
  master: RunningProcess,
  title: string,
  workers: readonly number[],
): Promise<NginxInstance> {
  const { host } = evidence;
  const root = rootOf(host, master.pid);
  const build = await readBuild(host, root, host.readLink(`/proc/${master.pid}/exe`) ?? programIn(title));
  const prefix = absoluteIn(host, master.pid, optionIn(title, 'p')) ?? build.prefix;
  const wanted = optionIn(title, 'c') ?? build.confPath;
  const configPath = isAbsolute(wanted) ? wanted : join(prefix, wanted);
  const config = await readNginxConfig(host, configPath, root);
  const facts: NginxFacts | null =
    config === null ? null : nginxFacts(config.directives, { prefix, accessLog: build.accessLog });
  const held = await portsHeldBy(evidence, [master.pid, ...workers]);
  const listening = new Set((await evidence.listeners()).map((listener) => listener.port));
  return {
    master,
    version: build.version,
    configPath: config === null ? null : root + configPath,
    configFiles: config?.files.map((file) => root + file) ?? [],
    ports: held.length > 0 ? held : (facts?.ports ?? [80, 443]).filter((port) => listening.has(port)),
    statusUrl: await reachableStatusUrl(host, facts),
    accessLogs: (
      facts?.accessLogs ?? [
        { path: isAbsolute(build.accessLog) ? build.accessLog : join(prefix, build.accessLog), format: combinedFormat },
      ]
    ).map((log) => ({ ...log, path: root + log.path })),
    upstreams: facts?.upstreams ?? [],
  };
}

/** First status page that answers like one. */
async function reachableStatusUrl(host: Host, facts: NginxFacts | null): Promise<string | null> {
  for (const page of facts?.statusPages.slice(0, 4) ?? []) {
    const url = `http://127.0.0.1:${page.port}${page.path}`;
    try {
      const answer = await host.http?.(url, { timeoutMs: 1_000, maxBytes: 4_096 });
      if (answer?.status === 200 && answer.text.startsWith('Active connections:')) return url;
    } catch {
      // Not reachable: the next page, or none. That there is no page shows in the role's evidence.
    }
  }
  return null;
}

interface Build {
  readonly version: string | null;
  readonly prefix: string;
  readonly confPath: string;
  readonly accessLog: string;
}

const BINARY_BYTES_LIMIT = 16 * 1024 * 1024;

/** What the program says of itself with -V, read from its file instead of running it. */
async function readBuild(host: Host, root: string, path: string | null): Promise<Build> {
  let text = '';
  try {
    if (path !== null) text = Buffer.from(await host.readBytes(root + path, BINARY_BYTES_LIMIT)).toString('latin1');
  } catch {
    // Not readable for this user: the usual paths below stand in for it.
  }
  const said = (option: string) => new RegExp(`--${option}=([^\\s\\0']+)`).exec(text)?.[1];
  return {
    version: /nginx\/(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? null,
    prefix: said('prefix') ?? (text === '' ? '/etc/nginx' : '/usr/local/nginx'),
    confPath: said('conf-path') ?? (text === '' ? '/etc/nginx/nginx.conf' : 'conf/nginx.conf'),
    accessLog: said('http-log-path') ?? (text === '' ? '/var/log/nginx/access.log' : 'logs/access.log'),
  };
}

/** `nginx: master process /usr/sbin/nginx -c /x.conf` → `/usr/sbin/nginx`. */
const programIn = (title: string) => /(?:^|\s)(\/\S*nginx)(?:\s|$)/.exec(title)?.[1] ?? null;
const optionIn = (title: string, letter: string) => new RegExp(`\\s-${letter}\\s*(\\S+)`).exec(title)?.[1] ?? null;

function absoluteIn(host: Host, pid: number, path: string | null): string | null {
  if (path === null || isAbsolute(path)) return path;
  const cwd = host.readLink(`/proc/${pid}/cwd`);
  return cwd === null ? null : join(cwd, path);
}

function toRole(instance: NginxInstance): FoundRole {
  const { master, configPath, ports, statusUrl, accessLogs } = instance;
  const port = ports[0];
  return {
    key: configPath ?? (port === undefined ? 'nginx' : `port ${port}`),
    process: master,
    ports,
    configPath,
    configFiles: instance.configFiles,
    calls: instance.upstreams,
    role: {
      name: 'nginx',
      tier: 'web',
      version: instance.version,
      state: 'running',
      evidence: [
        { kind: 'process', text: `nginx master process, pid ${master.pid}` },
        ...ports.slice(0, 6).map((number) => ({ kind: 'listener' as const, text: `listens on tcp port ${number}` })),
        ...(configPath === null ? [] : [{ kind: 'config' as const, text: configPath.slice(0, 300) }]),
        ...(statusUrl === null ? [] : [{ kind: 'status-page' as const, text: statusUrl.slice(0, 300) }]),
        ...accessLogs.slice(0, 4).map((log) => ({ kind: 'log' as const, text: log.path.slice(0, 300) })),
      ],
    },
  };
}
