import { AckPolicy, DeliverPolicy, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';

export const CONSUMER = 'ingest';
/** The server delivers again what was not acknowledged for this long; what is in flight here is then known. */
const ACK_WAIT_NS = 60 * 1_000_000_000;
/** More than all runs in flight can hold. */
const MAX_ACK_PENDING = 8_192;

/**
 * The consumer of a stream, made anew at every start: what the last process had taken and not acknowledged is delivered
 * at once, instead of after the wait. The streams are work queues, so nothing is delivered that was acknowledged.
 */
export async function freshConsumer(manager: JetStreamManager, stream: string): Promise<void> {
  try {
    await manager.consumers.delete(stream, CONSUMER);
  } catch (thrown) {
    if (!(thrown instanceof JetStreamApiError) || thrown.code !== CONSUMER_NOT_FOUND) throw thrown;
  }
  await manager.consumers.add(stream, {
    durable_name: CONSUMER,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: ACK_WAIT_NS,
    max_ack_pending: MAX_ACK_PENDING,
    max_deliver: -1,
  });
}

const CONSUMER_NOT_FOUND = 10_014;
