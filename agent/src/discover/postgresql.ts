import { join } from 'node:path';
import type { Host } from '../collectors/host.ts';
import type { HostEvidence } from './host-evidence.ts';
import { portsHeldBy, processTitle, type RunningProcess } from './host-evidence.ts';
import { defineRole, type FoundRole, readableConfig } from './role-definition.ts';

/** One running PostgreSQL server (its postmaster). */
interface PostgresqlInstance {
  readonly process: RunningProcess;
  readonly version: string | null;
  readonly configPath: string | null;
  readonly ports: readonly number[];
}

export const postgresqlRole = defineRole({
  name: 'postgresql',
  tier: 'database',
  find: async (evidence) => {
    const instances = await findPostgresql(evidence);
    return Promise.all(instances.map((instance) => toRole(evidence.host, instance)));
  },
});

const INSTANCE_LIMIT = 8;

/** Every PostgreSQL of this host by its postmaster; nothing is executed, and nothing needs root. */
async function findPostgresql(evidence: HostEvidence): Promise<PostgresqlInstance[]> {
  const ours = evidence.processes.filter(({ comm }) => comm === 'postgres' || comm === 'postmaster');
  const pids = new Set(ours.map(({ pid }) => pid));
  const postmasters = ours.filter(({ parentPid }) => !pids.has(parentPid)).slice(0, INSTANCE_LIMIT);
  const found: PostgresqlInstance[] = [];
  for (const process of postmasters) {
    const title = await processTitle(evidence.host, process.pid);
    // A worker whose postmaster was killed: it ends by itself.
    if (/^postgres: /.test(title)) continue;
    found.push(await describe(evidence, process, title));
  }
  return found;
}

async function describe(evidence: HostEvidence, process: RunningProcess, title: string): Promise<PostgresqlInstance> {
  const { host } = evidence;
  // The postmaster works in its data folder; where that may not be read, its arguments mostly say it.
  const dataFolder = host.readLink(`/proc/${process.pid}/cwd`) ?? / -D ?(\S+)/.exec(title)?.[1] ?? null;
  const versionText = dataFolder === null ? null : await host.tryReadText(join(dataFolder, 'PG_VERSION'));
  const held = await portsHeldBy(evidence, [process.pid]);
  const said = Number(/ -p ?(\d+)/.exec(title)?.[1] ?? Number.NaN);
  const configured = /config_file=(\S+)/.exec(title)?.[1];
  return {
    process,
    version: /^\d+(?:\.\d+)?$/.exec(versionText?.trim() ?? '')?.[0] ?? null,
    configPath: configured ?? (dataFolder === null ? null : join(dataFolder, 'postgresql.conf')),
    ports: held.length > 0 ? held : Number.isInteger(said) ? [said] : [],
  };
}

async function toRole(host: Host, instance: PostgresqlInstance): Promise<FoundRole> {
  const { process, version, ports } = instance;
  const { configPath, configFiles } = await readableConfig(host, instance.configPath);
  return {
    key: configPath ?? (ports[0] === undefined ? 'postgresql' : `port ${ports[0]}`),
    process,
    ports,
    configPath,
    configFiles,
    role: {
      name: 'postgresql',
      tier: 'database',
      version,
      state: 'running',
      evidence: [
        { kind: 'process', text: `PostgreSQL server process, pid ${process.pid}` },
        ...ports.slice(0, 6).map((port) => ({ kind: 'listener' as const, text: `listens on tcp port ${port}` })),
        ...(configPath === null ? [] : [{ kind: 'config' as const, text: configPath.slice(0, 300) }]),
      ],
    },
  };
}
