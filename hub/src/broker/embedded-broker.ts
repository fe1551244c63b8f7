import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, credsAuthenticator, type NodeConnectionOptions } from '@nats-io/transport-node';
import type { CertificateAuthority } from '../auth/certificates.ts';
import type { KeyFolder } from '../auth/key-folder.ts';
import { HubError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type SupervisedChild, superviseChild } from '../supervise.ts';
import { endOrphan } from '../supervise-orphan.ts';
import {
  type BrokerKeys,
  encodeAccountJwt,
  encodeOperatorJwt,
  encodeSystemJwt,
  hubCredentials,
  openBrokerKeys,
} from './accounts.ts';
import type { Broker } from './broker.ts';
import { assertDurability } from './durability.ts';
import { connectWhenServing, hubConnector } from './hub-connection.ts';
import { createIdentities, pushAccountJwt } from './identities.ts';
import { hostPort, isLoopback, type ListenAddress, localHostOf, ownAddresses, takeablePort } from './listen-address.ts';
import { findServerBinary, type ServerPlaces } from './server-binary.ts';
import { writeServerConfig } from './server-config.ts';
import { logServerLine } from './server-log.ts';
import { ensureStreams, setDataAdmission } from './streams.ts';
import { watchWriteFailures } from './write-failure.ts';

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;

export interface EmbeddedBrokerOptions {
  /** `$AIRIS_DATA_DIR/hub/nats`. */
  readonly folder: string;
  readonly keys: KeyFolder;
  readonly authority: CertificateAuthority;
  readonly listen: ListenAddress;
  /** Name under which other hosts reach this one; where it is null, agents are told the listening address. */
  readonly publicHost: string | null;
  readonly places: ServerPlaces;
  /** NATS user public keys of revoked agents. */
  readonly revokedKeys: readonly string[];
  readonly log: Log;
}

/** Runs nats-server as a supervised child, with an operator, accounts and keys of our own. */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<Broker> {
  const { folder, log } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const binary = await findServerBinary(options.places);
  const keys = await openBrokerKeys(options.keys);
  const configFile = join(folder, 'nats-server.conf');
  const pidFile = join(folder, 'nats-server.pid');
  await endOrphan(pidFile, configFile, log);
  const listen = { host: options.listen.host, port: await choosePort(folder, options.listen) };
  const tls = isLoopback(listen.host) ? null : await writeTls(options, listen.host);
  await writeConfig(options, keys, configFile, listen, tls?.files ?? null);

  const reach: NodeConnectionOptions = {
    servers: `${tls === null ? 'nats' : 'tls'}://${hostPort({ ...listen, host: localHostOf(listen.host) })}`,
    ...(tls === null ? {} : { tls: tls.client }),
  };
  const connectHub = hubConnector(reach, await hubCredentials(keys.account, 'airis-hub'), log);
  await using started = new AsyncDisposableStack();
  const writes = started.use(watchWriteFailures(folder, () => child.restart(), log));
  const child: SupervisedChild = started.use(
    await superviseChild({
      name: 'nats-server',
      command: binary.path,
      args: ['-c', configFile],
      pidFile,
      mark: configFile,
      onLine: (line) => {
        writes.read(line);
        logServerLine(log, line);
      },
      waitUntilReady: async (signal) => await (await connectWhenServing(connectHub, 'airis-hub-probe', signal)).close(),
      readyTimeoutMs: READY_TIMEOUT_MS,
      stopTimeoutMs: STOP_TIMEOUT_MS,
      log,
    }),
  );
  const connection = await connectHub('airis-hub');
  started.defer(() => connection.close());
  await assertSettings(reach, keys);
  const manager = await jetstreamManager(connection);
  await ensureStreams(manager, 1);
  const client = jetstream(connection);
  const publicHost = options.publicHost ?? (listen.host === localHostOf(listen.host) ? listen.host : hostname());
  const identities = createIdentities({
    signer: { signer: keys.agentSigner, accountPublicKey: keys.account.getPublicKey() },
    agentUrls: [`${tls === null ? 'nats' : 'tls'}://${hostPort({ host: publicHost, port: listen.port })}`],
    authority: tls === null ? null : options.authority,
    connection,
    jetstream: client,
    manager,
    pushRevokedKeys: async (revokedKeys) => {
      await writeConfig({ ...options, revokedKeys }, keys, configFile, listen, tls?.files ?? null);
      await pushAccountJwt(keys, reach, revokedKeys);
    },
  });
  log.info('BROKER_READY', 'nats-server serves', {
    version: binary.version,
    url: String(reach.servers),
    pid: child.pid(),
  });

  const life = started.move();
  return {
    url: String(reach.servers),
    connection,
    jetstream: client,
    manager,
    identities,
    connectHub,
    setDataAdmission: (isOpen) => setDataAdmission(manager, 1, isOpen),
    status: () => ({
      ok: child.isReady() && !writes.hasFailed() && !connection.isClosed(),
      detail: describe(child.isReady(), writes.hasFailed(), binary.version),
      restarts: child.restarts(),
      pid: child.pid(),
    }),
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };
}

function describe(isReady: boolean, hasFailedToWrite: boolean, version: string): string {
  if (!isReady) return 'nats-server is starting again';
  return hasFailedToWrite
    ? 'nats-server cannot write; it is started anew when there is room'
    : `nats-server ${version}`;
}

/** A free port is remembered: agents keep the address they enrolled with, so a restarted hub comes back on it. */
async function choosePort(folder: string, listen: ListenAddress): Promise<number> {
  const file = join(folder, 'port');
  const remembered = listen.port === 0 ? readPort(file) : null;
  const free = (port: number) => takeablePort({ ...listen, port }, 'BROKER_PORT_TAKEN', 'AIRIS_NATS_LISTEN');
  const port = remembered === null ? await free(listen.port) : await free(remembered).catch(() => free(0));
  writeFileSync(file, `${port}\n`);
  return port;
}

function readPort(file: string): number | null {
  try {
    const port = Number(readFileSync(file, 'utf8').trim());
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
  } catch {
    return null; // the first start, or a file that cannot be read: any free port will do
  }
}

interface BrokerTls {
  readonly files: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
  readonly client: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** Off loopback both sides show a certificate of our own authority. */
async function writeTls(options: EmbeddedBrokerOptions, host: string): Promise<BrokerTls> {
  const { authority, keys } = options;
  const names = [host, 'localhost', '127.0.0.1', hostname(), ...ownAddresses(), options.publicHost ?? hostname()];
  const server = await authority.issueServer(names.filter((name) => name !== '0.0.0.0' && name !== '::'));
  const client = await authority.issueHubClient();
  const files = {
    certFile: join(keys.path, 'nats-server.cert.pem'),
    keyFile: join(keys.path, 'nats-server.key.pem'),
    caFile: join(keys.path, 'ca.cert.pem'),
  };
  writeFileSync(files.certFile, server.certificatePem, { mode: 0o600 });
  writeFileSync(files.keyFile, server.keyPem, { mode: 0o600 });
  return { files, client: { ca: authority.certificatePem, cert: client.certificatePem, key: client.keyPem } };
}

async function writeConfig(
  options: EmbeddedBrokerOptions,
  keys: BrokerKeys,
  configFile: string,
  listen: ListenAddress,
  tls: BrokerTls['files'] | null,
): Promise<void> {
  writeServerConfig(configFile, {
    ...listen,
    storeDir: join(options.folder, 'jetstream'),
    resolverDir: join(options.folder, 'accounts'),
    operatorJwt: await encodeOperatorJwt(keys),
    systemAccount: keys.system.getPublicKey(),
    accounts: {
      [keys.system.getPublicKey()]: await encodeSystemJwt(keys),
      [keys.account.getPublicKey()]: await encodeAccountJwt(keys, options.revokedKeys),
    },
    tls,
  });
}

async function assertSettings(reach: NodeConnectionOptions, keys: BrokerKeys): Promise<void> {
  const credentials = await hubCredentials(keys.system, 'airis-hub-check');
  const system = await connect({ ...reach, authenticator: credsAuthenticator(credentials), maxReconnectAttempts: 0 });
  try {
    await assertDurability(system);
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    throw new HubError(
      'BROKER_NOT_READY',
      'nats-server does not answer about its settings',
      'see the log lines of NATS_SERVER',
      { cause },
    );
  } finally {
    await system.close();
  }
}
