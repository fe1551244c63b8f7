import type { Finding, Health } from '@airis/protocol';

/** Time that a restarted agent gets to find again what its predecessor had found. */
const REDISCOVERY_MS = 3 * 60_000;

/**
 * Whether an open finding was left behind by an agent that has since restarted: nobody will ever close it. What was
 * `missing` stays until its role is seen running, since the new agent cannot know that it ever ran.
 *
 * @param heardAtUnixMs - hub time at which the finding was last heard of
 */
export function isLeftBehind(finding: Finding, health: Health, heardAtUnixMs: number, nowUnixMs: number): boolean {
  const isFromBefore = finding.detectedAtUnixMs < health.startedAtUnixMs;
  const hadTime = health.atUnixMs - health.startedAtUnixMs > REDISCOVERY_MS;
  const isQuiet = nowUnixMs - heardAtUnixMs > REDISCOVERY_MS;
  if (!isFromBefore || !hadTime || !isQuiet) return false;
  return finding.kind !== 'missing' || isRunning(finding.entity, health);
}

function isRunning(entity: string, health: Health): boolean {
  const name = /^service:([^@]+)@/.exec(entity)?.[1];
  return name === undefined || health.roles.some((role) => role.name === name && role.state === 'running');
}
