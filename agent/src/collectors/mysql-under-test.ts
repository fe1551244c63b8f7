import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Connection, createConnection } from 'mysql2/promise';
import { freePort } from '../free-port-under-test.ts';

const run = promisify(execFile);
const START_MS = 20_000;

/** A real MariaDB of its own folder and port, for contract tests. */
export interface TestMysql extends AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  readonly socket: string;
  readonly passwordFile: string;
  /** A session of a user of this name, who may do everything. */
  connect(user?: string): Promise<Connection>;
  /** Cuts every session made here. */
  disconnect(): void;
  start(): Promise<void>;
  /** Ends the server at once, as a crash does. */
  kill(): Promise<void>;
}

/** Makes a server with the users `airis` (what the agent needs), `blind` (no rights) and the database `shop`. */
export async function startTestMysql(more: readonly string[] = []): Promise<TestMysql> {
  if (!existsSync('/usr/sbin/mariadbd')) {
    throw new Error('MariaDB is not installed, so reading it cannot be tested: apt-get install mariadb-server');
  }
  const folder = await mkdtemp(join(tmpdir(), 'airis-mysql-'));
  const data = join(folder, 'data');
  const socket = join(folder, 'socket');
  const passwordFile = join(folder, 'password');
  const port = await freePort();
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  await writeFile(passwordFile, 'reader-secret\n');
  await run('mariadb-install-db', [
    '--no-defaults',
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    `--datadir=${data}`,
    ...asRoot,
  ]);
  let server: ReturnType<typeof spawn> | null = null;
  const sessions: Connection[] = [];
  const mysql: TestMysql = {
    port,
    folder,
    socket,
    passwordFile,
    async connect(user = 'root') {
      const password = user === 'root' ? {} : { password: 'reader-secret', database: 'shop' };
      const connection = await createConnection({ socketPath: socket, user, ...password });
      connection.on('error', () => undefined);
      sessions.push(connection);
      return connection;
    },
    disconnect() {
      for (const session of sessions.splice(0)) session.destroy();
    },
    async start() {
      const settings = ['--no-defaults', '--bind-address=127.0.0.1', '--innodb-flush-log-at-trx-commit=0'];
      const places = [`--datadir=${data}`, `--socket=${socket}`, `--port=${port}`];
      server = spawn('/usr/sbin/mariadbd', [...settings, '--performance-schema=ON', ...places, ...asRoot, ...more], {
        stdio: 'ignore',
      });
      const until = Date.now() + START_MS;
      for (;;) {
        try {
          await (await mysql.connect()).end();
          return;
        } catch (cause) {
          if (Date.now() > until) throw new Error(`MariaDB does not answer at ${socket}`, { cause });
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    },
    async kill() {
      const ending = server;
      server = null;
      if (ending === null) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill('SIGKILL');
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await mysql.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await mysql.start();
  const root = await mysql.connect();
  for (const statement of [
    'CREATE DATABASE shop',
    'CREATE TABLE shop.stock (id int PRIMARY KEY, n int)',
    'INSERT INTO shop.stock VALUES (1, 10), (2, 10)',
    "CREATE USER airis@localhost IDENTIFIED BY 'reader-secret'",
    'GRANT PROCESS, SLAVE MONITOR ON *.* TO airis@localhost',
    'GRANT SELECT ON performance_schema.* TO airis@localhost',
    "CREATE USER blind@localhost IDENTIFIED BY 'reader-secret'",
    "CREATE USER 'shop-app'@localhost IDENTIFIED BY 'reader-secret'",
    "CREATE USER 'month-end'@localhost IDENTIFIED BY 'reader-secret'",
    "GRANT ALL ON shop.* TO 'shop-app'@localhost",
    "GRANT ALL ON shop.* TO 'month-end'@localhost",
  ]) {
    await root.query(statement);
  }
  await root.end();
  return mysql;
}
