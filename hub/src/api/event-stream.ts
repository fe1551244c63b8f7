import type { ServerResponse } from 'node:http';
import type { BusEvent, EventBus } from './event-bus.ts';

export interface EventStreamLimits {
  /** Silence is broken this often, so that proxies keep the connection and clients notice a dead one. */
  readonly heartbeatMs: number;
  /** Events that may wait for a slow client; beyond it the client is cut and comes back with its last id. */
  readonly queue: number;
}

export const EVENT_STREAM_LIMITS: EventStreamLimits = { heartbeatMs: 15_000, queue: 256 };

/** How long a browser waits before it connects again. */
const RETRY_MS = 2_000;

/**
 * Server-sent events to one client until either side ends it.
 *
 * @param isWelcome - asked at every heartbeat; a session that ended takes its streams with it
 * @returns resolves when the stream is over
 */
export function streamEvents(
  out: ServerResponse,
  bus: EventBus,
  lastEventId: string | null,
  isWelcome: () => Promise<boolean>,
  limits: EventStreamLimits = EVENT_STREAM_LIMITS,
): Promise<void> {
  const waiting: string[] = [];
  let isBlocked = false;

  return new Promise((resolve) => {
    const send = (text: string): void => {
      if (isBlocked) {
        if (waiting.length >= limits.queue) end();
        else waiting.push(text);
      } else {
        isBlocked = !out.write(text);
      }
    };
    const drain = (): void => {
      isBlocked = false;
      while (!isBlocked) {
        const next = waiting.shift();
        if (next === undefined) return;
        isBlocked = !out.write(next);
      }
    };
    const beat = async (): Promise<void> => {
      // An engine that cannot say who is signed in ends the stream: the client asks again in two seconds.
      const isStillWelcome = await isWelcome().catch(() => false);
      if (isStillWelcome) send(': \n\n');
      else end();
    };
    const end = (): void => {
      clearInterval(heart);
      leave();
      out.off('drain', drain).off('close', end).off('error', end);
      out.end();
      out.destroy();
      resolve();
    };
    out.on('drain', drain).on('close', end).on('error', end);
    const heart = setInterval(() => void beat(), limits.heartbeatMs);
    let leave = (): void => undefined;
    send(`retry: ${RETRY_MS}\n\n`);
    leave = bus.subscribe(lastEventId, (event) => send(format(event)));
  });
}

function format({ id, event }: BusEvent): string {
  return `id: ${id}\nevent: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;
}
