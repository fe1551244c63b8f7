import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port-under-test.ts';

export const nginxProgram = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find(existsSync) ?? null;

/** A real nginx of its own folder and port, for contract tests. */
export interface TestNginx {
  readonly port: number;
  readonly folder: string;
  readonly configPath: string;
  readonly accessLog: string;
  start(): Promise<void>;
  /** Ends the master and its workers, without tidying up. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function createTestNginx(options: { logFormat?: string; locations?: string } = {}): Promise<TestNginx> {
  if (nginxProgram === null) throw new Error('nginx is not installed');
  const program = nginxProgram;
  const folder = await mkdtemp(join(tmpdir(), 'airis-nginx-'));
  const port = await freePort();
  const configPath = join(folder, 'nginx.conf');
  const accessLog = join(folder, 'access.log');
  await writeFile(configPath, configText(folder, port, options.logFormat, options.locations));
  let master: ChildProcess | null = null;
  const nginx: TestNginx = {
    port,
    folder,
    configPath,
    accessLog,
    async start() {
      master = spawn(program, ['-p', folder, '-c', configPath, '-e', join(folder, 'error.log')], { stdio: 'ignore' });
      await answers(port);
    },
    async stop(signal = 'SIGTERM') {
      const ending = master;
      master = null;
      if (ending === null) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill(signal);
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await nginx.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return nginx;
}

const configText = (folder: string, port: number, logFormat?: string, locations = '') => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 64; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((t) => `${t}_temp_path ${folder}/${t};`).join(' ')}
  ${logFormat === undefined ? '' : `log_format test escape=json '${logFormat}';`}
  access_log access.log ${logFormat === undefined ? '' : 'test'};
  server {
    listen 127.0.0.1:${port};
    # Every agent and test on this machine that looks for nginx asks for it.
    location = /status { stub_status; access_log off; }
    location /api/ { return 200 'ok'; }
    location /broken { return 503 'no'; }
    ${locations}
  }
}
`;

async function answers(port: number): Promise<void> {
  const until = Date.now() + 10_000;
  for (;;) {
    try {
      await fetch(`http://127.0.0.1:${port}/status`);
      return;
    } catch (cause) {
      if (Date.now() > until) throw new Error(`nginx does not answer on ${port}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
