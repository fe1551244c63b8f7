import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { AgentIdentities } from '../auth/enrolment.ts';

/**
 * The message broker as the rest of the hub sees it, whether it is our child or somebody's cluster.
 *
 * What it vouches for is who published a message: an agent's permissions reach its own subjects, key and inbox only. It
 * does not vouch for what an agent receives. A publisher chooses the reply subject of its message, and the server answers
 * there with rights of its own, so one agent can make it speak on the order subject of another. Therefore orders and
 * models are signed, and an agent acts on a signature alone, never on the subject that something came on.
 */
export interface Broker extends AsyncDisposable {
  /** Of this machine, for the hub and `endpoints.json`. */
  readonly url: string;
  /** The hub's own connection; it reconnects for ever. */
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly identities: AgentIdentities;
  /** A further connection with the hub's rights; the caller closes it. */
  connectHub(name: string): Promise<NatsConnection>;
  /** False refuses new telemetry at the door, where the disk is nearly full; agents keep theirs meanwhile. */
  setDataAdmission(isOpen: boolean): Promise<void>;
  status(): BrokerStatus;
}

export interface BrokerStatus {
  readonly ok: boolean;
  readonly detail: string;
  readonly restarts: number;
  /** Of the child; null for an external server or while it is down. */
  readonly pid: number | null;
}
