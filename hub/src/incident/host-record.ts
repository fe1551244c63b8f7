import type { Health, Inventory } from '@airis/protocol';

/** What the hub last heard of a host. */
export interface HostRecord {
  readonly agent: string;
  /** By the hub's clock: when its last health report was taken in. */
  readonly lastSeenAtUnixMs: number;
  readonly health: Health;
  /** The newest one known; health reports carry it only once an hour. */
  readonly inventory: Inventory | null;
  /** The agent said that it stops, in order, and nothing was heard since. */
  readonly stoppedAtUnixMs: number | null;
}

/**
 * Adds one health report. What was received last counts, whatever the host's clock says; a report that comes a second
 * time changes nothing (`null`).
 */
export function mergeHealth(
  known: HostRecord | null,
  incoming: { readonly agent: string; readonly health: Health; readonly receivedAtUnixMs: number },
): HostRecord | null {
  const { agent, health, receivedAtUnixMs } = incoming;
  if (known !== null) {
    if (receivedAtUnixMs < known.lastSeenAtUnixMs) return null;
    if (health.atUnixMs === known.health.atUnixMs) return null;
    const isOlderTwin = receivedAtUnixMs === known.lastSeenAtUnixMs && health.atUnixMs < known.health.atUnixMs;
    if (isOlderTwin) return null;
  }
  const stoppedAt = known?.stoppedAtUnixMs ?? null;
  const isBack = stoppedAt !== null && health.startedAtUnixMs >= stoppedAt;
  return {
    agent,
    lastSeenAtUnixMs: receivedAtUnixMs,
    health,
    inventory: health.inventory ?? known?.inventory ?? null,
    stoppedAtUnixMs: isBack ? null : stoppedAt,
  };
}
