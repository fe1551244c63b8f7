import { agentPermissions, MAX_BATCH_COMPRESSED_BYTES } from '@airis/protocol';
import {
  createAccount,
  createOperator,
  createUser,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
  fromSeed,
  type KeyPair,
  newScopedSigner,
} from '@nats-io/jwt';
import type { KeyFolder } from '../auth/key-folder.ts';

/** The key pairs the broker's trust rests on, made once. */
export interface BrokerKeys {
  readonly operator: KeyPair;
  readonly system: KeyPair;
  readonly account: KeyPair;
  /** Signs agents only, and cannot give more than `agentTemplate` allows. */
  readonly agentSigner: KeyPair;
}

export async function openBrokerKeys(keys: KeyFolder): Promise<BrokerKeys> {
  const pair = async (name: string, make: () => KeyPair) => {
    const seed = await keys.text(`nats-${name}.nk`, () => Buffer.from(make().getSeed()).toString('ascii'));
    return fromSeed(Buffer.from(seed.trim()));
  };
  return {
    operator: await pair('operator', createOperator),
    system: await pair('system', createAccount),
    account: await pair('account', createAccount),
    agentSigner: await pair('agent-signer', createAccount),
  };
}

/** Room for headers beside the largest batch. */
const AGENT_MAX_PAYLOAD_BYTES = MAX_BATCH_COMPRESSED_BYTES + 64 * 1024;
/** An agent needs five; the rest is room for requests in flight. */
const AGENT_MAX_SUBSCRIPTIONS = 32;
const UNLIMITED = -1;

/** What every agent may do, with `{{name()}}` expanded by the server to the agent's id. */
const agentTemplate = {
  pub: { allow: agentPermissions().publish },
  sub: { allow: agentPermissions().subscribe },
  allowed_connection_types: ['STANDARD' as const],
  subs: AGENT_MAX_SUBSCRIPTIONS,
  payload: AGENT_MAX_PAYLOAD_BYTES,
  data: UNLIMITED,
};

export const encodeOperatorJwt = (keys: BrokerKeys): Promise<string> =>
  encodeOperator('airis', keys.operator, { system_account: keys.system.getPublicKey() });

export const encodeSystemJwt = (keys: BrokerKeys): Promise<string> =>
  encodeAccount('airis-system', keys.system, { limits: connectionLimits }, { signer: keys.operator });

/** What is left out counts as zero. */
const connectionLimits = {
  subs: UNLIMITED,
  conn: UNLIMITED,
  leaf: UNLIMITED,
  data: UNLIMITED,
  payload: UNLIMITED,
  imports: UNLIMITED,
  exports: UNLIMITED,
  wildcards: true,
};
const jetstreamLimits = { mem_storage: UNLIMITED, disk_storage: UNLIMITED, streams: UNLIMITED, consumer: UNLIMITED };

/** A revoked key is out for good, so its revocation covers every JWT up to the year 2100. */
const REVOKED_UNTIL_UNIX_S = 4_102_444_800;

/** @param revokedKeys - NATS user public keys of revoked agents */
export function encodeAccountJwt(keys: BrokerKeys, revokedKeys: readonly string[]): Promise<string> {
  const account = {
    limits: { ...connectionLimits, ...jetstreamLimits },
    signing_keys: [newScopedSigner(keys.agentSigner, 'agent', agentTemplate)],
    revocations: Object.fromEntries(revokedKeys.map((key) => [key, REVOKED_UNTIL_UNIX_S])),
  };
  return encodeAccount('airis', keys.account, account, { signer: keys.operator });
}

/** The JWT's name is the agent's id: the template's `{{name()}}` becomes it, and no payload needs to say it. */
export async function encodeAgentJwt(
  signer: KeyPair,
  accountPublicKey: string,
  agent: { readonly id: string; readonly publicKey: string },
): Promise<string> {
  return await encodeUser(
    agent.id,
    agent.publicKey,
    signer,
    { issuer_account: accountPublicKey },
    { scopedUser: true },
  );
}

/** Credentials for a process of ours, with a key that lives as long as the process. */
export async function hubCredentials(issuer: KeyPair, name: string): Promise<Uint8Array> {
  const user = createUser();
  return fmtCreds(await encodeUser(name, user, issuer, {}), user);
}
