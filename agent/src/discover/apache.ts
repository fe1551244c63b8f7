import { basename, dirname, isAbsolute, join } from 'node:path';
import { parseApacheStatus } from '../collectors/apache-status.ts';
import type { Host } from '../collectors/host.ts';
import { readApacheConfig } from './apache-config.ts';
import { apacheFacts } from './apache-facts.ts';
import { type HostEvidence, type RunningProcess, readHostEvidence, rootOf } from './host-evidence.ts';
import { defineRole } from './role-definition.ts';
import { listeningPorts, programText, reachablePage, type WebServerInstance, webServerRole } from './web-server.ts';

export const apacheRole = defineRole({
  name: 'apache',
  tier: 'web',
  find: async (evidence) =>
    (await findApache(evidence)).map((instance) =>
      webServerRole('apache', `Apache's first process (${instance.master.comm})`, instance),
    ),
});

const INSTANCE_LIMIT = 8;
/** Debian's program, and everybody else's. */
const programs = new Set(['apache2', 'httpd']);

/** Every Apache of this host by its first process; nothing is executed, and nothing needs root. */
export async function findApache(evidence: HostEvidence): Promise<WebServerInstance[]> {
  const ours = evidence.processes.filter((process) => programs.has(process.comm));
  const pids = new Set(ours.map((process) => process.pid));
  const found: WebServerInstance[] = [];
  for (const process of ours) {
    if (pids.has(process.parentPid) || found.length >= INSTANCE_LIMIT) continue;
    const children = ours.filter((other) => other.parentPid === process.pid).map((other) => other.pid);
    const instance = await describe(evidence, process, children);
    if (instance !== null) found.push(instance);
  }
  return found;
}

/** As `findApache`, looking at the host now. */
export const findApacheOn = async (host: Host) => findApache(await readHostEvidence(host));

/** `null` for a program that only has the same name: busybox has an `httpd` too. */
async function describe(
  evidence: HostEvidence,
  master: RunningProcess,
  children: readonly number[],
): Promise<WebServerInstance | null> {
  const { host } = evidence;
  const root = rootOf(host, master.pid);
  const args = ((await host.tryReadText(`/proc/${master.pid}/cmdline`)) ?? '').slice(0, 64 * 1024).split('\0');
  const build = await readBuild(host, root, master, args[0] ?? '');
  const serverRoot = optionIn(args, 'd') ?? build.root;
  const wanted = optionIn(args, 'f') ?? build.config;
  const path = isAbsolute(wanted) ? wanted : join(serverRoot, wanted);
  const config = await readApacheConfig(host, {
    path,
    serverRoot,
    defined: await definedFor(host, master.pid, args, root + join(dirname(path), 'envvars')),
    root,
  });
  if (config === null && build.version === null) return null;
  const facts = config === null ? null : apacheFacts(config.directives, config.serverRoot);
  return {
    master,
    version: build.version,
    configPath: config === null ? null : root + path,
    configFiles: config?.files.map((file) => root + file) ?? [],
    ports: await listeningPorts(evidence, [master.pid, ...children], facts?.ports),
    // Of mod_status; behind `ProxyPass /` the path may lead to another server.
    statusUrl: await reachablePage(
      host,
      (facts?.statusPages ?? []).map(({ port, path: page }) => `http://127.0.0.1:${port}${page}?auto`),
      512 * 1024,
      (text) => parseApacheStatus(text) !== null,
    ),
    accessLogs: (facts?.accessLogs ?? []).map((log) => ({ ...log, path: root + log.path })),
    upstreams: facts?.upstreams ?? [],
  };
}

interface Build {
  readonly version: string | null;
  readonly root: string;
  readonly config: string;
}

/** What the program says of itself with -V, read from its file instead of running it. */
async function readBuild(host: Host, root: string, { pid, comm }: RunningProcess, program: string): Promise<Build> {
  const path = host.readLink(`/proc/${pid}/exe`) ?? (isAbsolute(program) ? program : null);
  const text = await programText(host, path === null ? null : root + path);
  const isDebian = comm === 'apache2' || basename(path ?? '') === 'apache2';
  return {
    version: /Apache\/(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? null,
    root: /-D HTTPD_ROOT="([^"\0]+)"/.exec(text)?.[1] ?? (isDebian ? '/etc/apache2' : '/etc/httpd'),
    config: /-D SERVER_CONFIG_FILE="([^"\0]+)"/.exec(text)?.[1] ?? (isDebian ? 'apache2.conf' : 'conf/httpd.conf'),
  };
}

/** `-f /x.conf` or `-f/x.conf`. */
function optionIn(args: readonly string[], letter: string): string | null {
  const at = args.findIndex((arg) => arg.startsWith(`-${letter}`));
  const arg = args[at];
  if (arg === undefined) return null;
  return (arg.length > 2 ? arg.slice(2) : args[at + 1]) || null;
}

/**
 * What `${NAME}` may stand for: `-D` and the environment, of which Debian's comes from a file that everybody may read while
 * that of a process may not be.
 */
async function definedFor(
  host: Host,
  pid: number,
  args: readonly string[],
  envvars: string,
): Promise<ReadonlyMap<string, string>> {
  const defined = new Map<string, string>();
  for (const line of ((await host.tryReadText(envvars)) ?? '').split('\n').slice(0, 1_000)) {
    const [, name, value = ''] = /^\s*export\s+(\w+)=(\S*)\s*$/.exec(line) ?? [];
    if (name !== undefined) defined.set(name, value.replace(/^["']|["']$/g, '').replace('$SUFFIX', ''));
  }
  for (const pair of ((await host.tryReadText(`/proc/${pid}/environ`)) ?? '').split('\0').slice(0, 1_000)) {
    const [, name, value = ''] = /^(APACHE_\w+)=(.*)$/.exec(pair) ?? [];
    if (name !== undefined) defined.set(name, value);
  }
  args.forEach((arg, i) => {
    if (arg.startsWith('-D')) defined.set(arg.length > 2 ? arg.slice(2) : (args[i + 1] ?? ''), '');
  });
  return defined;
}
