import { type Nudge, subjects } from '@airis/protocol';
import type { NatsConnection } from '@nats-io/transport-node';

/** Tells an agent something without waiting for it: one that is away reads what it is to do when it comes. */
export function nudgeAgent(connection: Pick<NatsConnection, 'publish'>, agent: string, nudge: Nudge): void {
  connection.publish(subjects.nudge(agent), JSON.stringify(nudge));
}
