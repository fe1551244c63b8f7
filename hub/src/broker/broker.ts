import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { AgentIdentities } from '../auth/enrolment.ts';

/** The message broker as the rest of the hub sees it, whether it is our child or somebody's cluster. */
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
