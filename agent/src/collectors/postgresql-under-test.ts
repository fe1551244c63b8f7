import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from '../free-port-under-test.ts';

const run = promisify(execFile);
const folders = ['/usr/lib/postgresql/15/bin', '/usr/lib/postgresql/16/bin', '/usr/lib/postgresql/17/bin'];
const START_MS = 15_000;

/** A real PostgreSQL of its own folder and port, for contract tests. */
export interface TestPostgresql extends AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  readonly passwordFile: string;
  /** A session of the owner, who may do everything. */
  connect(applicationName: string): Promise<Client>;
  start(): Promise<void>;
  /** A second server that follows this one by streaming replication. */
  startStandby(): Promise<{ readonly port: number } & AsyncDisposable>;
  /** Ends the server at once, as a crash does. */
  kill(): Promise<void>;
}

/** Makes a cluster with the user `airis` (pg_monitor), the user `blind` (no rights) and the database `shop`, and starts it. */
export async function startTestPostgresql(): Promise<TestPostgresql> {
  const programs = folders.find((folder) => existsSync(join(folder, 'postgres')));
  if (programs === undefined) {
    throw new Error('PostgreSQL is not installed, so reading it cannot be tested: apt-get install postgresql-15');
  }
  const folder = await mkdtemp(join(tmpdir(), 'airis-postgresql-'));
  const data = join(folder, 'data');
  const port = await freePort();
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, 'owner-secret\n');
  await asUser(join(programs, 'initdb'), [
    '-D',
    data,
    '-U',
    'owner',
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '-N',
  ]);
  let server: ReturnType<typeof spawn> | null = null;
  const connectTo = async (database: string, applicationName: string) => {
    const client = new Client({
      host: '127.0.0.1',
      port,
      user: 'owner',
      password: 'owner-secret',
      database,
      application_name: applicationName,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const postgresql: TestPostgresql = {
    port,
    folder,
    passwordFile,
    connect: (applicationName) => connectTo('shop', applicationName),
    async start() {
      const settings = ['fsync=off', 'shared_preload_libraries=pg_stat_statements', 'max_connections=20'];
      const [program, args] = command(join(programs, 'postgres'), [
        ...['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder],
        ...settings.flatMap((setting) => ['-c', setting]),
      ]);
      server = spawn(program, args, { stdio: 'ignore' });
      const until = Date.now() + START_MS;
      for (;;) {
        try {
          await (await connectTo('postgres', 'test')).end();
          return;
        } catch (cause) {
          if (Date.now() > until) throw new Error(`PostgreSQL does not answer on ${port}`, { cause });
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    },
    async startStandby() {
      const standbyData = join(folder, 'standby');
      const standbyPort = await freePort();
      const source = `host=127.0.0.1 port=${port} user=owner password=owner-secret`;
      await asUser(join(programs, 'pg_basebackup'), ['-R', '-c', 'fast', '-d', source, '-D', standbyData]);
      const [program, args] = command(join(programs, 'postgres'), [
        ...['-D', standbyData, '-h', '127.0.0.1', '-p', String(standbyPort), '-k', folder],
        ...['-c', 'fsync=off', '-c', 'max_connections=20'],
      ]);
      const standby = spawn(program, args, { stdio: 'ignore' });
      const ended = new Promise((resolve) => standby.once('exit', resolve));
      return {
        port: standbyPort,
        async [Symbol.asyncDispose]() {
          standby.kill('SIGQUIT');
          await ended;
        },
      };
    },
    async kill() {
      const ending = server;
      server = null;
      if (ending === null) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      // Immediate shutdown: no checkpoint, sessions are cut.
      ending.kill('SIGQUIT');
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await postgresql.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await postgresql.start();
  const owner = await connectTo('postgres', 'test');
  await owner.query('CREATE DATABASE shop');
  await owner.query("CREATE USER airis PASSWORD 'owner-secret'");
  await owner.query('GRANT pg_monitor TO airis');
  await owner.query("CREATE USER blind PASSWORD 'owner-secret'");
  await owner.end();
  const shop = await postgresql.connect('test');
  await shop.query('CREATE EXTENSION pg_stat_statements');
  await shop.query('CREATE TABLE stock (id int PRIMARY KEY, n int)');
  await shop.query('INSERT INTO stock VALUES (1, 10), (2, 10)');
  await shop.end();
  return postgresql;
}

/** PostgreSQL refuses to run as root; root becomes nobody in particular in a user namespace of its own. */
function command(program: string, args: readonly string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [program, [...args]];
  return ['unshare', ['-U', '--map-user=1000', '--map-group=1000', program, ...args]];
}

async function asUser(program: string, args: readonly string[]): Promise<void> {
  const [file, all] = command(program, args);
  await run(file, all, { env: { ...process.env, LC_ALL: 'C.UTF-8' } });
}
