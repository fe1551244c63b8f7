import { writeWholeFile } from '../whole-file.ts';

/** Largest message, in bytes: a batch of 4 MiB with room to grow, still far below what stalls a server. */
export const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;
export const JETSTREAM_DOMAIN = 'airis';
/** Above the sum of the streams' own limits. */
const MAX_FILE_STORE_BYTES = 16 * 1024 ** 3;
const MAX_MEMORY_STORE_BYTES = 64 * 1024 * 1024;

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  readonly storeDir: string;
  readonly resolverDir: string;
  readonly operatorJwt: string;
  readonly systemAccount: string;
  /** Account JWTs by account public key. */
  readonly accounts: Readonly<Record<string, string>>;
  readonly tls: { readonly certFile: string; readonly keyFile: string; readonly caFile: string } | null;
}

/** nats-server reads JSON as its own format; every text is quoted, so that no path or JWT is taken for syntax. */
export function serverConfig(settings: ServerSettings): string {
  const tls = settings.tls;
  return JSON.stringify(
    {
      server_name: 'airis-hub',
      host: settings.host,
      port: settings.port,
      max_payload: MAX_PAYLOAD_BYTES,
      max_control_line: 4096,
      ping_interval: '10s',
      ping_max: 3,
      write_deadline: '10s',
      lame_duck_duration: '30s',
      logtime: true,
      jetstream: {
        store_dir: settings.storeDir,
        domain: JETSTREAM_DOMAIN,
        max_memory_store: MAX_MEMORY_STORE_BYTES,
        max_file_store: MAX_FILE_STORE_BYTES,
        sync_interval: 'always',
      },
      operator: settings.operatorJwt,
      system_account: settings.systemAccount,
      resolver: { type: 'full', dir: settings.resolverDir, allow_delete: false, interval: '2m' },
      resolver_preload: settings.accounts,
      ...(tls === null
        ? {}
        : { tls: { cert_file: tls.certFile, key_file: tls.keyFile, ca_file: tls.caFile, verify: true, timeout: 5 } }),
    },
    null,
    2,
  );
}

export function writeServerConfig(file: string, settings: ServerSettings): void {
  // Whole, since a server that is started again meanwhile reads it.
  writeWholeFile(file, `${serverConfig(settings)}\n`, 0o600);
}
