import { mkdir, readdir, stat, truncate } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ShopState } from '../../hub/src/demo/schema.ts';
import type { ShopHands, TierName } from './faults/fault.ts';
import { freePorts } from './free-port.ts';
import { startLoad } from './load-process.ts';
import { startProxy } from './proxy.ts';
import { startApp } from './tiers/app.ts';
import { connect, type DatabaseTier, postgresqlMissing, startPostgresql } from './tiers/database.ts';
import { startDatabaseStandIn, startPassingStandIn } from './tiers/stand-ins.ts';
import type { RunningTier, TierPlace } from './tiers/tier.ts';
import { startTomcat, tomcatMissing } from './tiers/was.ts';
import { nginxMissing, startNginx } from './tiers/web.ts';

export const UPLOADS_QUOTA_BYTES = 64 * 1024 * 1024;

export interface ShopOptions {
  /** Everything of the shop lies here. */
  readonly folder: string;
  readonly logFolder: string;
  /** May still be on its way: only Tomcat waits for it. */
  readonly jolokiaJar: Promise<string | null> | null;
  readonly say: (text: string) => void;
  /** Tiers whose program is not used even where it is installed: to try the stand-ins. */
  readonly standIns?: readonly TierName[];
}

/** WEB → WAS → app → database on loopback, under load. */
export interface Shop extends AsyncDisposable {
  readonly url: string;
  readonly tiers: readonly RunningTier[];
  readonly uploads: ShopHands['uploads'];
  hands(): ShopHands;
  report(): ShopState;
}

/** Opens the shop; every tier serves when it resolves. What was started is ended again where a later part fails. */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const { folder, logFolder, jolokiaJar, say, standIns = [] } = options;
  await using parts = new AsyncDisposableStack();
  const place = (name: TierName): TierPlace => ({ folder: join(folder, name), logFolder, say });
  const isReal = (name: TierName): boolean => !standIns.includes(name);
  const uploads = { folder: join(folder, 'was', 'uploads'), quotaBytes: UPLOADS_QUOTA_BYTES };
  await Promise.all([logFolder, uploads.folder].map((path) => mkdir(path, { recursive: true })));
  const [webPort = 0, wasPort = 0, jolokiaPort = 0, appPort = 0, databasePort = 0] = await freePorts(5);

  const network = parts.use(await startProxy({ port: 0, target: { host: '127.0.0.1', port: appPort } }));
  const keep = <T extends RunningTier>(tier: T): T => {
    parts.use(tier.process);
    return tier;
  };
  const openDatabase = async (): Promise<DatabaseTier> =>
    keep(
      (isReal('database') ? await startPostgresql(place('database'), databasePort) : null) ??
        (await startDatabaseStandIn(place('database'), databasePort, postgresqlMissing)),
    );
  const openWas = async (): Promise<RunningTier> =>
    keep(
      (isReal('was')
        ? await startTomcat(place('was'), {
            port: wasPort,
            jolokiaPort,
            jolokiaJar: await jolokiaJar,
            appUrl: `http://${network.address}`,
          })
        : null) ??
        (await startPassingStandIn(place('was'), {
          name: 'was',
          port: wasPort,
          target: network.address,
          reason: tomcatMissing,
        })),
    );
  const wasAddress = `127.0.0.1:${wasPort}`;
  const openWeb = async (): Promise<RunningTier> =>
    keep(
      (isReal('web') ? await startNginx(place('web'), webPort, wasAddress) : null) ??
        (await startPassingStandIn(place('web'), {
          name: 'web',
          port: webPort,
          target: wasAddress,
          reason: nginxMissing,
        })),
    );
  const opening = await Promise.allSettled([openDatabase(), openWas(), openWeb()]);
  for (const one of opening) if (one.status === 'rejected') throw one.reason;
  const [database, was, web] = opening.map((one) => (one as PromiseFulfilledResult<RunningTier>).value) as [
    DatabaseTier,
    RunningTier,
    RunningTier,
  ]; // in the order asked for
  const app = keep(await startApp(place('app'), appPort, database));
  const url = web.url ?? `http://${web.address}/`;
  const load = parts.use(await startLoad({ folder, logFolder, say }, url));
  const logs = await Promise.all(['web', 'was', 'app'].map((name) => accessLogsIn(join(folder, name))));
  const timer = setInterval(() => void cutLogs(logs.flat()), CUT_EVERY_MS);
  parts.defer(() => clearInterval(timer));
  const tiers = [web, was, app, database];

  const tierOf = (name: TierName): RunningTier => {
    const tier = tiers.find((one) => one.name === name);
    if (tier === undefined) throw new Error(`the shop has no tier ${name}`);
    return tier;
  };
  const hands: ShopHands = {
    tellApp: (order) => app.process.send(order),
    async holdDown(name) {
      const { process: tier } = tierOf(name);
      await tier.kill();
      return { [Symbol.asyncDispose]: () => tier.start() };
    },
    network,
    connect: async (applicationName) =>
      database.access === null ? null : await connect(database.access, applicationName),
    uploads,
  };
  const life = parts.move();
  return {
    url,
    tiers,
    uploads,
    hands: () => hands,
    report: () => ({
      tiers: tiers.map((tier) => ({
        name: tier.name,
        entity: tier.entity,
        title: tier.title,
        program: tier.program,
        isStandIn: tier.standInReason !== null,
        standInReason: tier.standInReason,
        state: tier.process.state(),
        url: tier.url,
      })),
      load: load.now(),
    }),
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };
}

/** Access logs are looked at this often, and begun anew beyond this size: a demo may run for days. */
const CUT_EVERY_MS = 60_000;
const MAX_LOG_BYTES = 32 * 1024 * 1024;

async function accessLogsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => basename(name) === 'access.log').map((name) => join(folder, name));
}

async function cutLogs(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const size = (await stat(path).catch(() => null))?.size ?? 0;
    // Their writers append, and who follows them knows truncation.
    if (size > MAX_LOG_BYTES) await truncate(path).catch(() => undefined);
  }
}
