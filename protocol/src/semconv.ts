/**
 * Names that more than one part of the product reads, as OpenTelemetry's semantic conventions have them, else `airis.…`.
 * What a collector emits, with unit, is in its own `emits` table and travels to the hub; this page is for those who look
 * a metric up by name (detectors, the console's host page, rules).
 */
export const metric = {
  /** Ratio 0..1. Without attributes: busy, whole host; by `cpu.mode`, whole host; by `cpu.logical_number`, one core. */
  cpuUtilization: 'system.cpu.utilization',
  cpuLogicalCount: 'system.cpu.logical.count',
  /** {thread}. */
  cpuLoadAverage1m: 'system.cpu.load_average.1m',
  /** Ratio 0..1: 1 - available / total, so that caches do not count. */
  memoryUtilization: 'system.memory.utilization',
  /** By, by `system.memory.state`. */
  memoryUsage: 'system.memory.usage',
  memoryLimit: 'system.memory.limit',
  /** Ratio 0..1 of swap. */
  pagingUtilization: 'system.paging.utilization',
  pagingFaults: 'system.paging.faults',
  /** By/s, by `system.device` and `disk.io.direction`. */
  diskIo: 'system.disk.io',
  diskOperations: 'system.disk.operations',
  /** s/s: share of time with a request in flight. */
  diskIoTime: 'system.disk.io_time',
  /** By, by `system.filesystem.mountpoint` and `system.filesystem.state`. */
  filesystemUsage: 'system.filesystem.usage',
  /** Ratio 0..1. */
  filesystemUtilization: 'system.filesystem.utilization',
  filesystemLimit: 'system.filesystem.limit',
  /** By/s, by `network.interface.name` and `network.io.direction`. */
  networkIo: 'system.network.io',
  networkErrors: 'system.network.errors',
  networkDropped: 'system.network.packet.dropped',
  /** {connection}, by `network.transport` and `network.connection.state`. */
  networkConnectionCount: 'system.network.connection.count',
  processCount: 'system.process.count',
  /** Ratio 0..1 of the whole host, by `process.executable.name`. */
  processCpuUtilization: 'process.cpu.utilization',
  processMemoryUsage: 'process.memory.usage',
  uptime: 'system.uptime',
  /** Linux pressure stall information, by `airis.pressure.resource` and `airis.pressure.kind`: s/s, a share of time. */
  pressureStallTime: 'airis.pressure.stall.time',
  /** The same as the kernel averages it over 10 s, 0..1. */
  pressureStallRatio: 'airis.pressure.stall.ratio',
  /** {request}/s. nginx has no convention; names are those of the OpenTelemetry collector's nginx receiver. */
  nginxRequests: 'nginx.requests',
  /** {connection}, by `state`: active, reading, writing, waiting. */
  nginxConnectionsCurrent: 'nginx.connections_current',
  nginxConnectionsAccepted: 'nginx.connections_accepted',
  nginxConnectionsHandled: 'nginx.connections_handled',
  /** s, mean since the reading before; without attributes over all, or by `http.route`. */
  httpServerDuration: 'http.server.request.duration',
  httpServerErrorRatio: 'airis.http.server.error_ratio',
  httpServerRequests: 'airis.http.server.requests',
  /** {request} in flight, by `airis.request.age`: lt3s, 3to8s, ge8s. */
  httpServerActive: 'http.server.active_requests',
  /** s, mean since the reading before, by `server.address` and `server.port`: calls to another service as the caller saw them. */
  httpClientDuration: 'http.client.request.duration',
  httpClientRequests: 'airis.http.client.requests',
  httpClientErrorRatio: 'airis.http.client.error_ratio',
  /** s, mean since the reading before, by `server.address` and `server.port`. */
  dbClientDuration: 'db.client.operation.duration',
  /** {connection}, by `db.client.connection.state`: used, idle. */
  dbClientConnections: 'db.client.connection.count',
  dbClientConnectionMax: 'db.client.connection.max',
  /** {request} that wait for a connection of the pool. */
  dbClientPending: 'db.client.connection.pending_requests',
  /** {connection} taken from the pool in which no statement runs: leaked ones stay here. */
  dbClientIdleInUse: 'airis.db.client.connection.idle_in_use',
  /** s. */
  nodeEventLoopDelayP99: 'nodejs.eventloop.delay.p99',
  /** Of the processes of a scope: {cpu}, By, By, ratio 0..1 of the configured limit, {process}. */
  scopeCpuUsage: 'airis.scope.cpu.usage',
  scopeMemoryUsage: 'airis.scope.memory.usage',
  scopeMemoryLimit: 'airis.scope.memory.limit',
  scopeMemoryUtilization: 'airis.scope.memory.utilization',
  scopeProcesses: 'airis.scope.processes',
  /** By, By, ratio 0..1, by `airis.directory.name`: a folder with a quota. */
  directoryUsage: 'airis.directory.usage',
  directoryLimit: 'airis.directory.limit',
  directoryUtilization: 'airis.directory.utilization',
  /** {session}, by `postgresql.backend.state`. */
  postgresqlBackends: 'postgresql.backends',
  /** s: the statement that runs longest without waiting for a lock, 0 for none. */
  dbServerLongestStatement: 'airis.db.server.statement.longest',
  /** s, mean of statements that ended since the reading before. */
  dbServerStatementDuration: 'airis.db.server.statement.duration',
  /** {session} that wait for a lock; s, the longest wait. */
  dbServerLockWaiters: 'airis.db.server.lock.waiters',
  dbServerLockLongestWait: 'airis.db.server.lock.longest_wait',
  /** By, by `jvm.memory.type`. */
  jvmMemoryUsed: 'jvm.memory.used',
  jvmMemoryLimit: 'jvm.memory.limit',
  /** {thread}, by `tomcat.thread.state`: busy, idle. */
  tomcatThreads: 'tomcat.thread.count',
  tomcatThreadLimit: 'tomcat.thread.limit',
  /** Rows an agent knows it lost, from its health. */
  lossRows: 'airis.loss.rows',
} as const;
export type KnownMetric = (typeof metric)[keyof typeof metric];

/** OpenTelemetry severity numbers of log lines, the first of each range. */
export const severityNumber = { unknown: 0, trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const;

/** Attribute keys of those metrics and of resources. */
export const attribute = {
  cpuMode: 'cpu.mode',
  cpuLogicalNumber: 'cpu.logical_number',
  memoryState: 'system.memory.state',
  device: 'system.device',
  diskDirection: 'disk.io.direction',
  mountpoint: 'system.filesystem.mountpoint',
  filesystemState: 'system.filesystem.state',
  networkInterface: 'network.interface.name',
  networkDirection: 'network.io.direction',
  networkTransport: 'network.transport',
  connectionState: 'network.connection.state',
  executableName: 'process.executable.name',
  pressureResource: 'airis.pressure.resource',
  pressureKind: 'airis.pressure.kind',
  nginxConnectionState: 'state',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  httpRoute: 'http.route',
  requestAge: 'airis.request.age',
  directoryName: 'airis.directory.name',
  dbClientConnectionState: 'db.client.connection.state',
  hostName: 'host.name',
  serviceName: 'service.name',
} as const;
