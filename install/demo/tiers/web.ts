import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { answersHttp, createTierProcess } from '../tier-process.ts';
import { firstExisting, notInstalled, type RunningTier, type TierPlace } from './tier.ts';

const run = promisify(execFile);
const binaries = ['/usr/sbin/nginx', '/usr/local/nginx/sbin/nginx'];

export const nginxMissing = notInstalled('nginx', 'nginx-light');

/** nginx in front: makes the trace, passes requests to the WAS, writes what the X-View shows. Null where there is none. */
export async function startNginx(place: TierPlace, port: number, wasAddress: string): Promise<RunningTier | null> {
  const binary = firstExisting(binaries);
  if (binary === null) return null;
  await mkdir(join(place.folder, 'tmp'), { recursive: true });
  const configuration = join(place.folder, 'nginx.conf');
  await writeFile(configuration, nginxConf(place.folder, port, wasAddress));
  const pidFile = join(place.folder, 'web.pid');
  const errorLog = join(place.folder, 'error.log');
  const tier = createTierProcess(
    {
      name: 'web',
      command: binary,
      args: ['-p', place.folder, '-c', configuration, '-e', errorLog, '-g', 'daemon off;'],
      pidFile,
      logFile: join(place.logFolder, 'web.log'),
      mark: configuration,
      isReady: () => answersHttp(`http://127.0.0.1:${port}/nginx_status`),
    },
    place.say,
  );
  await tier.start();
  const { stderr } = await run(binary, ['-v']).catch(() => ({ stderr: '' }));
  return {
    name: 'web',
    entity: 'service:shop-web',
    title: { ko: 'WEB', en: 'WEB' },
    program: /nginx\/\S+/.exec(stderr)?.[0] ?? 'nginx',
    standInReason: null,
    process: tier,
    pidFile,
    address: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}/`,
    configFiles: [configuration],
    logFiles: [errorLog],
    collectors: { 'access-log': { files: [{ path: join(place.folder, 'access.log'), format: 'json' }] } },
  };
}

/** As root the workers stay root: the data folder is closed to everybody else. */
const userLine = (): string => (process.getuid?.() === 0 ? 'user root;' : '');

const nginxConf = (folder: string, port: number, wasAddress: string): string => `${userLine()}
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 512; }
http {
  map $request_id $shop_span { "~^(?<head>[0-9a-f]{16})" $head; }
  log_format shop escape=json '{"t":$msec,"sec":$request_time,"status":$status,"method":"$request_method","path":"$uri",'
    '"trace":"$request_id","span":"$shop_span","peer":"$upstream_addr","peerSec":"$upstream_response_time","peerStatus":"$upstream_status","bytes":$body_bytes_sent}';
  access_log ${folder}/access.log shop;
  client_body_temp_path ${folder}/tmp/body;
  proxy_temp_path ${folder}/tmp/proxy;
  fastcgi_temp_path ${folder}/tmp/fastcgi;
  uwsgi_temp_path ${folder}/tmp/uwsgi;
  scgi_temp_path ${folder}/tmp/scgi;
  upstream was { server ${wasAddress} max_fails=0; keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    location = /nginx_status { stub_status; access_log off; allow 127.0.0.1; deny all; }
    location / {
      proxy_pass http://was;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header traceparent "00-$request_id-$shop_span-01";
      proxy_connect_timeout 2s;
      proxy_read_timeout 10s;
      proxy_next_upstream off;
    }
  }
}
`;
