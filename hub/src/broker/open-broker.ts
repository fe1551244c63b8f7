import { join, resolve } from 'node:path';
import type { CertificateAuthority } from '../auth/certificates.ts';
import type { KeyFolder } from '../auth/key-folder.ts';
import type { HubConfig } from '../config.ts';
import type { Layout } from '../layout.ts';
import type { Log } from '../log.ts';
import type { Broker } from './broker.ts';
import { startEmbeddedBroker } from './embedded-broker.ts';
import { connectExternalBroker } from './external-broker.ts';

/** Where `npm start` puts a nats-server: the repository's own folder, seen from here. */
const REPOSITORY_TOOLS = resolve(import.meta.dirname, '../../../.tools');

/** The broker that the settings ask for: a cluster by URL, or a server of our own. */
export async function openBroker(
  config: HubConfig,
  layout: Layout,
  keys: KeyFolder,
  authority: CertificateAuthority,
  revokedKeys: readonly string[],
  log: Log,
): Promise<Broker> {
  if (config.natsUrl !== undefined) {
    return await connectExternalBroker({
      url: config.natsUrl,
      credentialsFile: config.natsCreds ?? null,
      systemCredentialsFile: config.natsSystemCreds ?? null,
      signerSeedFile: config.natsSignerSeedFile ?? null,
      replicas: config.natsReplicas,
      acceptUnverifiedDurability: config.acceptUnverifiedDurability,
      log,
    });
  }
  return await startEmbeddedBroker({
    folder: layout.natsFolder,
    keys,
    authority,
    listen: config.natsListen,
    publicHost: config.publicUrl === undefined ? null : new URL(config.publicUrl).hostname,
    places: {
      named: config.natsServer ?? null,
      searchPath: process.env.PATH ?? '',
      folders: [REPOSITORY_TOOLS, join(config.dataDir, 'tools'), config.dataDir],
    },
    revokedKeys,
    log,
  });
}
