import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { readDelivery, type StreamMessage } from './stream-message.ts';

export interface PullLimits {
  /** Messages and bytes of one request, and of what waits here. */
  readonly messages: number;
  readonly bytes: number;
}

export interface TakeLimits extends PullLimits {
  /** How long to wait for company after the first message. */
  readonly lingerMs: number;
}

/** Messages of a pull consumer, bounded in number and in bytes; the client library bounds only one of the two. */
export interface Puller {
  /** At least one message, in the order of delivery; empty only after `close`. */
  take(limits: TakeLimits): Promise<StreamMessage[]>;
  close(): void;
}

/** A request ends by itself after this long, and is asked again. */
const EXPIRES_MS = 5_000;

export function createPuller(nats: NatsConnection, stream: string, consumer: string, limits: PullLimits): Puller {
  const inbox = createInbox(`_INBOX.ingest`);
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
  const request = JSON.stringify({ batch: limits.messages, max_bytes: limits.bytes, expires: EXPIRES_MS * 1_000_000 });
  let waiting: StreamMessage[] = [];
  let waitingBytes = 0;
  let outstanding = 0;
  let isClosed = false;
  let arrived: (() => void) | null = null;
  let giveUp: NodeJS.Timeout | null = null;

  const pull = (): void => {
    // Half a request waiting is enough to work on while the next one comes.
    if (isClosed || outstanding > 0 || nats.isClosed()) return;
    if (waiting.length * 2 > limits.messages || waitingBytes * 2 > limits.bytes) return;
    outstanding = limits.messages;
    nats.publish(subject, request, { reply: inbox });
    if (giveUp !== null) clearTimeout(giveUp);
    // The request may have been lost with a connection, and its end with it.
    giveUp = setTimeout(ended, EXPIRES_MS + 1_000);
  };
  const ended = (): void => {
    outstanding = 0;
    pull();
  };
  const onMessage = (error: Error | null, message: Msg): void => {
    if (error !== null) {
      ended();
      return;
    }
    const delivered = readDelivery(message);
    if (delivered === null) {
      // A status: 404 nothing, 408 expired, 409 too large or deleted; 100 is a heartbeat.
      if (message.headers?.code !== 100) {
        if (message.headers?.code === 409 || message.headers?.code === 503) setTimeout(ended, 100);
        else ended();
      }
      return;
    }
    outstanding -= 1;
    waiting.push(delivered);
    waitingBytes += message.data.length;
    arrived?.();
    if (outstanding === 0) pull();
  };
  const subscription = nats.subscribe(inbox, { callback: onMessage });
  pull();

  const waitForMore = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        arrived = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      arrived = done;
    });

  return {
    async take(take) {
      while (waiting.length === 0 && !isClosed) await waitForMore(1_000);
      const until = Date.now() + take.lingerMs;
      while (waiting.length < take.messages && waitingBytes < take.bytes && !isClosed) {
        const left = until - Date.now();
        if (left <= 0) break;
        await waitForMore(left);
      }
      let count = 0;
      let bytes = 0;
      while (count < waiting.length && count < take.messages && (count === 0 || bytes < take.bytes)) {
        bytes += waiting[count]!.data.length;
        count += 1;
      }
      const taken = waiting.slice(0, count);
      waiting = waiting.slice(count);
      waitingBytes -= bytes;
      pull();
      return taken;
    },
    close() {
      isClosed = true;
      if (giveUp !== null) clearTimeout(giveUp);
      subscription.unsubscribe();
      arrived?.();
    },
  };
}
