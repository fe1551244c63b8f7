import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Bilingual } from '@airis/protocol';
import { answersHttp, createTierProcess } from '../tier-process.ts';
import type { DatabaseTier } from './database.ts';
import type { RunningTier, TierPlace } from './tier.ts';

const folder = resolve(import.meta.dirname, '../stand-ins');
const flags = ['--conditions=airis-source'];

interface PassingTier {
  readonly name: 'web' | 'was';
  readonly port: number;
  readonly target: string;
  readonly reason: Bilingual;
}

/** In the place of nginx or Tomcat: named as a stand-in wherever it is shown. */
export async function startPassingStandIn(place: TierPlace, tier: PassingTier): Promise<RunningTier> {
  const { name, port, target, reason } = tier;
  await mkdir(place.folder, { recursive: true });
  const log = join(place.folder, 'access.log');
  const words = [
    '--port',
    String(port),
    '--log',
    log,
    '--target',
    target,
    '--timeout-ms',
    name === 'web' ? '10000' : '8000',
  ];
  const pidFile = join(place.folder, `${name}.pid`);
  const logFile = join(place.logFolder, `${name}.log`);
  const running = createTierProcess(
    {
      name,
      command: process.execPath,
      args: [...flags, join(folder, 'passing-tier.ts'), ...words],
      pidFile,
      logFile,
      mark: log,
      isReady: () => answersHttp(`http://127.0.0.1:${port}/health`),
    },
    place.say,
  );
  await running.start();
  const title = name === 'web' ? 'WEB' : 'WAS';
  return {
    name,
    entity: `service:shop-${name}`,
    title: { ko: title, en: title },
    program: 'Node.js',
    standInReason: reason,
    process: running,
    pidFile,
    address: `127.0.0.1:${port}`,
    url: name === 'web' ? `http://127.0.0.1:${port}/` : null,
    configFiles: [],
    logFiles: [logFile],
    collectors: { 'access-log': { files: [{ path: log, format: 'json' }] } },
  };
}

/** In the place of PostgreSQL. */
export async function startDatabaseStandIn(place: TierPlace, port: number, reason: Bilingual): Promise<DatabaseTier> {
  await mkdir(place.folder, { recursive: true });
  const pidFile = join(place.folder, 'database.pid');
  const logFile = join(place.logFolder, 'database.log');
  const running = createTierProcess(
    {
      name: 'database',
      command: process.execPath,
      args: [...flags, join(folder, 'database.ts'), '--port', String(port)],
      pidFile,
      logFile,
      mark: join(folder, 'database.ts'),
      isReady: () => answersHttp(`http://127.0.0.1:${port}/`),
    },
    place.say,
  );
  await running.start();
  return {
    name: 'database',
    entity: 'database:shop-db',
    title: { ko: '데이터베이스', en: 'Database' },
    program: 'Node.js',
    standInReason: reason,
    process: running,
    pidFile,
    address: `127.0.0.1:${port}`,
    url: null,
    configFiles: [],
    logFiles: [logFile],
    collectors: { prometheus: { targets: [{ url: `http://127.0.0.1:${port}/metrics` }] } },
    access: null,
  };
}
