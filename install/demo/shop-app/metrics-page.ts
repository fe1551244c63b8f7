import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Store } from './store.ts';

const DELAY_WINDOW_MS = 5_000;
const THREE_SECONDS_MS = 3_000;
const EIGHT_SECONDS_MS = 8_000;

/** Requests in flight and the pool, as a Prometheus page with OpenTelemetry's names. */
export interface MetricsPage {
  /** Call the returned thing when the request has been answered. */
  requestBegins(): () => void;
  text(): string;
}

export function createMetricsPage(store: Store): MetricsPage {
  const begun = new Map<number, number>();
  let next = 0;
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let p99Seconds = 0;
  setInterval(() => {
    // The timer's own resolution is in every reading.
    p99Seconds = Math.max(0, delay.percentile(99) / 1e9 - 0.01);
    delay.reset();
  }, DELAY_WINDOW_MS).unref();

  return {
    requestBegins() {
      const key = next++;
      begun.set(key, performance.now());
      return () => void begun.delete(key);
    },
    text() {
      const { used, idle, max, pending, idleInUse } = store.pool();
      const nowMs = performance.now();
      const ages = { lt3s: 0, '3to8s': 0, ge8s: 0 };
      for (const startMs of begun.values()) {
        const ageMs = nowMs - startMs;
        ages[ageMs < THREE_SECONDS_MS ? 'lt3s' : ageMs < EIGHT_SECONDS_MS ? '3to8s' : 'ge8s']++;
      }
      return [
        gauge('db.client.connection.count', used, 'db.client.connection.state', 'used'),
        gauge('db.client.connection.count', idle, 'db.client.connection.state', 'idle'),
        gauge('db.client.connection.max', max),
        gauge('db.client.connection.pending_requests', pending),
        gauge('airis.db.client.connection.idle_in_use', idleInUse),
        gauge('nodejs.eventloop.delay.p99', p99Seconds),
        ...Object.entries(ages).map(([age, count]) =>
          gauge('http.server.active_requests', count, 'airis.request.age', age),
        ),
        '',
      ].join('\n');
    },
  };
}

function gauge(name: string, value: number, label?: string, labelValue?: string): string {
  return `{"${name}"${label === undefined ? '' : `,"${label}"="${labelValue}"`}} ${value}`;
}
