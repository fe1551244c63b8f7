import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../agent/src/free-port-under-test.ts';
import { until } from './until.ts';

export const nginxBinary = ['/usr/sbin/nginx', '/usr/local/nginx/sbin/nginx'].find(existsSync) ?? null;

/** A real nginx as a normal program: own configuration, status page, access log, free port. */
export interface NginxUnderTest extends AsyncDisposable {
  readonly url: string;
  readonly accessLog: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startNginx(folder: string): Promise<NginxUnderTest> {
  if (nginxBinary === null) throw new Error('nginx is not installed: apt-get install nginx-light');
  const binary = nginxBinary;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const prefix = join(folder, 'nginx');
  await mkdir(join(prefix, 'tmp'), { recursive: true });
  await writeFile(join(prefix, 'nginx.conf'), configuration(prefix, port));

  let server: ReturnType<typeof spawn> | null = null;
  const start = async (): Promise<void> => {
    server = spawn(binary, ['-p', prefix, '-c', join(prefix, 'nginx.conf'), '-g', 'daemon off;'], { stdio: 'ignore' });
    try {
      await until('nginx to answer', 10_000, async () => (await fetch(`${url}/nginx_status`)).ok);
    } catch (error) {
      await stop();
      throw error;
    }
  };
  const stop = async (): Promise<void> => {
    if (server === null || server.exitCode !== null) return;
    const ended = new Promise((done) => server?.on('close', done));
    server.kill('SIGTERM');
    await ended;
    server = null;
  };
  await start();
  return { url, accessLog: join(prefix, 'access.log'), start, stop, [Symbol.asyncDispose]: stop };
}

const configuration = (prefix: string, port: number): string => `
worker_processes 1;
pid ${prefix}/nginx.pid;
error_log ${prefix}/error.log;
events { worker_connections 64; }
http {
  access_log ${prefix}/access.log combined;
  client_body_temp_path ${prefix}/tmp; proxy_temp_path ${prefix}/tmp; fastcgi_temp_path ${prefix}/tmp;
  uwsgi_temp_path ${prefix}/tmp; scgi_temp_path ${prefix}/tmp;
  server {
    listen 127.0.0.1:${port};
    location = / { return 200 'shop'; }
    location = /nginx_status { stub_status; }
  }
}
`;
