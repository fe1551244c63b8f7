import { subjects } from '@airis/protocol';
import {
  type ConnectionOptions,
  connect,
  errors,
  jwtAuthenticator,
  type NatsConnection,
} from '@nats-io/transport-node';
import { type Identity, privateKeyPem } from '../identity.ts';

/** Connects once: the caller decides when to try again. Later drops are healed by the client itself. */
export function connectToServer(identity: Identity): Promise<NatsConnection> {
  return connect(connectionOptions(identity));
}

/** The server knows us and does not want us: revoked, expired, or a signing key that is no longer trusted. */
export function isAuthorizationFailure(error: unknown): boolean {
  const root = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return [error, root].some(
    (one) => one instanceof errors.AuthorizationError || one instanceof errors.UserAuthenticationExpiredError,
  );
}

function connectionOptions(identity: Identity): ConnectionOptions {
  const seed = new TextEncoder().encode(identity.seed);
  return {
    servers: identity.natsUrls,
    // A test server without operator has no accounts: then an empty JWT means no credentials at all.
    ...(identity.jwt === '' ? {} : { authenticator: jwtAuthenticator(identity.jwt, seed) }),
    ...tlsOptions(identity),
    name: identity.agent,
    inboxPrefix: subjects.inboxPrefix(identity.agent),
    timeout: 10_000,
    // A dead link is noticed within 30 s (the client's default is four minutes).
    pingInterval: 10_000,
    maxPingOut: 2,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 1_000,
    reconnectJitter: 2_000,
    reconnectJitterTLS: 2_000,
    ignoreClusterUpdates: true,
  };
}

function tlsOptions(identity: Identity): ConnectionOptions {
  if (identity.caPem === null) return {};
  const client = identity.certificatePem;
  return {
    tls: { ca: identity.caPem, ...(client === null ? {} : { cert: client, key: privateKeyPem(identity) }) },
  };
}
