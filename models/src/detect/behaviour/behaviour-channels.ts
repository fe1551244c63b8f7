import type { Attributes, Bilingual } from '@airis/protocol';

/** One quantity of a host or of what runs on it, made of all series that it takes. */
export interface BehaviourChannel {
  readonly name: string;
  readonly words: Bilingual;
  readonly metrics: readonly string[];
  /** Which series of those metrics. */
  readonly where: (attributes: Attributes) => boolean;
  /** How the series are one value. */
  readonly join: 'sum' | 'max';
  /** What spans decades is judged by its logarithm, as ln(1 + value / unit); ratios and counts of few as they are. */
  readonly logUnit: number | null;
}

type Where = (attributes: Attributes) => boolean;

const anywhere: Where = () => true;
const overAll: Where = (attributes) => Object.keys(attributes).length === 0;
const withoutRoute: Where = (attributes) => attributes['http.route'] === undefined;
const that =
  (key: string, ...values: readonly string[]): Where =>
  (attributes) =>
    values.includes(attributes[key] ?? '');

function channel(
  name: string,
  [ko, en]: readonly [string, string],
  metric: string | readonly string[],
  where: Where,
  join: BehaviourChannel['join'],
  logUnit: number | null = null,
): BehaviourChannel {
  const metrics = typeof metric === 'string' ? [metric] : metric;
  return { name, words: { ko, en }, metrics, where, join, logUnit };
}

const KB = 1_000;
const MB = 1_000_000;
const MS = 0.001;

/**
 * What the behaviour of a host is made of; a new one is a line here. Channels that a host does not have cost nothing.
 */
export const behaviourChannels: readonly BehaviourChannel[] = [
  channel('cpu.busy', ['CPU 사용률', 'CPU utilization'], 'system.cpu.utilization', overAll, 'max'),
  channel(
    'cpu.iowait',
    ['I/O 대기', 'I/O wait'],
    'system.cpu.utilization',
    (attributes) => attributes['cpu.mode'] === 'iowait' && Object.keys(attributes).length === 1,
    'max',
  ),
  channel('load', ['부하(load)', 'load average'], 'system.cpu.load_average.1m', anywhere, 'max', 1),
  channel('switches', ['문맥 전환', 'context switches'], 'airis.cpu.context_switches', anywhere, 'sum', KB),
  channel('memory.used', ['메모리 사용률', 'memory utilization'], 'system.memory.utilization', anywhere, 'max'),
  channel('paging.faults', ['페이지 폴트', 'page faults'], 'system.paging.faults', anywhere, 'sum', KB),
  channel('swap.used', ['스왑 사용률', 'swap utilization'], 'system.paging.utilization', anywhere, 'max'),
  channel('disk.busy', ['디스크 부하', 'disk load'], 'system.disk.io_time', anywhere, 'max'),
  channel(
    'disk.read',
    ['디스크 읽기', 'disk reads'],
    'system.disk.io',
    that('disk.io.direction', 'read'),
    'sum',
    100 * KB,
  ),
  channel(
    'disk.write',
    ['디스크 쓰기', 'disk writes'],
    'system.disk.io',
    that('disk.io.direction', 'write'),
    'sum',
    100 * KB,
  ),
  channel(
    'network.receive',
    ['네트워크 수신', 'network received'],
    'system.network.io',
    that('network.io.direction', 'receive'),
    'sum',
    10 * KB,
  ),
  channel(
    'network.transmit',
    ['네트워크 송신', 'network sent'],
    'system.network.io',
    that('network.io.direction', 'transmit'),
    'sum',
    10 * KB,
  ),
  channel('tcp.sockets', ['TCP 소켓', 'TCP sockets'], 'airis.tcp.sockets', anywhere, 'sum', 10),
  channel('tcp.accepted', ['받은 연결', 'connections accepted'], 'airis.tcp.passive_opens', anywhere, 'sum', 1),
  channel('tcp.opened', ['연 연결', 'connections opened'], 'airis.tcp.active_opens', anywhere, 'sum', 1),
  channel('tcp.retransmits', ['TCP 재전송', 'TCP retransmits'], 'airis.tcp.retransmits', overAll, 'sum', 1),
  channel('processes', ['프로세스 수', 'processes'], 'system.process.count', anywhere, 'sum', 10),
  channel('threads', ['스레드 수', 'threads'], 'airis.process.threads', anywhere, 'sum', 10),
  channel('files.open', ['열린 파일', 'open files'], 'airis.file_descriptor.count', anywhere, 'sum', 100),
  channel('requests', ['요청 수', 'requests'], 'airis.http.server.requests', withoutRoute, 'sum', 1),
  channel('errors', ['오류율(5xx)', 'error ratio (5xx)'], 'airis.http.server.error_ratio', withoutRoute, 'max'),
  channel('latency', ['응답시간', 'response time'], 'http.server.request.duration', withoutRoute, 'max', 10 * MS),
  channel(
    'call.latency',
    ['호출 응답시간', 'response time of calls'],
    'http.client.request.duration',
    anywhere,
    'max',
    10 * MS,
  ),
  channel(
    'database.latency',
    ['DB 응답시간', 'database time'],
    'db.client.operation.duration',
    anywhere,
    'max',
    10 * MS,
  ),
  channel('connections', ['열린 연결', 'open connections'], 'nginx.connections_current', anywhere, 'sum', 10),
  channel(
    'threads.busy',
    ['사용 중인 요청 스레드', 'busy request threads'],
    ['tomcat.thread.count', 'apache.workers'],
    (attributes) => Object.values(attributes).includes('busy'),
    'sum',
    1,
  ),
  channel('sessions', ['세션 수', 'sessions'], 'tomcat.sessions', anywhere, 'sum', 10),
  channel('heap', ['힙 사용량', 'heap in use'], 'jvm.memory.used', that('jvm.memory.type', 'heap'), 'sum', 10 * MB),
  channel('gc', ['GC 시간', 'garbage collection time'], 'airis.jvm.gc.time', anywhere, 'sum'),
  channel(
    'event.loop',
    ['이벤트 루프 지연', 'event loop delay'],
    'nodejs.eventloop.delay.p99',
    anywhere,
    'max',
    10 * MS,
  ),
  channel(
    'pool.used',
    ['사용 중인 커넥션', 'pool connections in use'],
    'db.client.connection.count',
    that('db.client.connection.state', 'used'),
    'sum',
    1,
  ),
  channel(
    'database.sessions',
    ['DB 세션', 'database sessions'],
    ['postgresql.backends', 'airis.mysql.sessions'],
    anywhere,
    'sum',
    1,
  ),
  channel(
    'database.work',
    ['DB 처리량', 'database throughput'],
    ['postgresql.commits', 'mysql.query.count'],
    anywhere,
    'sum',
    1,
  ),
  channel(
    'statement.time',
    ['SQL 평균시간', 'statement time'],
    'airis.db.server.statement.duration',
    anywhere,
    'max',
    MS,
  ),
];
