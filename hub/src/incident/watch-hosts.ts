import type { Finding } from '@airis/protocol';
import { isLeftBehind } from '../detect/left-behind.ts';
import { isMissing, STALE_DETECTOR, staleHostFinding } from '../detect/stale-host.ts';
import type { FindingRecord } from './finding-record.ts';
import type { HostRecord } from './host-record.ts';

export interface Fleet {
  readonly hosts: readonly HostRecord[];
  readonly open: readonly FindingRecord[];
  /** Unix ms of revocation by agent. */
  readonly revoked: ReadonlyMap<string, number>;
}

export interface HubFinding {
  readonly agent: string;
  readonly finding: Finding;
}

/**
 * What the hub itself has to say of the hosts now: silences that begin or end, and findings that nobody else will
 * close because their agent restarted or was revoked.
 */
export function watchHosts(fleet: Fleet, hearingSinceUnixMs: number, nowUnixMs: number): HubFinding[] {
  const hosts = new Map(fleet.hosts.map((host) => [host.agent, host]));
  const silences = fleet.hosts
    .filter((host) => !fleet.revoked.has(host.agent) && isMissing(host, hearingSinceUnixMs, nowUnixMs))
    .map((host) => ({ agent: host.agent, finding: staleHostFinding(host, nowUnixMs) }));
  const endings = fleet.open.flatMap((record) => {
    const end = endOfFinding(record, hosts.get(record.agent), fleet.revoked.get(record.agent), nowUnixMs);
    return end === null ? [] : [{ agent: record.agent, finding: closed(record.finding, end) }];
  });
  return [...silences, ...endings];
}

function endOfFinding(
  record: FindingRecord,
  host: HostRecord | undefined,
  revokedAt: number | undefined,
  nowUnixMs: number,
): number | null {
  if (revokedAt !== undefined) return revokedAt;
  if (host === undefined) return null;
  const { finding } = record;
  if (finding.detector.name === STALE_DETECTOR) {
    if (host.stoppedAtUnixMs !== null) return host.stoppedAtUnixMs;
    return host.lastSeenAtUnixMs > finding.startedAtUnixMs ? host.lastSeenAtUnixMs : null;
  }
  return isLeftBehind(finding, host.health, record.heardAtUnixMs, nowUnixMs) ? host.health.startedAtUnixMs : null;
}

function closed(finding: Finding, endedAtUnixMs: number): Finding {
  return { ...finding, state: 'closed', endedAtUnixMs: Math.max(endedAtUnixMs, finding.detectedAtUnixMs) };
}
