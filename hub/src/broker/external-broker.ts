import { readFileSync } from 'node:fs';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { decode, fromSeed } from '@nats-io/jwt';
import { connect, credsAuthenticator, type NodeConnectionOptions } from '@nats-io/transport-node';
import { z } from 'zod';
import { errorText, HubError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Broker } from './broker.ts';
import { assertDurability, unverified } from './durability.ts';
import { connectWhenServing, hubConnector } from './hub-connection.ts';
import { type AgentSigner, createIdentities } from './identities.ts';
import { ensureStreams, setDataAdmission } from './streams.ts';

const REACH_TIMEOUT_MS = 15_000;
const SYSTEM_TIMEOUT_MS = 5_000;

export interface ExternalBrokerOptions {
  /** One URL or several, with commas between. */
  readonly url: string;
  /** Credentials file of a user of the product's account, with its full rights. */
  readonly credentialsFile: string | null;
  /** Credentials file of the system account; without it nobody can tell how the server syncs. */
  readonly systemCredentialsFile: string | null;
  /** Seed of an account signing key with the agents' permissions as its scope; without it agents cannot enrol. */
  readonly signerSeedFile: string | null;
  readonly replicas: number;
  readonly acceptUnverifiedDurability: boolean;
  readonly log: Log;
}

/** Uses a NATS cluster that somebody else runs. Its accounts and their revocations stay theirs. */
export async function connectExternalBroker(options: ExternalBrokerOptions): Promise<Broker> {
  const { log } = options;
  const servers = options.url.split(',').map((url) => url.trim());
  const reach: NodeConnectionOptions = { servers };
  const credentials = options.credentialsFile === null ? null : readSecret(options.credentialsFile);
  const connectHub = hubConnector(reach, credentials, log);
  const connection = await connectWhenServing(connectHub, 'airis-hub', AbortSignal.timeout(REACH_TIMEOUT_MS)).catch(
    (cause: unknown) => {
      throw new HubError(
        'BROKER_UNREACHABLE',
        `${options.url} does not answer: ${errorText(cause)}`,
        'check AIRIS_NATS_URL and AIRIS_NATS_CREDS',
        { cause },
      );
    },
  );
  try {
    await checkDurability(options, reach);
    const manager = await jetstreamManager(connection);
    await ensureStreams(manager, options.replicas);
    const client = jetstream(connection);
    const identities = createIdentities({
      signer: agentSigner(options.signerSeedFile, credentials),
      agentUrls: servers,
      authority: null,
      connection,
      jetstream: client,
      manager,
      pushRevokedKeys: (publicKeys) => Promise.reject(revocationIsTheirs(publicKeys)),
    });
    return {
      url: servers[0] ?? options.url,
      connection,
      jetstream: client,
      manager,
      identities,
      connectHub,
      setDataAdmission: (isOpen) => setDataAdmission(manager, options.replicas, isOpen),
      status: () => ({
        ok: !connection.isClosed(),
        detail: `external NATS ${connection.info?.version ?? ''}`.trim(),
        restarts: 0,
        pid: null,
      }),
      [Symbol.asyncDispose]: () => connection.close(),
    };
  } catch (cause) {
    await connection.close();
    throw cause;
  }
}

async function checkDurability(options: ExternalBrokerOptions, reach: NodeConnectionOptions): Promise<void> {
  try {
    if (options.systemCredentialsFile === null) throw unverified('without AIRIS_NATS_SYSTEM_CREDS it cannot be asked');
    const authenticator = credsAuthenticator(readSecret(options.systemCredentialsFile));
    const system = await connect({ ...reach, authenticator, timeout: SYSTEM_TIMEOUT_MS, maxReconnectAttempts: 0 });
    try {
      await assertDurability(system);
    } finally {
      await system.close();
    }
  } catch (cause) {
    if (!options.acceptUnverifiedDurability) throw cause;
    options.log.warn('BROKER_UNVERIFIED_DURABILITY', `accepted as asked: ${errorText(cause)}`);
  }
}

const userClaims = z.object({ issuer_account: z.string().optional() });

/** The account that agents belong to is the hub's own: the issuer its credentials name. */
function agentSigner(seedFile: string | null, credentials: Uint8Array | null): AgentSigner | null {
  if (seedFile === null || credentials === null) return null;
  const jwt = /-----BEGIN NATS USER JWT-----\s*(\S+)/.exec(Buffer.from(credentials).toString('utf8'))?.[1];
  if (jwt === undefined) {
    throw new HubError('KEY_UNREADABLE', 'AIRIS_NATS_CREDS holds no user JWT', 'make it with `nsc generate creds`');
  }
  const claims = decode(jwt);
  const account = userClaims.parse(claims.nats).issuer_account ?? claims.iss;
  return { signer: fromSeed(Buffer.from(readSecret(seedFile).toString('utf8').trim())), accountPublicKey: account };
}

function revocationIsTheirs(publicKeys: readonly string[]): HubError {
  return new HubError(
    'BROKER_EXTERNAL_IDENTITY',
    'the hub refuses the agent from now on, but its NATS connection belongs to an account that the hub does not own',
    `cut it with \`nsc revocations add-user --user-public-key ${publicKeys.at(-1) ?? ''}\` and \`nsc push\``,
  );
}

function readSecret(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new HubError(
      'KEY_UNREADABLE',
      `${file} cannot be read: ${errorText(cause)}`,
      'check the path and its permissions',
      { cause },
    );
  }
}
