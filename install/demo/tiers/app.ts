import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { answersHttp, createTierProcess } from '../tier-process.ts';
import type { DatabaseTier } from './database.ts';
import type { RunningTier, TierPlace } from './tier.ts';

const program = resolve(import.meta.dirname, '../shop-app/main.ts');

/** Memory the app should stay below, as its operator has set it. */
export const APP_MEMORY_LIMIT_BYTES = 512 * 1024 * 1024;

export async function startApp(place: TierPlace, port: number, database: DatabaseTier): Promise<RunningTier> {
  await mkdir(place.folder, { recursive: true });
  const log = join(place.folder, 'access.log');
  const store =
    database.access === null ? ['--stand-in', database.address] : ['--postgresql', JSON.stringify(database.access)];
  const pidFile = join(place.folder, 'app.pid');
  const logFile = join(place.logFolder, 'app.log');
  const tier = createTierProcess(
    {
      name: 'app',
      command: process.execPath,
      args: ['--conditions=airis-source', program, '--port', String(port), '--log', log, ...store],
      env: { UV_THREADPOOL_SIZE: '2' },
      pidFile,
      logFile,
      mark: log,
      channel: {},
      isReady: () => answersHttp(`http://127.0.0.1:${port}/`),
    },
    place.say,
  );
  await tier.start();
  return {
    name: 'app',
    entity: 'service:shop-app',
    title: { ko: '앱', en: 'App' },
    program: `Node.js ${process.version}`,
    standInReason: null,
    process: tier,
    pidFile,
    address: `127.0.0.1:${port}`,
    url: null,
    configFiles: [],
    logFiles: [logFile],
    collectors: {
      'access-log': { files: [{ path: log, format: 'json', peerKind: 'database' }] },
      prometheus: { targets: [{ url: `http://127.0.0.1:${port}/metrics` }] },
    },
  };
}
