import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { freePort } from '../../agent/src/free-port-under-test.ts';

/** Another program that watches this host every second, measured in the same minute. */
export interface Reference {
  readonly name: string;
  readonly process: ChildProcess;
  stop(): void;
}

const exporterProgram = ['/usr/bin/prometheus-node-exporter', '/usr/local/bin/node_exporter'].find(existsSync);
const netdataProgram = '/usr/sbin/netdata';
const collectdProgram = '/usr/sbin/collectd';

/** node_exporter, which must be there, and what else is installed: netdata and collectd, each with its own host collectors. */
export async function startReferences(folder: string): Promise<Reference[]> {
  if (exporterProgram === undefined) throw new Error('install prometheus-node-exporter: it is the reference');
  const references = [await startExporter(exporterProgram)];
  if (existsSync(netdataProgram)) references.push(await startNetdata(join(folder, 'netdata')));
  if (existsSync(collectdProgram)) references.push(startCollectd(join(folder, 'collectd')));
  return references;
}

async function startExporter(program: string): Promise<Reference> {
  const port = await freePort();
  const child = spawn(program, [`--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  const timer = setInterval(() => {
    get({ host: '127.0.0.1', port, path: '/metrics' }, (response) => response.resume()).on('error', () => undefined);
  }, 1_000);
  return {
    name: 'node_exporter',
    process: child,
    stop: () => {
      clearInterval(timer);
      child.kill('SIGKILL');
    },
  };
}

/** As it comes, with folders and a port of its own: every second, an hour in memory; those of its plugins run that are installed. */
async function startNetdata(folder: string): Promise<Reference> {
  for (const name of ['cache', 'lib', 'log']) mkdirSync(join(folder, name), { recursive: true });
  const config = join(folder, 'netdata.conf');
  writeFileSync(
    config,
    `[global]
  run as user = ${process.getuid?.() === 0 ? 'root' : process.env.USER}
[db]
  mode = ram
  update every = 1
[directories]
  cache = ${folder}/cache
  lib = ${folder}/lib
  log = ${folder}/log
[web]
  default port = ${await freePort()}
  bind to = 127.0.0.1
[plugins]
  statsd = no
  python.d = no
  charts.d = no
`,
  );
  const child = spawn(netdataProgram, ['-D', '-c', config, '-P', join(folder, 'pid')], { stdio: 'ignore' });
  return { name: 'netdata', process: child, stop: () => endAll(child) };
}

/** Its plugins for a host, written to files as it does by default. */
function startCollectd(folder: string): Reference {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'collectd.conf');
  const plugins =
    'cpu load memory swap disk df interface protocols tcpconns conntrack contextswitch irq processes cgroups uptime vmem users entropy csv';
  writeFileSync(
    config,
    `Interval 1
BaseDir "${folder}"
PIDFile "${folder}/pid"
TypesDB "/usr/share/collectd/types.db"
${plugins
  .split(' ')
  .map((name) => `LoadPlugin ${name}`)
  .join('\n')}
<Plugin tcpconns>
  AllPortsSummary true
</Plugin>
<Plugin csv>
  DataDir "${folder}/csv"
</Plugin>
`,
  );
  const child = spawn(collectdProgram, ['-f', '-C', config], { stdio: 'ignore' });
  return { name: 'collectd', process: child, stop: () => endAll(child) };
}

/** The program and its plugins, which are processes of their own. */
function endAll(child: ChildProcess): void {
  for (const pid of familyOf(child.pid)) process.kill(pid, 'SIGKILL');
}

/** A process and all below it. */
export function familyOf(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  const parents = readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const stat = textOf(`/proc/${name}/stat`);
    return stat === null ? [] : [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const];
  });
  const family = [pid];
  for (const member of family) family.push(...parents.flatMap(([child, parent]) => (parent === member ? [child] : [])));
  return family;
}

/** `null` for a process that has ended meanwhile. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** User and system time of a program with its plugins and the children it has waited for; 100 ticks a second on Linux. */
export function cpuSecondsOf({ pid }: ChildProcess): number {
  const ticks = familyOf(pid).flatMap((member) => {
    const stat = textOf(`/proc/${member}/stat`);
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    return [11, 12, 13, 14].map((at) => Number(fields[at] ?? 0));
  });
  return ticks.reduce((sum, value) => sum + value, 0) / 100;
}

export function memoryOf({ pid }: ChildProcess): { rssMb: number; anonMb: number } {
  const texts = familyOf(pid).flatMap((member) => textOf(`/proc/${member}/smaps_rollup`) ?? []);
  const megabytes = (name: string) =>
    texts.reduce(
      (sum, text) => sum + (Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]) * 1_024) / 1e6,
      0,
    );
  return { rssMb: megabytes('Rss'), anonMb: megabytes('Anonymous') };
}
