import {
  decodeEnrolmentToken,
  type EnrolmentAnswer,
  type EnrolmentRequest,
  encodeEnrolmentToken,
  isEnrolmentProof,
  ok,
  type Result,
  refused,
} from '@airis/protocol';
import { HubError } from '../errors.ts';
import { createSerial } from '../serial.ts';
import type { AgentRecord, EnrolmentRefusal, EnrolmentTokenRecord } from '../store/state/identity.ts';
import type { StateStore } from '../store/state/state-store.ts';
import { agentNameFrom } from './agent-name.ts';
import { createFailedAttempts, type FailedAttemptLimits } from './failed-attempts.ts';
import type { TrustRoot } from './roots.ts';
import { hashSecret, newPublicId, newSecret } from './secret.ts';

export const ENROLMENT_TOKEN_LIFETIME_MS = 15 * 60_000;
/** Many hosts may enrol from behind one address, and 256-bit secrets are not guessed: this only bounds the work. */
const ENROLMENT_LIMITS: FailedAttemptLimits = { most: 30, windowMs: 60_000, maxCallers: 10_000 };

export type EnrolRefusal = EnrolmentRefusal | 'token-malformed' | 'proof-wrong' | 'too-many-attempts';

/** What enrolment needs of the broker: credentials for a new agent, and the cutting of a revoked one. */
export interface AgentIdentities {
  /** NATS user JWT for the agent's own key, scoped to its subjects. */
  mintAgentJwt(agent: Pick<AgentRecord, 'id' | 'publicKey'>): Promise<string>;
  /** PEM client certificate for the same key; null where the broker listens on loopback without TLS. */
  mintAgentCertificate(agent: Pick<AgentRecord, 'id' | 'publicKey'>): Promise<string | null>;
  /** Cuts live connections of all revoked agents and keeps them out, across restarts. */
  pushRevocations(revoked: readonly AgentRecord[]): Promise<void>;
  /** Writes what the agent is to do where it has nothing yet. */
  writeFirstDesired(agent: Pick<AgentRecord, 'id' | 'generalLogSources'>): Promise<void>;
  /** Changes what the agent is to do, and tells it. Its floor may still hold a source private. */
  setGeneralLogSources(agent: string, patterns: readonly string[]): Promise<void>;
  readonly agentUrls: readonly string[];
  readonly caPem: string | null;
}

export interface Enrolment {
  /** The token as text is in the answer and never again. */
  createToken(
    by: string,
    options?: { readonly wantedId?: string; readonly generalLogSources?: readonly string[] },
  ): Promise<{ readonly id: string; readonly token: string; readonly expiresAtUnixMs: number }>;
  tokens(): Promise<readonly EnrolmentTokenRecord[]>;
  withdrawToken(by: string, id: string): Promise<boolean>;
  /** @param caller - address of whoever asks; failures from one address are limited */
  enrol(request: EnrolmentRequest, caller: string): Promise<Result<EnrolmentAnswer, EnrolRefusal>>;
  /** Names the logs whose masked lines may leave the host, from now on; all others are private. */
  setGeneralLogSources(by: string, agent: string, patterns: readonly string[]): Promise<void>;
  /** Revokes for good: the live connection is cut, and the key never enrols again. */
  revoke(by: string, agent: string): Promise<AgentRecord>;
}

export interface EnrolmentOptions {
  readonly state: Pick<StateStore, 'identity' | 'audit'>;
  readonly identities: AgentIdentities;
  /** The hub's URL as hosts reach it. */
  readonly publicUrl: () => string;
  /** SHA-256 (hex) of the CA certificate that the URL is checked against; null on loopback without TLS. */
  readonly caFingerprint: string | null;
  readonly roots: readonly TrustRoot[];
  readonly clock: () => number;
}

/**
 * How a host becomes an agent. The proof shows that whoever asks holds the seed of the key, and is bound to this token,
 * so that neither can be replayed with another.
 */
export function createEnrolment(options: EnrolmentOptions): Enrolment {
  const { state, identities, roots, clock } = options;
  const attempts = createFailedAttempts(ENROLMENT_LIMITS);
  const oneByOne = createSerial();

  /** @param details - with a `reason` it is a refusal */
  async function audit(who: string, action: string, target: string, details: Record<string, string> = {}) {
    const outcome = details.reason === undefined ? 'done' : 'refused';
    await state.audit.append({ atUnixMs: clock(), who, action, target, outcome, details });
  }

  async function accept(request: EnrolmentRequest): Promise<Result<AgentRecord, EnrolRefusal>> {
    const token = decodeEnrolmentToken(request.token);
    if (token === null) return refused('token-malformed', 'this is not an AIRIS-MON enrolment token');
    if (!isEnrolmentProof(request.publicKey, request.token, request.proof))
      return refused('proof-wrong', 'the proof was not made with the seed of the public key');
    return await state.identity.enrol({
      secretHash: hashSecret(token.secret),
      publicKey: request.publicKey,
      hostName: request.hostName,
      baseId: request.wantedId ?? agentNameFrom(request.hostName),
      nowUnixMs: clock(),
    });
  }

  return {
    async createToken(by, { wantedId, generalLogSources = [] } = {}) {
      const secret = newSecret();
      const id = newPublicId('enr');
      const now = clock();
      const expiresAtUnixMs = now + ENROLMENT_TOKEN_LIFETIME_MS;
      await state.identity.addToken({
        id,
        secretHash: hashSecret(secret),
        createdBy: by,
        createdAtUnixMs: now,
        expiresAtUnixMs,
        wantedId: wantedId ?? null,
        generalLogSources,
      });
      await audit(by, 'enrolment-token.create', id);
      const token = encodeEnrolmentToken({
        v: 1,
        url: options.publicUrl(),
        ca: options.caFingerprint,
        roots: roots.map((root) => root.fingerprint),
        secret,
      });
      return { id, token, expiresAtUnixMs };
    },
    tokens: () => state.identity.tokens(),
    async withdrawToken(by, id) {
      const isWithdrawn = await state.identity.withdrawToken(id);
      await audit(by, 'enrolment-token.withdraw', id, isWithdrawn ? {} : { reason: 'used or unknown' });
      return isWithdrawn;
    },
    async enrol(request, caller) {
      const waitMs = attempts.waitMs(caller, clock());
      if (waitMs > 0) return refused('too-many-attempts', `try again in ${Math.ceil(waitMs / 1_000)} s`);
      const accepted = await accept(request);
      if (!accepted.ok) {
        attempts.fail(caller, clock());
        await audit('system', 'agent.enrol', request.hostName, { reason: accepted.reason });
        return accepted;
      }
      const agent = accepted.value;
      await audit(`agent:${agent.id}`, 'agent.enrol', agent.id);
      await identities.writeFirstDesired(agent);
      return ok({
        agent: agent.id,
        jwt: await identities.mintAgentJwt(agent),
        natsUrls: [...identities.agentUrls],
        caPem: identities.caPem,
        certificatePem: await identities.mintAgentCertificate(agent),
        roots: roots.map(({ keyId, publicKeyPem, roles }) => ({ keyId, publicKeyPem, roles: [...roles] })),
      });
    },
    async setGeneralLogSources(by, agent, patterns) {
      await identities.setGeneralLogSources(agent, patterns);
      await state.identity.setGeneralLogSources(agent, patterns);
      await audit(by, 'host.log-sources-set', agent, { general: patterns.join(' ') });
    },
    async revoke(by, id) {
      const agent = await state.identity.revoke(id, clock());
      if (agent === null)
        throw new HubError('AGENT_UNKNOWN', `there is no agent ${id}`, 'list them with GET /api/v1/hosts');
      await audit(by, 'agent.revoke', id);
      // Each push replaces the list before it: two at once could leave the older, shorter one standing.
      await oneByOne(async () => {
        const agents = await state.identity.agents();
        await identities.pushRevocations(agents.filter((each) => each.revokedAtUnixMs !== null));
      });
      return agent;
    },
  };
}
