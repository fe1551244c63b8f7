import type { Change, Finding, Health } from '@airis/protocol';
import type { IncomingEvent } from './event.ts';

/** 2026-11-22 21:00:00 in Korea: the time at which tests begin. */
export const T0 = Date.UTC(2026, 10, 22, 12, 0, 0);

/** A finding that is right in every field; tests say what matters to them. */
export function aFinding(fields: Partial<Finding> = {}): Finding {
  const detected = fields.detectedAtUnixMs ?? T0;
  return {
    id: 'f-00000001',
    state: 'open',
    kind: 'saturation',
    nature: 'fault',
    trouble: 'cpu',
    peer: null,
    severity: 'major',
    confidence: 0.98,
    score: 12,
    entity: 'host:web-1',
    detector: { name: 'saturation', version: '1' },
    title: { ko: 'CPU 포화', en: 'CPU saturated' },
    summary: { ko: 'CPU 사용률이 평소보다 높습니다.', en: 'CPU utilization is far above usual.' },
    startedAtUnixMs: detected - 10_000,
    detectedAtUnixMs: detected,
    endedAtUnixMs: null,
    evidence: [
      {
        kind: 'series',
        ref: '00000000000000aa',
        metric: 'system.cpu.utilization',
        unit: '1',
        value: 0.98,
        expectedLow: 0.05,
        expectedHigh: 0.3,
        fromUnixMs: detected - 10_000,
        toUnixMs: detected,
      },
    ],
    ...fields,
  };
}

export function aChange(fields: Partial<Change> = {}): Change {
  return {
    id: 'c-00000001',
    kind: 'config',
    entity: 'service:nginx@web-1',
    atUnixMs: T0,
    summary: { ko: 'nginx 설정이 바뀌었습니다.', en: 'The nginx configuration changed.' },
    attributes: {},
    ...fields,
  };
}

export function aHealth(fields: Partial<Health> = {}): Health {
  return {
    atUnixMs: T0,
    agentVersion: '0.1.0',
    startedAtUnixMs: T0 - 3_600_000,
    inventory: null,
    roles: [],
    machine: null,
    scope: null,
    topology: { listens: [], calls: [], links: [] },
    spool: { bytes: 0, limitBytes: 1_000_000, batches: 0, oldestUnixMs: null },
    lossRowsByReason: {},
    refusedByReason: {},
    collectors: [],
    self: { cpuSecondsTotal: 1, rssBytes: 50_000_000, series: 300 },
    detection: {
      ready: true,
      anomalyScore: 0.1,
      modelName: null,
      modelVersion: null,
      inferenceMsP99: null,
      error: null,
    },
    ...fields,
  };
}

export function anEvent(
  kind: IncomingEvent['kind'],
  payload: unknown,
  receivedAtMs: number,
  agent = 'web-1',
): IncomingEvent {
  return { agent, agentNumber: 1, kind, payload, receivedAtMs };
}
