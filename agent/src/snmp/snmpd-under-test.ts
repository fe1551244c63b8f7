import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SNMPD = '/usr/sbin/snmpd';

/** A real net-snmp agent on loopback, with a community and a user; the files hold what opens it. */
export interface TestSnmpd extends AsyncDisposable {
  readonly port: number;
  readonly communityFile: string;
  readonly authPasswordFile: string;
  readonly privPasswordFile: string;
  /** Also after an end: the agent then has started again. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSnmpd(): Promise<TestSnmpd> {
  if (!existsSync(SNMPD)) throw new Error(`${SNMPD} is missing: apt-get install snmpd`);
  const folder = await mkdtemp(join(tmpdir(), 'airis-snmpd-'));
  const port = await freeUdpPort();
  const path = (name: string) => join(folder, name);
  await writeFile(path('community'), 'only-for-the-test\n', { mode: 0o600 });
  await writeFile(path('auth'), 'authpass123\n', { mode: 0o600 });
  await writeFile(path('priv'), 'privpass123\n', { mode: 0o600 });
  await writeFile(
    path('snmpd.conf'),
    [
      `agentaddress udp:127.0.0.1:${port}`,
      'rocommunity only-for-the-test',
      'createUser watcher SHA-256 authpass123 AES privpass123',
      'rouser watcher authpriv',
    ].join('\n'),
  );
  let ended: Promise<unknown> = Promise.resolve();
  let end = (): unknown => undefined;
  const test: TestSnmpd = {
    port,
    communityFile: path('community'),
    authPasswordFile: path('auth'),
    privPasswordFile: path('priv'),
    async start() {
      const process = spawn(SNMPD, ['-f', '-C', '-c', path('snmpd.conf'), '-Lf', path('log'), '-p', path('pid')], {
        stdio: 'ignore',
        env: { SNMP_PERSISTENT_DIR: path('state') },
      });
      ended = new Promise((done) => process.once('exit', done));
      end = () => process.kill('SIGTERM');
    },
    async stop() {
      end();
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await test.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await test.start();
  return test;
}

function freeUdpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
