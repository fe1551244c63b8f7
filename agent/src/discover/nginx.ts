import { isAbsolute, join } from 'node:path';
import type { Host } from '../collectors/host.ts';
import { type HostEvidence, processTitle, type RunningProcess, readHostEvidence, rootOf } from './host-evidence.ts';
import { readNginxConfig } from './nginx-config.ts';
import { combinedFormat, type NginxFacts, nginxFacts } from './nginx-facts.ts';
import { defineRole } from './role-definition.ts';
import { listeningPorts, programText, reachablePage, type WebServerInstance, webServerRole } from './web-server.ts';

export const nginxRole = defineRole({
  name: 'nginx',
  tier: 'web',
  find: async (evidence) =>
    (await findNginx(evidence)).map((instance) => webServerRole('nginx', 'nginx master process', instance)),
});

const INSTANCE_LIMIT = 8;

/** Every nginx of this host by its master process; nothing is executed, and nothing needs root. */
export async function findNginx(evidence: HostEvidence): Promise<WebServerInstance[]> {
  const ours = evidence.processes.filter((process) => process.comm === 'nginx');
  const pids = new Set(ours.map((process) => process.pid));
  const found: WebServerInstance[] = [];
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
): Promise<WebServerInstance> {
  const { host } = evidence;
  const root = rootOf(host, master.pid);
  const build = await readBuild(host, root, host.readLink(`/proc/${master.pid}/exe`) ?? programIn(title));
  const prefix = absoluteIn(host, master.pid, optionIn(title, 'p')) ?? build.prefix;
  const wanted = optionIn(title, 'c') ?? build.confPath;
  const configPath = isAbsolute(wanted) ? wanted : join(prefix, wanted);
  const config = await readNginxConfig(host, configPath, root);
  const facts: NginxFacts | null =
    config === null ? null : nginxFacts(config.directives, { prefix, accessLog: build.accessLog });
  return {
    master,
    version: build.version,
    configPath: config === null ? null : root + configPath,
    configFiles: config?.files.map((file) => root + file) ?? [],
    ports: await listeningPorts(evidence, [master.pid, ...workers], facts?.ports),
    statusUrl: await reachablePage(
      host,
      (facts?.statusPages ?? []).map(({ port, path }) => `http://127.0.0.1:${port}${path}`),
      4_096,
      (text) => text.startsWith('Active connections:'),
    ),
    accessLogs: (
      facts?.accessLogs ?? [
        { path: isAbsolute(build.accessLog) ? build.accessLog : join(prefix, build.accessLog), format: combinedFormat },
      ]
    ).map((log) => ({ ...log, path: root + log.path })),
    upstreams: facts?.upstreams ?? [],
  };
}

interface Build {
  readonly version: string | null;
  readonly prefix: string;
  readonly confPath: string;
  readonly accessLog: string;
}

/** What the program says of itself with -V, read from its file instead of running it. */
async function readBuild(host: Host, root: string, path: string | null): Promise<Build> {
  const text = await programText(host, path === null ? null : root + path);
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
