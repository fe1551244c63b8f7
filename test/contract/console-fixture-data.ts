import type {
  CapacityAnswer,
  Change,
  Finding,
  Host,
  HostDetail,
  HubHealth,
  Incident,
  IncidentDetail,
  MetricSeries,
  MetricsAnswer,
  MetricsQuery,
  RisksAnswer,
} from '../../hub/src/api/types.ts';

/**
 * Made-up answers for the console's tests, of the API's own types. A stand-in for a hub and nothing more: what a real hub answers is
 * tested with a real one.
 */
const MINUTE = 60_000;
const ONSET_MS = 12 * MINUTE;

export const stamp = (unixMs: number): string => `${new Date(unixMs + 9 * 3_600_000).toISOString().slice(0, -1)}+09:00`;

type Role = Host['roles'][number];

const nginx: Role = {
  name: 'nginx',
  tier: 'web',
  version: '1.24.0',
  state: 'running',
  confidence: 0.99,
  evidence: [
    { kind: 'process', text: 'pid 1432 nginx: master process' },
    { kind: 'listener', text: '0.0.0.0:80, 0.0.0.0:443' },
    { kind: 'config', text: '/etc/nginx/nginx.conf' },
    { kind: 'status-page', text: 'stub_status 200' },
  ],
};
const tomcat: Role = {
  name: 'tomcat',
  tier: 'was',
  version: '9.0.89',
  state: 'running',
  confidence: 0.76,
  evidence: [
    { kind: 'process', text: 'pid 2210 java -Dcatalina.base=/opt/tomcat' },
    { kind: 'listener', text: ':8080' },
  ],
};
const node: Role = {
  name: 'node',
  tier: 'app',
  version: '24.1.0',
  state: 'running',
  confidence: 0.6,
  evidence: [{ kind: 'process', text: 'pid 801 node server.js' }],
};
const postgres: Role = {
  name: 'postgresql',
  tier: 'database',
  version: '16.4',
  state: 'running',
  confidence: 0.76,
  evidence: [
    { kind: 'process', text: 'pid 990 postgres -D /var/lib/postgresql' },
    { kind: 'listener', text: ':5432' },
  ],
};

const fleet: readonly (readonly [string, Host['state'], readonly Role[]])[] = [
  ['was-pay-02', 'critical', [nginx, tomcat]],
  ['web-03', 'major', [{ ...nginx, state: 'stopped' }]],
  ['db-order-01', 'minor', [postgres]],
  ['web-07', 'stale', [nginx]],
  ['was-pay-01', 'ok', [nginx, tomcat]],
  ...Array.from({ length: 4 }, (_, index) => [`was-order-0${index + 1}`, 'ok', [tomcat]] as const),
  ...Array.from({ length: 6 }, (_, index) => [`web-1${index}`, 'ok', [nginx]] as const),
  ...Array.from({ length: 8 }, (_, index) => [`app-coupon-0${index + 1}`, 'ok', [node]] as const),
  ...Array.from({ length: 3 }, (_, index) => [`db-member-0${index + 1}`, 'ok', [postgres]] as const),
  ['batch-01', 'ok', []],
];

/** A repeatable number 0..1 for a name and a step: no two runs differ. */
export function noise(name: string, step: number): number {
  let hash = 2166136261 ^ step;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519);
  return ((hash ^ (hash >>> 13)) >>> 0) / 4294967296;
}

export function fixtureHosts(nowMs: number, extra = 0): Host[] {
  const more = Array.from({ length: extra }, (_, index) => [`app-extra-${index}`, 'ok', [node]] as const);
  return [...fleet, ...more].map(([agent, state, roles]) => {
    const isStale = state === 'stale';
    const calm = 0.12 + noise(agent, 0) * 0.35;
    return {
      id: `host:${agent}`,
      agent,
      hostName: agent,
      state,
      roles: [...roles],
      scope: null,
      cpuUtilization: isStale ? null : state === 'critical' ? 0.97 : calm,
      memoryUtilization: isStale ? null : 0.3 + noise(agent, 1) * 0.4,
      cpuTrend: Array.from({ length: 30 }, (_, minute) => {
        if (isStale && minute > 23) return null;
        return state === 'critical' && minute > 17
          ? 0.93 + noise(agent, minute) * 0.06
          : calm + noise(agent, minute) * 0.08;
      }),
      anomalyScore: isStale
        ? null
        : ({ critical: 0.97, major: 0.84, minor: 0.58 }[state as string] ?? noise(agent, 2) * 0.3),
      rowsLost: agent === 'web-03' ? 1240 : 0,
      agentVersion: '0.1.0',
      lastSeenAt: stamp(isStale ? nowMs - 6 * MINUTE - 20_000 : nowMs - 900),
      openIncidents: state === 'critical' || state === 'major' || state === 'minor' ? 1 : 0,
    };
  });
}

const detector = { name: 'level', version: '1' };

export function fixtureFindings(nowMs: number): Finding[] {
  const onset = nowMs - ONSET_MS;
  return [
    {
      id: 'f-cpu-00000001',
      host: 'host:was-pay-02',
      state: 'open',
      kind: 'saturation',
      severity: 'critical',
      confidence: 0.998,
      nature: 'pressure',
      trouble: 'cpu',
      peer: null,
      score: 14.2,
      entity: 'host:was-pay-02',
      detector,
      title: { ko: 'was-pay-02 CPU 포화', en: 'CPU saturated on was-pay-02' },
      summary: {
        ko: '평소 20–45 %이던 CPU 사용률이 97 %로 12분째 이어집니다. 가장 많이 쓰는 프로세스는 java입니다.',
        en: 'CPU utilization, usually 20–45 %, has been at 97 % for 12 minutes. The busiest process is java.',
      },
      startedAt: stamp(onset),
      detectedAt: stamp(onset + 14_000),
      endedAt: null,
      evidence: [
        {
          kind: 'series',
          ref: '00000000000000a1',
          metric: 'system.cpu.utilization',
          attributes: {},
          unit: '1',
          value: 0.97,
          expectedLow: 0.2,
          expectedHigh: 0.45,
          from: stamp(onset),
          to: stamp(nowMs),
        },
        {
          kind: 'process',
          ref: 'java',
          value: 1.9,
          unit: '1',
          note: { ko: 'pid 2210, 코어 1.9개', en: 'pid 2210, 1.9 cores' },
        },
      ],
      incident: 'INC-1042',
    },
    {
      id: 'f-psi-00000002',
      host: 'host:was-pay-02',
      state: 'open',
      kind: 'level-shift',
      severity: 'major',
      confidence: 0.97,
      nature: 'pressure',
      trouble: 'memory',
      peer: null,
      score: 6.1,
      entity: 'host:was-pay-02',
      detector,
      title: { ko: 'was-pay-02 CPU 대기 증가', en: 'CPU pressure up on was-pay-02' },
      summary: {
        ko: 'CPU를 기다린 시간이 0 %에서 38 %로 늘었습니다.',
        en: 'Time spent waiting for CPU rose from 0 % to 38 %.',
      },
      startedAt: stamp(onset + 40_000),
      detectedAt: stamp(onset + 70_000),
      endedAt: null,
      evidence: [
        {
          kind: 'series',
          ref: '00000000000000a2',
          metric: 'airis.pressure.stall.ratio',
          attributes: { 'airis.pressure.resource': 'cpu', 'airis.pressure.kind': 'some' },
          unit: '1',
          value: 0.38,
          expectedLow: 0,
          expectedHigh: 0.03,
          from: stamp(onset + 40_000),
          to: stamp(nowMs),
        },
      ],
      incident: 'INC-1042',
    },
    {
      id: 'f-nginx-0000003',
      host: 'host:web-03',
      state: 'open',
      kind: 'missing',
      severity: 'major',
      confidence: 1,
      score: 8,
      entity: 'service:nginx@web-03',
      nature: 'fault',
      trouble: 'missing',
      peer: null,
      detector: { name: 'role-watch', version: '1' },
      title: { ko: 'web-03 nginx 멈춤', en: 'nginx stopped on web-03' },
      summary: {
        ko: '실행 중이던 nginx 프로세스가 사라졌습니다.',
        en: 'The nginx process that had been running is gone.',
      },
      startedAt: stamp(nowMs - 52 * MINUTE),
      detectedAt: stamp(nowMs - 52 * MINUTE + 6000),
      endedAt: null,
      evidence: [{ kind: 'role', ref: 'nginx', note: { ko: 'pid 1432 없음', en: 'pid 1432 is gone' } }],
      incident: 'INC-1041',
    },
    {
      id: 'f-disk-00000004',
      host: 'host:db-order-01',
      state: 'open',
      kind: 'drift',
      severity: 'minor',
      confidence: 0.93,
      score: 4.4,
      entity: 'host:db-order-01',
      nature: 'fault',
      trouble: 'file-system',
      peer: null,
      detector: { name: 'fill', version: '1' },
      title: { ko: 'db-order-01 /data가 약 3시간 뒤 가득 참', en: '/data on db-order-01 is full in about 3 h' },
      summary: { ko: '10분에 1.4 GB씩 늘고 있습니다.', en: 'It grows by 1.4 GB every 10 minutes.' },
      startedAt: stamp(nowMs - 186 * MINUTE),
      detectedAt: stamp(nowMs - 170 * MINUTE),
      endedAt: null,
      evidence: [{ kind: 'file-system', ref: '/data', value: 0.91, unit: '1' }],
      incident: 'INC-1039',
    },
  ];
}

export function fixtureChanges(nowMs: number): Change[] {
  return [
    {
      id: 'c-restart-00001',
      host: 'host:was-pay-02',
      kind: 'restart',
      entity: 'service:tomcat@was-pay-02',
      at: stamp(nowMs - ONSET_MS - 95_000),
      summary: { ko: 'tomcat 재시작 (pid 1988 → 2210)', en: 'tomcat restarted (pid 1988 → 2210)' },
      attributes: {},
    },
  ];
}

const causes: IncidentDetail['causes'] = [
  {
    rank: 1,
    entity: 'service:tomcat@was-pay-02',
    score: 0.86,
    explanation: {
      ko: 'tomcat 재시작 95초 뒤 CPU가 포화되었고, 가장 먼저 변했습니다.',
      en: 'CPU saturated 95 seconds after tomcat restarted, and it changed first.',
    },
    evidence: [
      { kind: 'finding', ref: 'f-cpu-00000001' },
      { kind: 'finding', ref: 'f-psi-00000002' },
      { kind: 'change', ref: 'c-restart-00001' },
    ],
    for: [],
    against: [],
  },
  {
    rank: 2,
    entity: 'host:was-pay-02',
    score: 0.41,
    explanation: {
      ko: '호스트 전체의 CPU 부족. 1순위의 결과로 보입니다.',
      en: 'CPU shortage of the whole host, likely a result of the first.',
    },
    evidence: [{ kind: 'finding', ref: 'f-psi-00000002' }],
    for: [],
    against: [],
  },
];

export function fixtureIncidents(nowMs: number): Incident[] {
  const base = {
    acknowledgedAt: null,
    resolvedAt: null,
    updatedAt: stamp(nowMs),
    services: [],
    owner: null,
    impact: null,
  };
  return [
    {
      ...base,
      id: 'INC-1042',
      state: 'open',
      severity: 'critical',
      title: { ko: 'was-pay-02 CPU 포화', en: 'CPU saturated on was-pay-02' },
      startedAt: stamp(nowMs - ONSET_MS),
      detectedAt: stamp(nowMs - ONSET_MS + 14_000),
      hosts: ['host:was-pay-02'],
      services: ['service:tomcat@was-pay-02'],
      firingAlerts: 2,
      totalAlerts: 5,
      topCause: causes[0] ?? null,
    },
    {
      ...base,
      id: 'INC-1041',
      state: 'acknowledged',
      severity: 'major',
      title: { ko: 'web-03 nginx 멈춤', en: 'nginx stopped on web-03' },
      startedAt: stamp(nowMs - 52 * MINUTE),
      detectedAt: stamp(nowMs - 52 * MINUTE + 6000),
      acknowledgedAt: stamp(nowMs - 47 * MINUTE),
      hosts: ['host:web-03'],
      owner: 'minji',
      firingAlerts: 1,
      totalAlerts: 1,
      topCause: {
        rank: 1,
        entity: 'service:nginx@web-03',
        score: 0.64,
        explanation: { ko: 'nginx 프로세스가 사라졌습니다.', en: 'The nginx process is gone.' },
        evidence: [],
        for: [],
        against: [],
      },
    },
    {
      ...base,
      id: 'INC-1039',
      state: 'open',
      severity: 'minor',
      title: { ko: 'db-order-01 /data가 약 3시간 뒤 가득 참', en: '/data on db-order-01 is full in about 3 h' },
      startedAt: stamp(nowMs - 186 * MINUTE),
      detectedAt: stamp(nowMs - 170 * MINUTE),
      hosts: ['host:db-order-01'],
      firingAlerts: 1,
      totalAlerts: 2,
      topCause: null,
    },
    {
      ...base,
      id: 'INC-1038',
      state: 'resolved',
      severity: 'major',
      title: { ko: 'app-coupon-02 메모리 부족', en: 'Memory short on app-coupon-02' },
      startedAt: stamp(nowMs - 3000 * MINUTE),
      detectedAt: stamp(nowMs - 3000 * MINUTE + 9000),
      resolvedAt: stamp(nowMs - 2989 * MINUTE),
      hosts: ['host:app-coupon-02'],
      owner: 'minji',
      firingAlerts: 0,
      totalAlerts: 3,
      topCause: null,
    },
  ];
}

export function fixtureIncident(id: string, nowMs: number): IncidentDetail | null {
  const incident = fixtureIncidents(nowMs).find((one) => one.id === id);
  if (incident === undefined) return null;
  const findings = fixtureFindings(nowMs).filter((finding) => finding.incident === id);
  const isFirst = id === 'INC-1042';
  return {
    ...incident,
    findings,
    changes: isFirst ? fixtureChanges(nowMs) : [],
    alerts: findings.map((finding) => ({
      id: `a-${finding.id}`,
      finding: finding.id,
      state: 'firing',
      severity: finding.severity,
      host: finding.host,
      entity: finding.entity,
      title: finding.title,
      since: finding.detectedAt,
    })),
    causes: isFirst ? causes : incident.topCause === null ? [] : [incident.topCause],
    ruledOut: [],
    unknown: [],
    path: [],
    narrative: {
      ko: isFirst
        ? 'tomcat이 재시작한 뒤 was-pay-02의 CPU 사용률이 평소 범위를 벗어났습니다 [E1]. 이어서 CPU를 기다린 시간이 늘었습니다 [E2].\n\n재시작은 이상보다 95초 먼저입니다 [E3]. 메모리와 디스크는 평소 범위입니다.'
        : '',
      en: isFirst
        ? 'After tomcat restarted, CPU utilization of was-pay-02 left its usual range [E1]. Time spent waiting for CPU rose next [E2].\n\nThe restart came 95 seconds before the anomaly [E3]. Memory and disk are as usual.'
        : '',
      source: 'template',
    },
    actions: [],
    timeline: [
      {
        at: incident.detectedAt,
        kind: 'detected',
        severity: incident.severity,
        text: { ko: '감지', en: 'Detected' },
        ref: findings[0]?.id ?? null,
      },
    ],
    log: isFirst ? [] : [{ at: stamp(nowMs - 47 * MINUTE), who: 'minji', text: 'acknowledged' }],
  };
}

export function fixtureHost(agent: string, nowMs: number, more: readonly Host[] = []): HostDetail | null {
  const host = [...more, ...fixtureHosts(nowMs)].find((one) => one.agent === agent);
  if (host === undefined) return null;
  return {
    ...host,
    generalLogSources: ['/var/log/nginx/*.log'],
    links: [
      {
        interfaceName: 'eth0',
        device: 'device:sw-core-1',
        deviceName: 'sw-core-1',
        port: 'Gi1/0/12',
        address: '10.0.0.2',
      },
    ],
    inventory: {
      hostName: agent,
      os: 'Rocky Linux 9.4',
      kernel: '5.14.0-427.el9.x86_64',
      arch: 'x64',
      cpuModel: 'Intel Xeon Gold 6338',
      cpuCount: 8,
      memoryBytes: 32 * 1024 ** 3,
      bootTime: stamp(nowMs - 40 * 24 * 60 * MINUTE),
      addresses: ['10.20.4.12'],
      virtualization: 'kvm',
    },
    health: {
      at: stamp(nowMs - 4000),
      startedAt: stamp(nowMs - 26 * 60 * MINUTE),
      spool: { bytes: 4_200_000, limitBytes: 512 * 1024 ** 2, batches: 0, oldestAt: null },
      collectors: ['cpu', 'memory', 'disk', 'network', 'pressure', 'nginx'].map((name) => ({
        name,
        ok: name !== 'nginx' || agent !== 'web-03',
        durationMs: 2.1,
        error: name === 'nginx' && agent === 'web-03' ? 'connect ECONNREFUSED 127.0.0.1:80' : null,
        failures: name === 'nginx' && agent === 'web-03' ? 4 : 0,
        failingSinceUnixMs: name === 'nginx' && agent === 'web-03' ? nowMs - 40_000 : null,
        nextTryUnixMs: name === 'nginx' && agent === 'web-03' ? nowMs + 20_000 : null,
      })),
      refusedByReason: { 'line-too-long': 3 },
      self: { cpuSecondsTotal: 380, rssBytes: 91 * 1024 ** 2, series: 412 },
      detection: {
        ready: true,
        anomalyScore: host.anomalyScore ?? 0,
        modelName: 'edge-dense',
        modelVersion: '3',
        inferenceMsP99: 0.18,
        error: null,
      },
    },
    lossByReason: host.rowsLost === 0 ? {} : { 'spool-full': host.rowsLost },
    series: [],
    changes: fixtureChanges(nowMs).filter((change) => change.host === host.id),
    findings: fixtureFindings(nowMs).filter((finding) => finding.host === host.id),
    enrolledAt: stamp(nowMs - 90 * 24 * 60 * MINUTE),
    revokedAt: null,
  };
}

export function fixtureHealth(nowMs: number): HubHealth {
  return {
    version: '0.1.0',
    startedAt: stamp(nowMs - 26 * 60 * MINUTE),
    at: stamp(nowMs),
    parts: [
      { name: 'broker', ok: true, detail: 'nats-server 2.11.4, 25 connections', restarts: 0 },
      { name: 'telemetry', ok: true, detail: 'answered in 3 ms', restarts: 1 },
      { name: 'state', ok: true, detail: 'migration 7', restarts: 0 },
      { name: 'ingest', ok: true, detail: '2 consumers', restarts: 0 },
      { name: 'incident', ok: true, detail: '3 open', restarts: 0 },
    ],
    ingest: {
      lagSeconds: 1.2,
      rowsPerSecond: 4312.4,
      rowsStored: 40_213_880,
      quarantined: [
        { reason: 'wrong-schema', count: 2 },
        { reason: 'clock', count: 1 },
      ],
      duplicatesDropped: 118,
      rowsLost: 1240,
    },
    disk: { freeBytes: 412e9, totalBytes: 960e9, guard: 'ok' },
    streams: [
      { name: 'TELEMETRY', messages: 38, bytes: 1_204_000, limitBytes: 2e9 },
      { name: 'EVENTS', messages: 2, bytes: 4100, limitBytes: 2e8 },
    ],
    tables: [
      { name: 'metric_summary', rows: 38_102_344, bytes: 612_000_000 },
      { name: 'metric_block', rows: 1_804_112, bytes: 98_000_000 },
      { name: 'log_record', rows: 307_424, bytes: 21_000_000 },
    ],
    agents: { total: 25, live: 24, stale: 1, revoked: 0 },
  };
}

const seriesOf: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>> = {
  'system.cpu.utilization': [{}, { 'cpu.mode': 'user' }, { 'cpu.mode': 'system' }, { 'cpu.mode': 'iowait' }],
  'system.memory.utilization': [{}],
  'system.filesystem.utilization': [
    { 'system.filesystem.mountpoint': '/' },
    { 'system.filesystem.mountpoint': '/data' },
  ],
  'system.disk.io': [{ 'disk.io.direction': 'read' }, { 'disk.io.direction': 'write' }],
  'system.network.io': [{ 'network.io.direction': 'receive' }, { 'network.io.direction': 'transmit' }],
  'airis.pressure.stall.ratio': [
    { 'airis.pressure.resource': 'cpu', 'airis.pressure.kind': 'some' },
    { 'airis.pressure.resource': 'io', 'airis.pressure.kind': 'some' },
  ],
};

const serviceMetrics: Readonly<Record<string, string>> = {
  'airis.http.server.requests': '{request}/s',
  'http.server.request.duration': 's',
  'airis.http.server.error_ratio': '1',
  'http.server.active_requests': '{request}',
  'airis.db.server.lock.waiters': '{session}',
  'airis.db.server.statement.duration': 's',
  'db.client.operation.duration': 's',
};

const serviceAttributes = (metric: string): Readonly<Record<string, string>> =>
  metric === 'airis.http.server.requests' ? { 'http.response.status_class': '2xx' } : {};

const shareOfMode: Readonly<Record<string, number>> = { user: 0.78, system: 0.17, iowait: 0.03 };

function fixtureValue(
  series: Pick<MetricSeries, 'host' | 'metric' | 'attributes'>,
  timeMs: number,
  nowMs: number,
): number | null {
  const { host, metric, attributes } = series;
  const agoMs = nowMs - timeMs;
  if (host === 'host:web-07' && agoMs < 6 * MINUTE) return null;
  if (host === 'host:was-pay-02' && agoMs > 21 * MINUTE && agoMs < 22.5 * MINUTE) return null;
  const key = host + JSON.stringify(attributes) + metric;
  const wobble = (noise(key, Math.floor(timeMs / 60_000)) * 2 + noise(key, Math.floor(timeMs / 10_000))) / 3;
  const base = 0.1 + noise(host + metric, 7) * 0.3;
  const isSick = host === 'host:was-pay-02' && agoMs < ONSET_MS;
  if (metric === 'system.cpu.utilization') {
    const total = isSick ? 0.94 + wobble * 0.05 : base + wobble * 0.1;
    return total * (shareOfMode[attributes['cpu.mode'] ?? ''] ?? 1);
  }
  if (metric in serviceMetrics) {
    if (!host.startsWith('host:shop-')) return null;
    const isSlow = agoMs < 150_000;
    if (metric === 'airis.http.server.requests') return 18 + wobble * 4;
    if (metric === 'http.server.active_requests') return isSlow ? 40 + wobble * 20 : 1 + wobble;
    if (metric === 'airis.http.server.error_ratio') return isSlow ? 0.06 + wobble * 0.02 : 0;
    if (metric === 'airis.db.server.lock.waiters') return isSlow ? 10 + Math.round(wobble * 4) : 0;
    return isSlow ? 2.4 + wobble : 0.02 + wobble * 0.01;
  }
  if (metric === 'system.memory.utilization') return 0.35 + base + wobble * 0.01;
  if (metric === 'system.filesystem.utilization') {
    return host === 'host:db-order-01' ? 0.91 - agoMs / 6e8 : 0.3 + noise(key, 3) * 0.3;
  }
  if (metric === 'airis.pressure.stall.ratio')
    return isSick && attributes['airis.pressure.resource'] === 'cpu' ? 0.3 + wobble * 0.12 : wobble * 0.02;
  return (2e5 + noise(host, 9) * 4e6) * (0.7 + wobble * 0.5);
}

/** `now`, `-30m`, or an instant. */
function readTime(text: string, nowMs: number): number {
  const match = /^-(\d+)([smhd])$/.exec(text);
  if (match === null) return text === 'now' ? nowMs : Date.parse(text);
  return nowMs - Number(match[1]) * ({ s: 1000, m: MINUTE, h: 60 * MINUTE, d: 1440 * MINUTE }[match[2] ?? 's'] ?? 1000);
}

export function fixtureMetrics(query: MetricsQuery, nowMs: number, more: readonly Host[] = []): MetricsAnswer {
  const fromMs = readTime(query.from, nowMs);
  const toMs = readTime(query.to, nowMs);
  const stepMs = (query.stepSeconds ?? Math.max(1, Math.ceil((toMs - fromMs) / 300_000))) * 1000;
  const first = Math.ceil(fromMs / stepMs) * stepMs;
  const times = Array.from(
    { length: Math.max(0, Math.floor((Math.min(toMs, nowMs) - first) / stepMs)) },
    (_, index) => first + index * stepMs,
  );
  const hosts = query.hosts ?? [...more, ...fixtureHosts(nowMs)].map((host) => host.id);
  const wanted = Object.entries(query.attributes ?? {});
  const isAsked = (attributes: Readonly<Record<string, string>>): boolean =>
    wanted.every(([key, value]) => attributes[key] === value);
  const series = hosts.flatMap((host) =>
    (seriesOf[query.metric] ?? (query.metric in serviceMetrics ? [serviceAttributes(query.metric)] : []))
      .filter(isAsked)
      .map((attributes, index) => {
        const mean = times.map((timeMs) => fixtureValue({ host, metric: query.metric, attributes }, timeMs, nowMs));
        const unit = serviceMetrics[query.metric] ?? (query.metric.endsWith('.io') ? 'By/s' : '1');
        return {
          id: index.toString(16).padStart(16, '0'),
          host,
          metric: query.metric,
          attributes,
          unit,
          mean,
          min: mean,
          max: mean,
        };
      }),
  );
  return { stepSeconds: stepMs / 1000, times, series, gaps: [] };
}

export const fixtureHeldLines = (nowMs: number, isEmpty: boolean) => ({
  lines: isEmpty
    ? []
    : Array.from({ length: 40 }, (_, i) => ({
        time: stamp(nowMs - (40 - i) * 1_000),
        host: 'host:shop-was-01',
        source: '/var/log/shop/app.log',
        severity: 9,
        templateId: '00000000000000a1',
        body: `INFO [http-nio-<num>-exec-${i}] c.shop.OrderService - 주문 <num> 결제 승인, ${i * 3} ms`,
      })),
  isCut: false,
  withheld: 12,
});

const DAY_MS = 86_400_000;

/** A disk with a date, a pool that may fill, memory that does not, a disk without a past. */
export function fixtureCapacity(host: string, nowMs: number, isEmpty: boolean): CapacityAnswer {
  const known = {
    name: null,
    usedRatio: 0.43,
    perDayRatio: 0.0002,
    fullAt: null,
    earliestFullAt: null,
    latestFullAt: null,
    probability: 0,
    horizonDays: 60,
    daysOfPast: 30,
  };
  const resources: CapacityAnswer['resources'] = [
    {
      ...known,
      kind: 'file-system',
      name: '/var/lib/postgresql',
      usedRatio: 0.82,
      perDayRatio: 0.0102,
      fullAt: stamp(nowMs + 18 * DAY_MS),
      earliestFullAt: stamp(nowMs + 14 * DAY_MS),
      latestFullAt: stamp(nowMs + 25 * DAY_MS),
      probability: 0.97,
    },
    {
      ...known,
      kind: 'connection-pool',
      name: 'jdbc/shop',
      usedRatio: 0.61,
      earliestFullAt: stamp(nowMs + 40 * DAY_MS),
      probability: 0.22,
    },
    { ...known, kind: 'memory' },
    {
      ...known,
      kind: 'file-system',
      name: '/data',
      probability: null,
      horizonDays: null,
      perDayRatio: null,
      daysOfPast: 1,
    },
  ];
  return { host, resources: isEmpty ? [] : resources };
}

export const fixtureThreads = (host: string, nowMs: number) => ({
  host,
  takenAt: stamp(nowMs),
  text: 'pid 4711 org.apache.catalina.startup.Bootstrap\n"http-nio-<num>-exec-7" #42 daemon prio=5\n   java.lang.Thread.State: BLOCKED (on object monitor)\n\tat com.shop.StockLock.take(StockLock.java:88)\n',
});

export function fixtureRisks(nowMs: number, isEmpty: boolean): RisksAnswer {
  const known = { low: 0.001, high: 0.004, usual: 0.002, factors: [] };
  const words = {
    logs: { ko: '처음 보거나 급증한 오류 로그', en: 'log errors that are new or burst' },
    day: { ko: '하루 안에 있었던 장애', en: 'an incident within the day' },
  };
  const factors = [
    { name: 'log-errors', words: words.logs },
    { name: 'after-day', words: words.day },
  ];
  const items: RisksAnswer['items'] = [
    { ...known, host: 'host:web-02', probability: 0.23, low: 0.12, high: 0.38, factors },
    { ...known, host: 'host:db-01', probability: 0.003 },
  ];
  const bins = [
    { said: 0.002, happened: 0.002, times: 51_000 },
    { said: 0.21, happened: 0.19, times: 140 },
  ];
  return {
    asOf: stamp(nowMs),
    horizonMinutes: 30,
    items: isEmpty ? [] : items,
    calibration: isEmpty ? null : { incidents: 31, days: 30, brier: 0.0041, brierOfUsual: 0.0052, bins },
  };
}
