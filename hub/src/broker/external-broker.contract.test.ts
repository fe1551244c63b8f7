import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createUserKey } from '@airis/protocol';
import { createAccount, createOperator } from '@nats-io/jwt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { type BrokerKeys, encodeAccountJwt, encodeOperatorJwt, encodeSystemJwt, hubCredentials } from './accounts.ts';
import { connectExternalBroker } from './external-broker.ts';
import { takeablePort } from './listen-address.ts';

const installed = resolve(import.meta.dirname, '../../../.tools/nats-server');
const binary = process.env.AIRIS_NATS_SERVER ?? (existsSync(installed) ? installed : 'nats-server');
let folder: string;
let server: ChildProcess | null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-external-'));
  server = null;
});
afterEach(async () => {
  if (server !== null && server.exitCode === null) {
    const ended = new Promise((gone) => server?.once('exit', gone));
    server.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

interface Cluster {
  readonly url: string;
  readonly credentialsFile: string;
  readonly systemCredentialsFile: string;
  readonly signerSeedFile: string;
}

/** A server in somebody else's hands: their operator, their configuration. */
async function startCluster(jetstream: object, more: object = {}): Promise<Cluster> {
  const keys: BrokerKeys = {
    operator: createOperator(),
    system: createAccount(),
    account: createAccount(),
    agentSigner: createAccount(),
  };
  const port = await takeablePort({ host: '127.0.0.1', port: 0 }, 'BROKER_PORT_TAKEN', 'test');
  const config = join(folder, 'server.conf');
  const content = {
    host: '127.0.0.1',
    port,
    max_payload: 8 * 1024 * 1024,
    jetstream: { store_dir: join(folder, 'js'), max_file_store: 16 * 1024 ** 3, ...jetstream },
    operator: await encodeOperatorJwt(keys),
    system_account: keys.system.getPublicKey(),
    resolver: 'MEMORY',
    resolver_preload: {
      [keys.system.getPublicKey()]: await encodeSystemJwt(keys),
      [keys.account.getPublicKey()]: await encodeAccountJwt(keys, []),
    },
    ...more,
  };
  writeFileSync(config, JSON.stringify(content));
  server = spawn(binary, ['-c', config], { stdio: 'ignore' });
  const write = (name: string, text: Uint8Array) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    credentialsFile: write('hub.creds', await hubCredentials(keys.account, 'hub')),
    systemCredentialsFile: write('system.creds', await hubCredentials(keys.system, 'system')),
    signerSeedFile: write('signer.nk', keys.agentSigner.getSeed()),
  };
}

const open = (cluster: Cluster, change: object = {}) =>
  connectExternalBroker({
    ...cluster,
    replicas: 1,
    acceptUnverifiedDurability: false,
    log: createLog('error', () => undefined),
    ...change,
  });

describe('an external broker', () => {
  it('is used where its durability is verified', async () => {
    const cluster = await startCluster({ sync_interval: 'always' });
    await using broker = await open(cluster);
    expect(broker.status()).toMatchObject({ ok: true, pid: null });
    expect((await broker.manager.streams.info('DATA')).config.num_replicas).toBe(1);
    const jwt = await broker.identities.mintAgentJwt({ id: 'web-1', publicKey: createUserKey().publicKey });
    expect(jwt.split('.')).toHaveLength(3);
    await expect(broker.identities.pushRevocations([])).rejects.toMatchObject({ code: 'BROKER_EXTERNAL_IDENTITY' });
  });

  it.each([
    { name: 'syncs now and then', jetstream: {}, more: {}, change: {}, why: /sync_interval/ },
    {
      name: 'takes small messages only',
      jetstream: { sync_interval: 'always' },
      more: { max_payload: 1_048_576 },
      change: {},
      why: /max_payload/,
    },
    {
      name: 'nobody may ask',
      jetstream: { sync_interval: 'always' },
      more: {},
      change: { systemCredentialsFile: null },
      why: /AIRIS_NATS_SYSTEM_CREDS/,
    },
  ])('is refused where it $name', async ({ jetstream, more, change, why }) => {
    const cluster = await startCluster(jetstream, more);
    await expect(open(cluster, change)).rejects.toMatchObject({
      code: 'BROKER_UNVERIFIED_DURABILITY',
      message: expect.stringMatching(why),
      hint: expect.stringContaining('--accept-unverified-durability'),
    });
  });

  it('is used unverified when that is accepted, and then gives no identities without a key', async () => {
    const cluster = await startCluster({});
    await using broker = await open(cluster, { acceptUnverifiedDurability: true, signerSeedFile: null });
    expect((await broker.manager.streams.info('EVENT')).config.discard).toBe('new');
    await expect(
      broker.identities.mintAgentJwt({ id: 'a', publicKey: createUserKey().publicKey }),
    ).rejects.toMatchObject({
      code: 'BROKER_EXTERNAL_IDENTITY',
    });
  });
});
