import { errorText } from '../errors.ts';
import { withPeerNamed } from '../incident/peer-name.ts';
import type { IncidentNews } from '../incident/service.ts';
import { koreanTime } from '../korean-time.ts';
import type { ApiContext } from './context.ts';
import type { EventBus } from './event-bus.ts';
import { hostRows } from './host-rows.ts';
import { presentFinding, presentIncident } from './present.ts';
import type { HostUpdate } from './types.ts';

/** What the incident service tells, as events of the stream. */
export function publishNews(
  bus: EventBus,
  topology: Pick<ApiContext['topology'], 'entityAt'>,
): (news: IncidentNews) => void {
  return (news) => {
    if (news.kind === 'incident') bus.publish({ event: 'incident', data: presentIncident(news.summary) });
    else bus.publish({ event: 'finding', data: presentFinding(withPeerNamed(news.record, topology)) });
  };
}

const EVERY_MS = 2_000;
/** A host whose state stays the same is told of this often, so that "last seen" keeps moving. */
const HOST_AT_LEAST_EVERY_MS = 30_000;
const HEALTH_EVERY_MS = 5_000;

/** Publishes what changed of hosts and hub, while somebody listens. */
export function startLiveUpdates(hub: ApiContext): Disposable {
  const told = new Map<string, { digest: string; atMs: number }>();
  let healthAtMs = 0;
  let isBusy = false;

  async function hosts(): Promise<void> {
    const now = hub.clock();
    const rows = await hostRows(hub);
    for (const row of rows.values()) {
      const digest = digestOf(row);
      const last = told.get(row.agent);
      if (last !== undefined && last.digest === digest && now - last.atMs < HOST_AT_LEAST_EVERY_MS) continue;
      told.set(row.agent, { digest, atMs: now });
      hub.bus.publish({ event: 'host', data: row });
    }
    for (const agent of told.keys()) if (!rows.has(agent)) told.delete(agent);
  }

  async function health(): Promise<void> {
    const now = hub.clock();
    if (now - healthAtMs < HEALTH_EVERY_MS) return;
    healthAtMs = now;
    const { parts, ingest } = await hub.health.read();
    const failing = parts.filter((part) => !part.ok).map((part) => part.name);
    const { lagSeconds, rowsPerSecond, rowsLost } = ingest;
    const at = koreanTime(now);
    hub.bus.publish({
      event: 'health',
      data: { at, ok: failing.length === 0, failing, lagSeconds, rowsPerSecond, rowsLost },
    });
  }

  async function update(): Promise<void> {
    if (isBusy || hub.bus.subscribers === 0) return;
    isBusy = true;
    try {
      await hosts();
      await health();
    } catch (cause) {
      hub.log.warn('LIVE_UPDATE_FAILED', errorText(cause));
    } finally {
      isBusy = false;
    }
  }

  const timer = setInterval(() => void update(), EVERY_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The score moves all the time: a tenth is news. */
function digestOf(row: HostUpdate): string {
  const { lastSeenAt: _seen, anomalyScore, ...rest } = row;
  return JSON.stringify([rest, anomalyScore === null ? null : Math.round(anomalyScore * 10)]);
}
