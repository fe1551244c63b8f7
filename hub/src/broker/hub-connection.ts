import { setTimeout as delay } from 'node:timers/promises';
import { connect, credsAuthenticator, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import type { Log } from '../log.ts';

const CONNECT_TIMEOUT_MS = 2_000;
const RETRY_MS = 100;

/** Settings of every connection of the hub: notices a dead link within 30 s, and never gives up. */
export const hubConnectionOptions = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  reconnectJitter: 100,
  pingInterval: 10_000,
  maxPingOut: 2,
} as const satisfies NodeConnectionOptions;

export type HubConnect = (name: string) => Promise<NatsConnection>;

/** @param credentials - a credentials file's content; null where the server asks for none */
export function hubConnector(options: NodeConnectionOptions, credentials: Uint8Array | null, log: Log): HubConnect {
  return async (name) => {
    const connection = await connect({
      ...options,
      ...hubConnectionOptions,
      name,
      ...(credentials === null ? {} : { authenticator: credsAuthenticator(credentials) }),
      timeout: CONNECT_TIMEOUT_MS,
    });
    void logStatus(connection, name, log);
    return connection;
  };
}

/** Connects as soon as the server accepts; rejects when the signal does, with the last reason. */
export async function connectWhenServing(
  connectHub: HubConnect,
  name: string,
  signal: AbortSignal,
): Promise<NatsConnection> {
  for (;;) {
    try {
      return await connectHub(name);
    } catch (cause) {
      if (signal.aborted) throw cause;
      await delay(RETRY_MS, undefined, { signal }).catch(() => {
        throw cause;
      });
    }
  }
}

async function logStatus(connection: NatsConnection, name: string, log: Log): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') log.warn('BROKER_DISCONNECTED', 'the connection to NATS is gone', { name });
    else if (status.type === 'reconnect') log.info('BROKER_RECONNECTED', 'connected to NATS again', { name });
    else if (status.type === 'error') log.warn('BROKER_ERROR', status.error.message, { name });
  }
}
