import { join } from 'node:path';
import type { HostEvidence } from './host-evidence.ts';
import { portsHeldBy, processTitle, type RunningProcess } from './host-evidence.ts';
import { defineRole, type FoundRole, readableConfig } from './role-definition.ts';

const INSTANCE_LIMIT = 8;
const packagedConfigs = ['/etc/mysql/my.cnf', '/etc/my.cnf'];

/** Every MySQL or MariaDB server of this host; nothing is executed, and nothing needs root. */
export const mysqlRole = defineRole({
  name: 'mysql',
  tier: 'database',
  find: async (evidence) => {
    const servers = evidence.processes.filter(({ comm }) => comm === 'mysqld' || comm === 'mariadbd');
    return Promise.all(servers.slice(0, INSTANCE_LIMIT).map((process) => describe(evidence, process)));
  },
});

async function describe(evidence: HostEvidence, process: RunningProcess): Promise<FoundRole> {
  const { host } = evidence;
  const title = await processTitle(host, process.pid);
  const said = (name: string) => new RegExp(` --${name}[= ](\\S+)`).exec(title)?.[1];
  const held = await portsHeldBy(evidence, [process.pid]);
  const port = Number(said('port') ?? Number.NaN);
  const ports = held.length > 0 ? held : Number.isInteger(port) ? [port] : [];
  const given = said('defaults-file');
  const folder = said('datadir') ?? host.readLink(`/proc/${process.pid}/cwd`);
  const isPackaged = given === undefined && !title.includes(' --no-defaults');
  const candidates = given !== undefined ? [given] : isPackaged ? packagedConfigs : [];
  const found = (await Promise.all(candidates.map((path) => readableConfig(host, path)))).find((one) => one.configPath);
  const { configPath, configFiles } = found ?? { configPath: null, configFiles: [] };
  // MariaDB writes the version it was last upgraded to; MySQL has the same file without a suffix.
  const upgraded = await Promise.all(
    ['mariadb_upgrade_info', 'mysql_upgrade_info'].map(async (name) =>
      folder == null ? null : host.tryReadText(join(folder, name)),
    ),
  );
  const version = /^\d+\.\d+\.\d+/.exec(upgraded.find((text) => text !== null) ?? '')?.[0] ?? null;
  const product = process.comm === 'mariadbd' ? 'MariaDB' : 'MySQL';
  return {
    // Several servers may share one packaged configuration.
    key: ports[0] === undefined ? (configPath ?? 'mysql') : `mysql port ${ports[0]}`,
    process,
    ports,
    configPath,
    configFiles,
    role: {
      name: 'mysql',
      tier: 'database',
      version,
      state: 'running',
      evidence: [
        { kind: 'process', text: `${product} server process, pid ${process.pid}` },
        ...ports.slice(0, 6).map((one) => ({ kind: 'listener' as const, text: `listens on tcp port ${one}` })),
        ...(configPath === null ? [] : [{ kind: 'config' as const, text: configPath.slice(0, 300) }]),
      ],
    },
  };
}
