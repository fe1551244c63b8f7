import type { Role } from '@airis/protocol';
import type { HostEvidence, RunningProcess } from './host-evidence.ts';
import { portsHeldBy, processTitle } from './host-evidence.ts';
import { defineRole, type FoundRole, type RoleDefinition } from './role-definition.ts';

/** A program that is known by its process alone: nothing of it is read but what runs and where it listens. */
export interface KnownProgram {
  /** What the role is called. */
  readonly name: string;
  readonly tier: Role['tier'];
  /** The kernel's short name of its process, cut at 15 characters. */
  readonly comm: Pick<RegExp, 'test'>;
  /** What else must stand among its arguments, where the short name is a runtime's. */
  readonly argument?: Pick<RegExp, 'test'> | undefined;
  /** Named by the operator of this host: then it is no guess. */
  readonly isDeclared?: boolean;
}

/**
 * Servers of Korean enterprise systems that have no collector of their own here, by the process names of their makers'
 * documents. What has one (nginx, Tomcat, PostgreSQL, …) has its own file in this folder.
 */
export const knownPrograms: readonly KnownProgram[] = [
  { name: 'webtob', tier: 'web', comm: /^(wsm|webtob)$/ },
  { name: 'haproxy', tier: 'web', comm: /^haproxy$/ },
  { name: 'envoy', tier: 'web', comm: /^envoy$/ },
  { name: 'traefik', tier: 'web', comm: /^traefik$/ },
  { name: 'caddy', tier: 'web', comm: /^caddy$/ },
  { name: 'varnish', tier: 'web', comm: /^varnishd$/ },
  { name: 'jeus', tier: 'was', comm: /^java$/, argument: /(^|\s)jeus\.server\./ },
  { name: 'weblogic', tier: 'was', comm: /^java$/, argument: /(^|\s)weblogic\.Server(\s|$)/ },
  { name: 'websphere', tier: 'was', comm: /^java$/, argument: /com\.ibm\.ws\.runtime\.WsServer/ },
  { name: 'liberty', tier: 'was', comm: /^java$/, argument: /\/ws-server\.jar(\s|$)/ },
  { name: 'wildfly', tier: 'was', comm: /^java$/, argument: /\borg\.jboss\.as\.(standalone|server)\b/ },
  {
    name: 'jetty',
    tier: 'was',
    comm: /^java$/,
    argument: /\borg\.eclipse\.jetty\.start\.Main\b|\/jetty[^/ ]*\/start\.jar/,
  },
  { name: 'php-fpm', tier: 'app', comm: /^php-fpm/ },
  { name: 'gunicorn', tier: 'app', comm: /^gunicorn$/ },
  { name: 'uwsgi', tier: 'app', comm: /^uwsgi$/ },
  { name: 'oracle', tier: 'database', comm: /^ora_pmon_/ },
  { name: 'tibero', tier: 'database', comm: /^tbsvr$/ },
  { name: 'cubrid', tier: 'database', comm: /^cub_server$/ },
  { name: 'altibase', tier: 'database', comm: /^altibase$/ },
  { name: 'db2', tier: 'database', comm: /^db2sysc$/ },
  { name: 'mssql', tier: 'database', comm: /^sqlservr$/ },
  { name: 'redis', tier: 'database', comm: /^(redis|valkey)-server$/ },
  { name: 'memcached', tier: 'database', comm: /^memcached$/ },
  { name: 'mongodb', tier: 'database', comm: /^mongod$/ },
  { name: 'elasticsearch', tier: 'database', comm: /^java$/, argument: /\borg\.elasticsearch\./ },
  { name: 'opensearch', tier: 'database', comm: /^java$/, argument: /\borg\.opensearch\./ },
  { name: 'kafka', tier: 'app', comm: /^java$/, argument: /(^|\s)kafka\.Kafka(\s|$)/ },
  {
    name: 'zookeeper',
    tier: 'app',
    comm: /^java$/,
    argument: /\bzookeeper\.server\.(quorum\.QuorumPeerMain|ZooKeeperServerMain)\b/,
  },
  { name: 'activemq', tier: 'app', comm: /^java$/, argument: /\bactivemq\.jar\b|\borg\.apache\.activemq\./ },
  { name: 'rabbitmq', tier: 'app', comm: /^beam/, argument: /\brabbit/ },
];

const INSTANCE_LIMIT = 8;
const PORTS_TOLD = 6;

/** The role of a program: one for each process that no other process of the same program has started. */
export const programRole = (program: KnownProgram): RoleDefinition =>
  defineRole({
    name: program.name,
    tier: program.tier,
    async find(evidence) {
      const running = await processesOf(program, evidence);
      const instances = await Promise.all(
        running.map(async (process) => ({ process, ports: await portsHeldBy(evidence, [process.pid]) })),
      );
      const [oldest] = instances;
      // One instance keeps its name while it starts and does not listen yet; several are told apart by their ports.
      if (instances.length <= 1) return oldest === undefined ? [] : [roleOf(program, program.name, oldest)];
      return instances
        .filter(({ ports }) => ports.length > 0)
        .map((instance) => roleOf(program, `${program.name} port ${instance.ports[0]}`, instance));
    },
  });

/** Oldest first; workers belong to the process that started them. */
async function processesOf(program: KnownProgram, evidence: HostEvidence): Promise<RunningProcess[]> {
  const named = evidence.processes.filter(({ comm }) => program.comm.test(comm));
  const matches: RunningProcess[] = [];
  for (const process of named) {
    if (program.argument === undefined || program.argument.test(await processTitle(evidence.host, process.pid))) {
      matches.push(process);
    }
  }
  const pids = new Set(matches.map(({ pid }) => pid));
  return matches
    .filter(({ parentPid }) => !pids.has(parentPid))
    .sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
    .slice(0, INSTANCE_LIMIT);
}

function roleOf(
  { name, tier, isDeclared = false }: KnownProgram,
  key: string,
  { process, ports }: { readonly process: RunningProcess; readonly ports: readonly number[] },
): FoundRole {
  return {
    key,
    process,
    ports,
    configPath: null,
    configFiles: [],
    role: {
      name,
      tier,
      version: null,
      state: 'running',
      evidence: [
        { kind: 'process', text: `${process.comm} process, pid ${process.pid}` },
        ...ports
          .slice(0, PORTS_TOLD)
          .map((port) => ({ kind: 'listener' as const, text: `listens on tcp port ${port}` })),
        ...(isDeclared ? [{ kind: 'operator' as const, text: `roles.declare: ${name}` }] : []),
      ],
    },
  };
}
