import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port-under-test.ts';

const program = ['/usr/sbin/apache2', '/usr/sbin/httpd'].find(existsSync);
const modules = ['/usr/lib/apache2/modules', '/etc/httpd/modules'].find(existsSync);

/** A real Apache of its own folder and port, laid out as Debian does it, for contract tests. */
export interface TestApache {
  readonly port: number;
  readonly folder: string;
  readonly configPath: string;
  readonly accessLog: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function createTestApache(options: { logFormat?: string; more?: string } = {}): Promise<TestApache> {
  if (program === undefined || modules === undefined) {
    throw new Error('Apache is not installed, so it cannot be tested: apt-get install apache2');
  }
  const folder = await mkdtemp(join(tmpdir(), 'airis-apache-'));
  const port = await freePort();
  const configPath = join(folder, 'apache2.conf');
  await mkdir(join(folder, 'sites-enabled'));
  await writeFile(join(folder, 'envvars'), `export APACHE_LOG_DIR=${folder}/log$SUFFIX\n`);
  await mkdir(join(folder, 'log'));
  await writeFile(configPath, mainConfig(folder, port, modules));
  await writeFile(join(folder, 'sites-enabled/site.conf'), siteConfig(port, options.logFormat, options.more));
  let master: ChildProcess | null = null;
  const apache: TestApache = {
    port,
    folder,
    configPath,
    accessLog: join(folder, 'log/access.log'),
    async start() {
      master = spawn(program, ['-d', folder, '-f', 'apache2.conf', '-D', 'FOREGROUND'], {
        stdio: 'ignore',
        env: { ...process.env, APACHE_LOG_DIR: join(folder, 'log') },
      });
      await answers(port);
    },
    async stop() {
      const ending = master;
      master = null;
      if (ending === null) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill('SIGTERM');
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await apache.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return apache;
}

const mainConfig = (folder: string, port: number, from: string) => `
PidFile ${folder}/apache.pid
ServerName localhost
Listen 127.0.0.1:${port}
${['mpm_event', 'authz_core', 'authz_host', 'status', 'alias', 'proxy', 'proxy_http'].map((name) => `LoadModule ${name}_module ${from}/mod_${name}.so`).join('\n')}
StartServers 1
ServerLimit 2
ThreadsPerChild 25
MaxRequestWorkers 50
ErrorLog \${APACHE_LOG_DIR}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
<IfModule mod_status.c>
  <Location /server-status>
    SetHandler server-status
    Require local
  </Location>
  ExtendedStatus On
</IfModule>
IncludeOptional sites-enabled/*.conf
`;

const siteConfig = (port: number, logFormat: string | undefined, more = '') => `
<VirtualHost *:${port}>
  ${logFormat === undefined ? '' : `LogFormat "${logFormat}" test`}
  CustomLog \${APACHE_LOG_DIR}/access.log ${logFormat === undefined ? 'combined' : 'test'}
  RedirectMatch 503 ^/broken
  Alias /api /dev/null
  <Location /api>
    Require all granted
  </Location>
  ${more}
</VirtualHost>
`;

async function answers(port: number): Promise<void> {
  const until = Date.now() + 10_000;
  for (;;) {
    try {
      await fetch(`http://127.0.0.1:${port}/server-status?auto`);
      return;
    } catch (cause) {
      if (Date.now() > until) throw new Error(`Apache does not answer on ${port}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
