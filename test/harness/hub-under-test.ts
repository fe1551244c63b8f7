import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createHubApi, type HubApi } from './hub-api.ts';
import { type ProcessUnderTest, startProgram } from './process-under-test.ts';
import { until } from './until.ts';

const cli = resolve(import.meta.dirname, '../../hub/src/cli.ts');

/** A whole hub with its broker and store, on free ports and a data folder of its own. */
export interface HubUnderTest extends AsyncDisposable {
  readonly folder: string;
  readonly dataDir: string;
  readonly logFile: string;
  http(): string;
  process(): ProcessUnderTest;
  readonly api: HubApi;
  /** Starts it again on the same folder after it ended. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** @param folder - its data goes to `data` below it, its log to `hub.log` */
export async function startHub(folder: string, env: NodeJS.ProcessEnv = {}): Promise<HubUnderTest> {
  const dataDir = join(folder, 'data');
  // Beside the data folder, so that a full disk under the hub leaves its last words readable.
  const logFile = join(folder, 'hub.log');
  const endpointsFile = join(dataDir, 'endpoints.json');
  let hub: ProcessUnderTest;
  let http = '';
  let ports = { AIRIS_HTTP: '127.0.0.1:0', AIRIS_NATS_LISTEN: '127.0.0.1:0' };

  const start = async (): Promise<void> => {
    await rm(endpointsFile, { force: true });
    hub = startProgram(cli, ['start'], { env: { AIRIS_DATA_DIR: dataDir, ...ports, ...env }, logFile });
    let exit: number | null | undefined;
    void hub.ended.then((code) => {
      exit = code;
    });
    http = await until(`the hub in ${dataDir} to be ready`, 60_000, async () => {
      if (exit !== undefined)
        throw new Error(`hub ended with ${exit}: ${(await readFile(logFile, 'utf8')).slice(-2000)}`);
      const endpoints = JSON.parse(await readFile(endpointsFile, 'utf8')) as { http: string; nats: string };
      if (!(await fetch(`${endpoints.http}/readyz`)).ok) return null;
      // Agents keep the address they enrolled with: a restarted hub must come back on the same ports.
      ports = { AIRIS_HTTP: new URL(endpoints.http).host, AIRIS_NATS_LISTEN: new URL(endpoints.nats).host };
      return endpoints.http;
    });
  };
  await start();

  const api = createHubApi(dataDir, () => http);
  const stop = (): Promise<void> => hub.stop();
  return {
    folder,
    dataDir,
    logFile,
    http: () => http,
    process: () => hub,
    api,
    start,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
