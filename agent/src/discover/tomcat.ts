import { join } from 'node:path';
import type { Host } from '../collectors/host.ts';
import type { HostEvidence } from './host-evidence.ts';
import { portsHeldBy, type RunningProcess } from './host-evidence.ts';
import { defineRole, type FoundRole, readableConfig } from './role-definition.ts';

/** One running Tomcat and where to look at it. */
export interface TomcatInstance {
  readonly process: RunningProcess;
  /** CATALINA_BASE: the folder with `conf` and `logs`; `null` for Tomcats inside another program. */
  readonly base: string | null;
  readonly version: string | null;
  readonly ports: readonly number[];
  /** Where its Jolokia agent answers, as its arguments say. */
  readonly jolokiaUrl: string | null;
}

export const tomcatRole = defineRole({
  name: 'tomcat',
  tier: 'was',
  find: async (evidence) => {
    const instances = await findTomcat(evidence);
    return Promise.all(instances.map((instance) => toRole(evidence.host, instance)));
  },
});

const INSTANCE_LIMIT = 8;
const CMDLINE_BYTES = 64 * 1024;
const MAIN_CLASS = 'org.apache.catalina.startup.Bootstrap';

/** Every Tomcat of this host by the arguments of its JVM; nothing is executed, and nothing needs root. */
export async function findTomcat(evidence: HostEvidence): Promise<TomcatInstance[]> {
  const found: TomcatInstance[] = [];
  for (const process of evidence.processes) {
    if (process.comm !== 'java' || found.length >= INSTANCE_LIMIT) continue;
    const text = (await evidence.host.tryReadText(`/proc/${process.pid}/cmdline`)) ?? '';
    const args = text.slice(0, CMDLINE_BYTES).split('\0');
    if (!args.includes(MAIN_CLASS)) continue;
    const home = propertyIn(args, 'catalina.home');
    found.push({
      process,
      base: propertyIn(args, 'catalina.base') ?? home,
      version: await versionIn(evidence, home),
      ports: await portsHeldBy(evidence, [process.pid]),
      jolokiaUrl: jolokiaUrlIn(args),
    });
  }
  return found;
}

const propertyIn = (args: readonly string[], name: string): string | null =>
  args.findLast((arg) => arg.startsWith(`-D${name}=`))?.slice(name.length + 3) ?? null;

/** `-javaagent:/x/jolokia-agent-jvm.jar=port=8778,host=127.0.0.1` → its URL; only where it answers on loopback in plain HTTP. */
export function jolokiaUrlIn(args: readonly string[]): string | null {
  const agent = args.find((arg) => /^-javaagent:[^=]*jolokia[^=]*\.jar/.test(arg));
  if (agent === undefined) return null;
  const equals = agent.indexOf('=');
  const options = new Map(
    (equals < 0 ? '' : agent.slice(equals + 1)).split(',').map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
  if (options.get('protocol') === 'https') return null;
  const port = Number(options.get('port') ?? 8778);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return null;
  const context = options.get('agentContext') ?? '/jolokia';
  return `http://127.0.0.1:${port}${context.startsWith('/') ? context : `/${context}`}`;
}

/** From the notes that come with every Tomcat, where they were installed. */
async function versionIn({ host }: HostEvidence, home: string | null): Promise<string | null> {
  if (home === null) return null;
  const notes = await host.tryReadText(join(home, 'RELEASE-NOTES'));
  return /Apache Tomcat Version (\d+\.\d+\.\d+)/.exec(notes ?? '')?.[1] ?? null;
}

async function toRole(host: Host, instance: TomcatInstance): Promise<FoundRole> {
  const { process, base, version, ports, jolokiaUrl } = instance;
  const { configPath, configFiles } = await readableConfig(
    host,
    base === null ? null : join(base, 'conf', 'server.xml'),
  );
  const jolokiaPort = jolokiaUrl === null ? null : Number(new URL(jolokiaUrl).port);
  const served = ports.filter((port) => port !== jolokiaPort);
  return {
    key: configPath ?? (served[0] === undefined ? 'tomcat' : `port ${served[0]}`),
    process,
    ports: served,
    configPath,
    configFiles,
    role: {
      name: 'tomcat',
      tier: 'was',
      version,
      state: 'running',
      evidence: [
        { kind: 'process', text: `Tomcat in a Java process, pid ${process.pid}` },
        ...served.slice(0, 6).map((port) => ({ kind: 'listener' as const, text: `listens on tcp port ${port}` })),
        ...(configPath === null ? [] : [{ kind: 'config' as const, text: configPath.slice(0, 300) }]),
        ...(jolokiaUrl === null ? [] : [{ kind: 'status-page' as const, text: jolokiaUrl.slice(0, 300) }]),
      ],
    },
  };
}
