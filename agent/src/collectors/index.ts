import { directoriesCollector } from '../scope/directories.ts';
import type { ScopeConfig } from '../scope/scope-config.ts';
import { scopeProcessesCollector } from '../scope/scope-processes.ts';
import { accessLogCollector, accessLogPaths } from './access-log-collector.ts';
import { apacheCollector } from './apache.ts';
import { cgroupsCollector } from './cgroups.ts';
import { clockOffsetCollector } from './clock-offset.ts';
import type { Collector, CollectorDefinition } from './collector.ts';
import { connectionsCollector } from './connections.ts';
import { cpuCollector } from './cpu.ts';
import { diskCollector } from './disk.ts';
import { filesystemCollector } from './filesystem.ts';
import { jmxCollector } from './jmx.ts';
import { kernelTablesCollector } from './kernel-tables.ts';
import { lldpCollector } from './lldp.ts';
import { memoryCollector } from './memory.ts';
import { mysqlCollector } from './mysql.ts';
import { networkCollector } from './network.ts';
import { nginxCollector } from './nginx.ts';
import { otlpCollector } from './otlp.ts';
import { packetsCollector } from './packets.ts';
import { postgresqlCollector } from './postgresql.ts';
import { pressureCollector } from './pressure.ts';
import { probesCollector } from './probes.ts';
import { processesCollector } from './processes.ts';
import { prometheusCollector } from './prometheus.ts';
import { rumCollector } from './rum.ts';
import { snmpCollector } from './snmp.ts';
import { statsdCollector } from './statsd.ts';
import { tcpPeersCollector } from './tcp-peers.ts';
import { temperatureCollector } from './temperature.ts';
import { tomcatCollector } from './tomcat.ts';
import { uptimeCollector } from './uptime.ts';
import { leavingLogs } from './web-server.ts';

/** Every collector there is; a new one is one file and one line. */
export const collectors: readonly CollectorDefinition[] = [
  cpuCollector,
  memoryCollector,
  pressureCollector,
  diskCollector,
  filesystemCollector,
  networkCollector,
  connectionsCollector,
  processesCollector,
  kernelTablesCollector,
  cgroupsCollector,
  temperatureCollector,
  clockOffsetCollector,
  uptimeCollector,
  nginxCollector,
  apacheCollector,
  accessLogCollector,
  prometheusCollector,
  tcpPeersCollector,
  lldpCollector,
  probesCollector,
  packetsCollector,
  rumCollector,
  snmpCollector,
  statsdCollector,
  otlpCollector,
  postgresqlCollector,
  mysqlCollector,
  tomcatCollector,
  jmxCollector,
  scopeProcessesCollector,
  directoriesCollector,
];

/**
 * The collectors with their settings by name; an absent setting means the defaults.
 *
 * @param scope - settings of the scope that is watched instead of the whole host
 */
export function createCollectors(
  settings: Readonly<Record<string, unknown>> = {},
  scope: ScopeConfig | undefined = undefined,
): Collector[] {
  const left = scope === undefined ? 'scope' : 'host';
  const own: Readonly<Record<string, unknown>> = { ...settings, ...leavingGivenLogs(settings) };
  return collectors
    .filter(({ watches }) => watches !== left)
    .map((definition) => definition.create(definition.watches === 'scope' ? scope : own[definition.name]));
}

/** A log that access-log follows the servers' own collectors must not follow too: every request would count twice. */
function leavingGivenLogs(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const given = accessLogPaths(settings[accessLogCollector.name]);
  const servers = [nginxCollector, apacheCollector];
  return Object.fromEntries(servers.map(({ name }) => [name, leavingLogs(settings[name], given)]));
}
