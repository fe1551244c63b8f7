import type {
  DemoFault,
  DemoShopAnswer,
  Finding,
  Host,
  Incident,
  IncidentDetail,
  Topology,
} from '../../hub/src/api/types.ts';
import { stamp } from './console-fixture-data.ts';

/** The demo shop with a lock held in its database, made up for the console's tests. */
const SECOND = 1000;
const ONSET_MS = 150 * SECOND;
const LOCK = 'INC-1050';

type NodeRow = readonly [string, Topology['nodes'][number]['tier'], string, number, number, number];
const services: readonly NodeRow[] = [
  ['service:shop-web', 'web', 'nginx 1.24', 18.4, 3140, 0.071],
  ['service:shop-was', 'was', 'Tomcat 9.0', 18.4, 3120, 0.071],
  ['service:shop-app', 'app', 'Node.js 24', 17.9, 3100, 0.02],
  ['database:shop-db', 'database', 'PostgreSQL 16', 52.7, 2910, 0],
];

const fixtureSwitch: Topology['nodes'][number] = {
  entity: 'device:sw-core-1',
  tier: 'network',
  host: null,
  runsOn: null,
  role: null,
  state: 'ok',
  callsPerSecond: null,
  p95ElapsedMs: null,
  errorRatio: null,
};

export const fixtureTopology: Topology = {
  nodes: services
    .map(([entity, tier, role, callsPerSecond, p95ElapsedMs, errorRatio]): Topology['nodes'][number] => ({
      entity,
      tier,
      host: `host:${entity.split(':')[1]}`,
      runsOn: null,
      role,
      state: tier === 'database' ? 'critical' : tier === 'app' ? 'major' : 'ok',
      callsPerSecond,
      p95ElapsedMs,
      errorRatio,
    }))
    .concat(fixtureSwitch),
  edges: services.slice(1).map(([callee, tier, , callsPerSecond], index) => ({
    caller: services[index]?.[0] ?? '',
    callee,
    via: `127.0.0.1:${9000 + index}`,
    confidence: 0.99 - index / 100,
    evidence: [
      { kind: 'socket', text: 'established TCP connections: 4', count: 4, lastSeenAt: stamp(0) },
      tier === 'database'
        ? { kind: 'transaction', text: '1,204 requests with statements', count: 1204, lastSeenAt: stamp(0) }
        : { kind: 'access-log', text: 'upstream 127.0.0.1:9000', count: 1204, lastSeenAt: stamp(0) },
    ],
    callsPerSecond,
    meanElapsedMs: tier === 'database' ? 1900 : 2010,
    errorRatio: 0.02,
    usual: index === 1 ? null : { callsPerSecond: 19, meanElapsedMs: 24, errorRatio: 0 },
  })),
  attachments: ['shop-app', 'shop-db'].map((agent, index) => ({
    host: `host:${agent}`,
    interfaceName: 'eth0',
    device: fixtureSwitch.entity,
    deviceName: 'sw-core-1',
    port: `Gi1/0/${index + 11}`,
    confidence: 0.95,
    lastSeenAt: stamp(0),
  })),
};

const tierOfHost = { 'shop-web': 'web', 'shop-was': 'was', 'shop-app': 'app', 'shop-db': 'database' } as const;

export function fixtureShopHosts(nowMs: number): Host[] {
  return Object.entries(tierOfHost).map(([agent, tier]) => ({
    id: `host:${agent}`,
    agent,
    hostName: 'demo-machine',
    state: tier === 'database' ? 'critical' : 'ok',
    roles: [
      {
        name: { web: 'nginx', was: 'tomcat', app: 'node', database: 'postgresql' }[tier],
        tier,
        version: null,
        state: 'running',
        confidence: 0.4,
        evidence: [{ kind: 'listener', text: '127.0.0.1:9000' }],
      },
    ],
    scope: { entity: tier === 'database' ? `database:${agent}` : `service:${agent}` },
    cpuUtilization: null,
    memoryUtilization: null,
    cpuTrend: [],
    anomalyScore: 0.1,
    rowsLost: 0,
    agentVersion: '0.2.0',
    lastSeenAt: stamp(nowMs - 900),
    openIncidents: tier === 'database' ? 1 : 0,
  }));
}

function fixtureShopFindings(nowMs: number): Finding[] {
  const onset = nowMs - ONSET_MS;
  const made = (
    id: string,
    agent: string,
    entity: string,
    afterMs: number,
    title: { ko: string; en: string },
    metric: string,
  ): Finding => ({
    id,
    host: `host:${agent}`,
    state: 'open',
    kind: 'level-shift',
    severity: afterMs === 0 ? 'critical' : 'major',
    confidence: 0.98,
    score: 9,
    entity,
    nature: afterMs === 0 ? 'fault' : 'symptom',
    trouble: afterMs === 0 ? 'lock' : 'latency',
    peer: null,
    detector: { name: 'rules', version: '2' },
    title,
    summary: {
      ko: `${title.ko}. 평소 범위를 벗어나 이어집니다.`,
      en: `${title.en}. It stays outside its usual range.`,
    },
    startedAt: stamp(onset + afterMs),
    detectedAt: stamp(onset + afterMs + 9 * SECOND),
    endedAt: null,
    evidence: [
      {
        kind: 'series',
        ref: '00000000000000b1',
        metric,
        attributes: {},
        unit: metric.endsWith('waiters') ? '{session}' : 's',
        value: metric.endsWith('waiters') ? 12 : 3.1,
        expectedLow: 0,
        expectedHigh: metric.endsWith('waiters') ? 1 : 0.06,
        from: stamp(onset + afterMs),
        to: stamp(nowMs),
      },
    ],
    incident: LOCK,
  });
  return [
    made(
      'f-lock-0000001',
      'shop-db',
      'database:shop-db',
      0,
      { ko: 'shop-db 행 잠금 대기', en: 'Lock waits in shop-db' },
      'airis.db.server.lock.waiters',
    ),
    made(
      'f-pool-0000002',
      'shop-app',
      'service:shop-app',
      3 * SECOND,
      { ko: 'shop-app 커넥션 풀 고갈', en: 'Connection pool of shop-app is exhausted' },
      'db.client.operation.duration',
    ),
    made(
      'f-slow-0000003',
      'shop-was',
      'service:shop-was',
      6 * SECOND,
      { ko: 'shop-was 응답 지연', en: 'shop-was answers slowly' },
      'http.server.request.duration',
    ),
    made(
      'f-slow-0000004',
      'shop-web',
      'service:shop-web',
      7 * SECOND,
      { ko: 'shop-web 응답 지연', en: 'shop-web answers slowly' },
      'http.server.request.duration',
    ),
  ];
}

function causes(): IncidentDetail['causes'] {
  return [
    {
      rank: 1,
      entity: 'database:shop-db',
      score: 0.91,
      explanation: {
        ko: 'month-end-closing 세션이 stock 행의 잠금을 쥐고 있고, 가장 먼저 변했습니다.',
        en: 'The session month-end-closing holds rows of stock, and this changed first.',
      },
      evidence: [{ kind: 'finding', ref: 'f-lock-0000001' }],
      for: [
        {
          text: { ko: '잠금 대기가 0개에서 12개로 늘었음', en: 'Lock waiters rose from 0 to 12' },
          ref: { kind: 'finding', id: 'f-lock-0000001' },
        },
        { text: { ko: '느린 서비스가 모두 이 데이터베이스를 부름', en: 'Every slow service calls it' }, ref: null },
      ],
      against: [],
    },
    {
      rank: 2,
      entity: 'service:shop-app',
      score: 0.42,
      explanation: {
        ko: '커넥션 풀이 가득 찼습니다. 1순위의 결과입니다.',
        en: 'Its pool is full, a result of the first.',
      },
      evidence: [{ kind: 'finding', ref: 'f-pool-0000002' }],
      for: [
        {
          text: { ko: '풀 50/50 사용', en: 'Pool in use 50/50' },
          ref: { kind: 'finding', id: 'f-pool-0000002' },
        },
      ],
      against: [{ text: { ko: '1순위보다 3초 뒤에 시작', en: 'It began 3 s after the first' }, ref: null }],
    },
  ];
}

export function fixtureShopIncidents(nowMs: number): Incident[] {
  return [shopIncident(nowMs, false), shopIncident(nowMs, true)];
}

function shopIncident(nowMs: number, isOver: boolean): Incident {
  const shiftMs = isOver ? 40 * 60 * SECOND : 0;
  const at = (ms: number) => stamp(nowMs - ONSET_MS - shiftMs + ms);
  return {
    id: isOver ? 'INC-1037' : LOCK,
    state: isOver ? 'resolved' : 'open',
    severity: 'critical',
    title: { ko: 'shop-db 행 잠금으로 주문 지연', en: 'Orders slow behind a lock in shop-db' },
    startedAt: at(0),
    detectedAt: at(9 * SECOND),
    acknowledgedAt: null,
    resolvedAt: isOver ? at(200 * SECOND) : null,
    updatedAt: stamp(nowMs),
    hosts: ['host:shop-db', 'host:shop-app', 'host:shop-was', 'host:shop-web'],
    services: services.map(([entity]) => entity),
    owner: null,
    firingAlerts: isOver ? 0 : 4,
    totalAlerts: 4,
    topCause: causes()[0] ?? null,
    impact: { ko: '주문 요청의 7.1 % 실패, p95 3.1초', en: '7.1 % of orders fail, p95 3.1 s' },
  };
}

export function fixtureShopIncident(id: string, nowMs: number): IncidentDetail | null {
  const incident = fixtureShopIncidents(nowMs).find((one) => one.id === id);
  if (incident === undefined) return null;
  const shiftMs = incident.state === 'resolved' ? 40 * 60 * SECOND : 0;
  const findings = fixtureShopFindings(nowMs - shiftMs).map((finding) => ({
    ...finding,
    incident: id,
    ...(incident.resolvedAt === null ? {} : { state: 'closed' as const, endedAt: incident.resolvedAt }),
  }));
  return {
    ...incident,
    findings,
    changes: [],
    alerts: findings.map((finding) => ({
      id: `a-${finding.id}`,
      finding: finding.id,
      state: incident.resolvedAt === null ? 'firing' : 'ok',
      severity: finding.severity,
      host: finding.host,
      entity: finding.entity,
      title: finding.title,
      since: finding.detectedAt,
    })),
    causes: causes(),
    narrative: {
      ko: 'shop-db에서 행 잠금 대기가 생겼습니다 [E1]. 이어서 shop-app의 커넥션 풀이 찼고 [E2] 주문 응답이 3초를 넘었습니다.',
      en: 'Lock waits began in shop-db [E1]. The pool of shop-app filled next [E2], and orders took over 3 s.',
      source: 'template',
    },
    actions: [],
    timeline: [
      {
        at: incident.detectedAt,
        kind: 'detected',
        severity: 'critical',
        text: { ko: '감지', en: 'Detected' },
        ref: null,
      },
    ],
    log: [],
    path: ['database:shop-db', 'service:shop-app', 'service:shop-was', 'service:shop-web'],
    ruledOut: [
      {
        entity: 'link:shop-was~shop-app',
        reason: { ko: '연결 시간과 재전송이 평소 범위', en: 'Connect time and retransmissions are as usual' },
      },
      {
        entity: 'directory:uploads@shop-was',
        reason: { ko: '할당량의 12 % 사용', en: '12 % of its quota in use' },
      },
    ],
    unknown: [
      {
        ko: 'month-end-closing 세션이 처음 실행한 SQL. 시작 전의 문장은 남지 않음.',
        en: 'The first statement of the session month-end-closing: what ran before is not kept.',
      },
    ],
  };
}

const faultRows = [
  ['cpu-burn', '앱 CPU 폭주', 'CPU burn in the app', 'service:shop-app', 'app'],
  ['memory-leak', '메모리 누수', 'Memory leak', 'service:shop-app', 'app'],
  ['lock-held', '데이터베이스 잠금', 'Lock held in the database', 'database:shop-db', 'database'],
  ['slow-statement', '느린 SQL', 'Slow statement', 'database:shop-db', 'database'],
  ['pool-exhausted', '커넥션 풀 고갈', 'Connection pool exhausted', 'service:shop-app', 'app'],
  ['quota-filling', '업로드 폴더 할당량 소진', 'Upload folder fills its quota', 'directory:uploads@shop-was', 'was'],
  ['network-trouble', 'WAS–앱 구간 지연·유실', 'Latency and loss', 'link:shop-was~shop-app', 'network'],
  ['upstream-down', 'WEB 뒷단(WAS) 중지', 'WEB upstream down', 'service:shop-was', 'was'],
] as const;

export function fixtureFaults(active: ReadonlySet<string>, nowMs: number): DemoFault[] {
  return faultRows.map(([name, ko, en, target, tier]) => ({
    name,
    title: { ko, en },
    description: {
      ko: `${ko}: 가게의 한 곳만 고장 내고 나머지는 그대로 둡니다.`,
      en: `${en}: one part of the shop breaks, the rest is left alone.`,
    },
    target,
    tier,
    active: active.has(name),
    startedAt: active.has(name) ? stamp(nowMs - ONSET_MS - 4 * SECOND) : null,
    stopsByItselfAt: active.has(name) ? stamp(nowMs + 7 * 60 * SECOND) : null,
  }));
}

export const fixtureShop: DemoShopAnswer = {
  tiers: services.map(([entity, , program], index) => ({
    name: (['web', 'was', 'app', 'database'] as const)[index] ?? 'web',
    entity,
    title: [
      { ko: 'WEB', en: 'WEB' },
      { ko: 'WAS', en: 'WAS' },
      { ko: '주문 앱', en: 'Order app' },
      { ko: '데이터베이스', en: 'Database' },
    ][index] ?? { ko: 'WEB', en: 'WEB' },
    program,
    isStandIn: index === 1,
    standInReason: index === 1 ? { ko: 'Java가 없어 대역으로 실행', en: 'Java is not installed' } : null,
    state: 'running',
    url: index === 0 ? 'http://127.0.0.1:8080/' : null,
  })),
  load: { requestsPerSecond: 18.4, phase: { ko: '점심 뒤', en: 'after lunch' } },
};
