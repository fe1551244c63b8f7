import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { createTierProcess } from '../tier-process.ts';
import { firstExisting, notInstalled, type RunningTier, type TierPlace } from './tier.ts';

const run = promisify(execFile);

const DATABASE = 'shop';
const OWNER = 'shop';
/** The agent's own user: it may look at statistics, not at orders. */
const AGENT_USER = 'airis';
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '32MB',
  max_connections: '40',
  fsync: 'off',
  shared_preload_libraries: 'pg_stat_statements',
  log_destination: 'stderr',
  log_min_messages: 'warning',
  autovacuum_naptime: '30s',
} as const;
const ITEMS = 200;
const ORDERS = 50_000;
const CUSTOMERS = 2_000;

const binFolders = [
  '/usr/lib/postgresql/17/bin',
  '/usr/lib/postgresql/16/bin',
  '/usr/lib/postgresql/15/bin',
  '/usr/pgsql-15/bin',
];

/** How the app and the lock fault reach the database. */
export interface DatabaseAccess {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly passwordFile: string;
}

export interface DatabaseTier extends RunningTier {
  /** Null for the stand-in. */
  readonly access: DatabaseAccess | null;
}

/** PostgreSQL as a normal program: own data folder, TCP on loopback only, passwords made here. Null where it cannot be. */
export async function startPostgresql(place: TierPlace, port: number): Promise<DatabaseTier | null> {
  const bin = firstExisting(binFolders);
  const asUser = bin === null ? null : await wayToRun(bin);
  if (bin === null || asUser === null) return null;
  const data = join(place.folder, 'data');
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  const ownerFile = await makePassword(join(place.folder, 'shop.password'));
  const agentFile = await makePassword(join(place.folder, 'airis.password'));
  // A folder that another version made is of no use, and holds nothing but the demo's own goods.
  const madeBy = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => null);
  if (madeBy === null || !bin.includes(`/${madeBy.trim()}/`)) {
    await rm(data, { recursive: true, force: true });
    const words = [
      '-D',
      data,
      '-U',
      OWNER,
      '-A',
      'scram-sha-256',
      '--pwfile',
      ownerFile,
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
    ];
    const [program, ...rest] = [...asUser, join(bin, 'initdb'), ...words];
    await run(program!, rest); // the first word is the program
  }
  const [program, ...args] = [
    ...asUser,
    ...(asUser.length > 0 && existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'INT', '--'] : []),
    join(bin, 'postgres'),
    '-D',
    data,
    '-p',
    String(port),
    ...Object.entries(SETTINGS).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ];
  const access: DatabaseAccess = { host: '127.0.0.1', port, user: OWNER, database: DATABASE, passwordFile: ownerFile };
  const pidFile = join(place.folder, 'database.pid');
  const logFile = join(place.logFolder, 'database.log');
  const tier = createTierProcess(
    {
      name: 'database',
      command: program!, // as above
      args,
      pidFile,
      logFile,
      mark: data,
      // Fast shutdown: sessions are told to go.
      stopSignal: 'SIGINT',
      asksParentDeathItself: asUser.length > 0,
      // The lock of a server that was killed; none runs any more.
      prepare: () => rm(join(data, 'postmaster.pid'), { force: true }),
      isReady: async () => {
        const client = await connect({ ...access, database: 'postgres' });
        await client.end();
        return true;
      },
    },
    place.say,
  );
  await tier.start();
  try {
    await seed(access, agentFile);
  } catch (error) {
    await tier.stop();
    throw error;
  }
  return {
    name: 'database',
    entity: 'database:shop-db',
    title: { ko: '데이터베이스', en: 'Database' },
    program: `PostgreSQL ${await versionOf(access)}`,
    standInReason: null,
    process: tier,
    pidFile,
    address: `127.0.0.1:${port}`,
    url: null,
    configFiles: ['postgresql.conf', 'pg_hba.conf'].map((name) => join(data, name)),
    logFiles: [logFile],
    collectors: {
      postgresql: {
        instances: [{ host: '127.0.0.1', port, user: AGENT_USER, passwordFile: agentFile, database: DATABASE }],
      },
    },
    access,
  };
}

export const postgresqlMissing = notInstalled('PostgreSQL 15', 'postgresql-15');

/** PostgreSQL refuses to be root: there a user namespace shows it another user. Null where that cannot be had. */
async function wayToRun(bin: string): Promise<readonly string[] | null> {
  if (process.getuid?.() !== 0) return [];
  const words = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
  try {
    const [program, ...args] = [...words, join(bin, 'postgres'), '--version'];
    await run(program!, args); // the first word is the program
    return words;
  } catch {
    return null;
  }
}

async function makePassword(file: string): Promise<string> {
  if (!existsSync(file)) await writeFile(file, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  return file;
}

export async function connect(access: DatabaseAccess, applicationName = 'shop-demo'): Promise<Client> {
  const { passwordFile, ...rest } = access;
  const password = (await readFile(passwordFile, 'utf8')).trim();
  const client = new Client({ ...rest, password, application_name: applicationName, connectionTimeoutMillis: 3_000 });
  await client.connect();
  return client;
}

async function versionOf(access: DatabaseAccess): Promise<string> {
  const client = await connect(access);
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  await client.end();
  return rows[0]?.server_version.split(' ')[0] ?? '';
}

/** The shop's tables with something in them; what is there from before stays. */
async function seed(access: DatabaseAccess, agentFile: string): Promise<void> {
  const admin = await connect({ ...access, database: 'postgres' });
  const { rowCount } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) await admin.query(`CREATE DATABASE ${DATABASE}`);
  await admin.end();
  const client = await connect(access);
  const password = client.escapeLiteral((await readFile(agentFile, 'utf8')).trim());
  await client.query(`
    CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
    DO $$ BEGIN
      IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '${AGENT_USER}') THEN CREATE ROLE ${AGENT_USER} LOGIN; END IF;
    END $$;
    ALTER ROLE ${AGENT_USER} PASSWORD ${password};
    GRANT pg_monitor TO ${AGENT_USER};
    CREATE TABLE IF NOT EXISTS item (id int PRIMARY KEY, name text NOT NULL, price int NOT NULL);
    CREATE TABLE IF NOT EXISTS stock (item int PRIMARY KEY REFERENCES item, pieces int NOT NULL);
    CREATE TABLE IF NOT EXISTS orders (
      id bigserial PRIMARY KEY, customer int NOT NULL, item int NOT NULL, pieces int NOT NULL, at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX IF NOT EXISTS orders_customer ON orders (customer, at DESC);
    INSERT INTO item SELECT n, '상품 ' || n, 1000 + n * 37 FROM generate_series(1, ${ITEMS}) n ON CONFLICT DO NOTHING;
    INSERT INTO stock SELECT n, 1000000 FROM generate_series(1, ${ITEMS}) n ON CONFLICT DO NOTHING;
    INSERT INTO orders (customer, item, pieces)
      SELECT 1 + n % ${CUSTOMERS}, 1 + n % ${ITEMS}, 1 FROM generate_series(1, ${ORDERS}) n
      WHERE NOT EXISTS (SELECT 1 FROM orders);
    ANALYZE;`);
  await client.end();
}
