import type { Finding } from '@airis/protocol';

/** Six health reports missed. */
export const STALE_AFTER_MS = 60_000;
export const STALE_DETECTOR = 'stale-host';

export interface Hearing {
  readonly agent: string;
  readonly lastSeenAtUnixMs: number;
  /** The agent announced an orderly stop and has not come back. */
  readonly stoppedAtUnixMs: number | null;
}

/** Nothing was heard for a minute in which the hub itself could hear. */
export function isStale(host: Hearing, hearingSinceUnixMs: number, nowUnixMs: number): boolean {
  return nowUnixMs - Math.max(host.lastSeenAtUnixMs, hearingSinceUnixMs) > STALE_AFTER_MS;
}

/** A silent host is a finding unless its agent said goodbye. */
export function isMissing(host: Hearing, hearingSinceUnixMs: number, nowUnixMs: number): boolean {
  return host.stoppedAtUnixMs === null && isStale(host, hearingSinceUnixMs, nowUnixMs);
}

/** The finding for one silence; its id follows from when the silence began, so that it is found again after a restart. */
export function staleHostFinding(host: Hearing, nowUnixMs: number): Finding {
  const seconds = Math.round((nowUnixMs - host.lastSeenAtUnixMs) / 1000);
  return {
    id: `f-stale-${host.lastSeenAtUnixMs.toString(36).padStart(9, '0')}`,
    state: 'open',
    kind: 'missing',
    nature: 'fault',
    trouble: 'missing',
    peer: null,
    severity: 'major',
    confidence: 0.95,
    score: seconds,
    entity: `host:${host.agent}`,
    detector: { name: STALE_DETECTOR, version: '1' },
    title: { ko: '호스트 수신 끊김', en: 'Host not heard from' },
    summary: {
      ko: `${seconds}초 동안 상태 보고가 없습니다. 호스트나 에이전트가 멈췄거나 네트워크가 끊겼을 수 있습니다.`,
      en: `No health report for ${seconds} s. The host or its agent may have stopped, or the network is cut.`,
    },
    startedAtUnixMs: host.lastSeenAtUnixMs,
    detectedAtUnixMs: nowUnixMs,
    endedAtUnixMs: null,
    evidence: [{ kind: 'role', ref: `host:${host.agent}`, fromUnixMs: host.lastSeenAtUnixMs, toUnixMs: nowUnixMs }],
  };
}
