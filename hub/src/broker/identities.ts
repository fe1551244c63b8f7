import { DESIRED_BUCKET, type Desired, desired } from '@airis/protocol';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { KeyPair } from '@nats-io/jwt';
import { connect, credsAuthenticator, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { z } from 'zod';
import type { CertificateAuthority } from '../auth/certificates.ts';
import type { AgentIdentities } from '../auth/enrolment.ts';
import { errorText, HubError } from '../errors.ts';
import { type BrokerKeys, encodeAccountJwt, encodeAgentJwt, hubCredentials } from './accounts.ts';
import { nudgeAgent } from './nudge-agent.ts';

const CLAIMS_TIMEOUT_MS = 5_000;
/** Another hub may write the same key at the same time. */
const WRITE_ATTEMPTS = 5;
const claimsAnswer = z.object({
  data: z.object({ code: z.number() }).optional(),
  error: z.object({ description: z.string() }).optional(),
});

/** How a JWT for an agent is signed: our own account at home, a signing key somebody gave us in a cluster. */
export interface AgentSigner {
  readonly signer: KeyPair;
  readonly accountPublicKey: string;
}

export interface IdentitiesOptions {
  /** Null where none was given: agents cannot enrol then. */
  readonly signer: AgentSigner | null;
  readonly agentUrls: readonly string[];
  /** Null where the broker listens on loopback without TLS. */
  readonly authority: CertificateAuthority | null;
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly pushRevokedKeys: (publicKeys: readonly string[]) => Promise<void>;
}

/** Gives agents their credentials and takes them away. */
export function createIdentities(options: IdentitiesOptions): AgentIdentities {
  const { signer, authority, connection, jetstream, manager } = options;
  const subjectOf = (agent: string) => `$KV.${DESIRED_BUCKET}.${agent}`;

  /** False where the key is not what it was. */
  async function writeDesired(agent: string, wanted: Desired, lastSubjectSequence: number): Promise<boolean> {
    try {
      await jetstream.publish(subjectOf(agent), JSON.stringify(wanted), { expect: { lastSubjectSequence } });
      return true;
    } catch (cause) {
      if (!errorText(cause).includes('wrong last sequence')) throw cause;
      return false;
    }
  }

  return {
    agentUrls: options.agentUrls,
    caPem: authority?.certificatePem ?? null,
    async mintAgentJwt(agent) {
      if (signer === null) {
        throw new HubError(
          'BROKER_EXTERNAL_IDENTITY',
          'agents cannot enrol: the hub has no key to sign their NATS identity with',
          'give it a scoped account signing key with AIRIS_NATS_SIGNER_SEED_FILE',
        );
      }
      return await encodeAgentJwt(signer.signer, signer.accountPublicKey, agent);
    },
    mintAgentCertificate: async (agent) => (await authority?.issueAgent(agent.id, agent.publicKey)) ?? null,
    pushRevocations: (revoked) => options.pushRevokedKeys(revoked.map((agent) => agent.publicKey)),
    async writeFirstDesired(agent) {
      const first: Desired = desired.parse({ schema: 1, revision: 1, generalLogSources: agent.generalLogSources });
      // There already, from an earlier enrolment of the same key: what was wanted since then stays.
      await writeDesired(agent.id, first, 0);
    },
    async setGeneralLogSources(agent, patterns) {
      for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt++) {
        const stored = await manager.streams.getMessage(`KV_${DESIRED_BUCKET}`, { last_by_subj: subjectOf(agent) });
        const known: Desired = desired.parse(stored === null ? { schema: 1, revision: 0 } : stored.json());
        const next = desired.parse({ ...known, revision: known.revision + 1, generalLogSources: patterns });
        if (!(await writeDesired(agent, next, stored?.seq ?? 0))) continue;
        nudgeAgent(connection, agent, { revision: next.revision });
        return;
      }
      throw new HubError('BROKER_BUSY', `what ${agent} is to do is being changed by somebody else`, 'try again');
    },
  };
}

/**
 * Puts the revoked keys into the account's JWT and hands that to the running server, which closes their connections. The
 * same JWT is made again at every start, so the revocation outlives both processes.
 *
 * @param connectOptions - how to reach the server, without credentials
 */
export async function pushAccountJwt(
  keys: BrokerKeys,
  connectOptions: NodeConnectionOptions,
  revokedKeys: readonly string[],
): Promise<void> {
  const system = await connect({
    ...connectOptions,
    name: 'airis-hub-claims',
    authenticator: credsAuthenticator(await hubCredentials(keys.system, 'airis-hub-claims')),
    timeout: CLAIMS_TIMEOUT_MS,
    maxReconnectAttempts: 0,
  });
  try {
    const jwt = await encodeAccountJwt(keys, revokedKeys);
    const reply = await system.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: CLAIMS_TIMEOUT_MS });
    const answer = claimsAnswer.parse(reply.json());
    if (answer.error !== undefined || answer.data?.code !== 200) {
      throw new Error(answer.error?.description ?? `the server answered ${answer.data?.code}`);
    }
  } catch (cause) {
    throw new HubError(
      'BROKER_REVOKE_FAILED',
      `the server did not take the revocation: ${errorText(cause)}`,
      'the identity is revoked in the hub and will be refused after the next start; try again to cut it now',
      { cause },
    );
  } finally {
    await system.close();
  }
}
