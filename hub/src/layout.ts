import { join } from 'node:path';

/** Where the hub keeps what, below its data folder. */
export interface Layout {
  readonly lockFile: string;
  readonly endpointsFile: string;
  readonly tokenFile: string;
  /** Everything that a backup holds. */
  readonly hubFolder: string;
  readonly stateFile: string;
  readonly keysFolder: string;
  readonly natsFolder: string;
  readonly telemetryFolder: string;
}

export function layoutOf(dataDir: string, bootstrapTokenFile?: string): Layout {
  const hubFolder = join(dataDir, 'hub');
  return {
    lockFile: join(dataDir, 'hub.lock'),
    endpointsFile: join(dataDir, 'endpoints.json'),
    tokenFile: bootstrapTokenFile ?? join(dataDir, 'admin.token'),
    hubFolder,
    stateFile: join(hubFolder, 'state.sqlite'),
    keysFolder: join(hubFolder, 'keys'),
    natsFolder: join(hubFolder, 'nats'),
    telemetryFolder: join(hubFolder, 'telemetry'),
  };
}
