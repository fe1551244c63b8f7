import { isAbsolute, join } from 'node:path';
import type { Directive } from './nginx-config.ts';
import { nginxUpstreams, type Upstream } from './nginx-upstreams.ts';

export interface StatusPage {
  readonly port: number;
  readonly path: string;
}

export interface AccessLog {
  readonly path: string;
  /** Text of its `log_format`. */
  readonly format: string;
}

/** What AIRIS-MON needs of a configuration. */
export interface NginxFacts {
  readonly ports: readonly number[];
  /** Pages that a request to loopback can reach without TLS, most likely first. */
  readonly statusPages: readonly StatusPage[];
  readonly accessLogs: readonly AccessLog[];
  /** Where requests are passed on to, by address. */
  readonly upstreams: readonly Upstream[];
}

export const combinedFormat =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

const LOG_LIMIT = 32;

/** @param defaults - what nginx uses when the configuration does not say: the prefix of relative paths, and its log */
export function nginxFacts(
  directives: readonly Directive[],
  defaults: { readonly prefix: string; readonly accessLog: string },
): NginxFacts {
  const http = directives.filter((d) => d.name === 'http').flatMap((d) => d.block);
  const formats = new Map([['combined', combinedFormat]]);
  for (const { args } of http.filter((d) => d.name === 'log_format')) {
    const [name, ...pieces] = args;
    if (name !== undefined) formats.set(name, pieces.filter((piece) => !piece.startsWith('escape=')).join(''));
  }
  const servers = http.filter((d) => d.name === 'server').map((d) => d.block);
  const ports = new Set<number>();
  const statusPages: StatusPage[] = [];
  const logs = new Map<string, AccessLog>();
  const logsOf = (level: readonly Directive[]) => level.filter((d) => d.name === 'access_log');
  for (const server of servers) {
    const listens = listensOf(server);
    for (const listen of listens) ports.add(listen.port);
    const page = statusLocation(server);
    const plain = listens.find((listen) => listen.onLoopback && !listen.isTls);
    if (page !== null && plain !== undefined) statusPages.push({ port: plain.port, path: page });
  }
  // A level with its own access_log replaces the one above; without any, nginx writes its default.
  const own = [http, ...servers, ...servers.flatMap(locationsOf)].flatMap(logsOf);
  const written = own.length > 0 ? own.map((d) => d.args) : [[defaults.accessLog]];
  for (const [path, format = 'combined'] of written) {
    // `off`, `syslog:…` and paths made of variables are no file to follow.
    if (path === undefined || path === 'off' || path === '/dev/null' || path.includes('$') || path.includes(':'))
      continue;
    if (logs.size >= LOG_LIMIT) break;
    const absolute = isAbsolute(path) ? path : join(defaults.prefix, path);
    const text = formats.get(format.includes('=') ? 'combined' : format);
    if (text !== undefined) logs.set(absolute, { path: absolute, format: text });
  }
  return {
    ports: [...ports].sort((a, b) => a - b),
    statusPages,
    accessLogs: [...logs.values()],
    upstreams: nginxUpstreams(http),
  };
}

const locationsOf = (level: readonly Directive[]): (readonly Directive[])[] =>
  level.filter((d) => d.name === 'location').flatMap((d) => [d.block, ...locationsOf(d.block)]);

/** Path of the first location with `stub_status`; one given by a regular expression has no path to ask for. */
function statusLocation(level: readonly Directive[]): string | null {
  for (const { args, block } of level.filter((d) => d.name === 'location')) {
    const path = args.at(-1);
    const isPlain = path?.startsWith('/') === true && !args.some((arg) => arg.startsWith('~'));
    if (isPlain && block.some((d) => d.name === 'stub_status' && d.args[0] !== 'off')) return path;
    const nested = statusLocation(block);
    if (nested !== null) return nested;
  }
  return null;
}

interface Listen {
  readonly port: number;
  readonly onLoopback: boolean;
  readonly isTls: boolean;
}

function listensOf(server: readonly Directive[]): Listen[] {
  const listens = server.filter((d) => d.name === 'listen').flatMap(({ args }) => parseListen(args) ?? []);
  const isSilent = !server.some((d) => d.name === 'listen');
  return isSilent ? [{ port: 80, onLoopback: true, isTls: false }] : listens;
}

/** `80`, `*:80`, `127.0.0.1:8080`, `[::]:80`, `localhost:80`, `localhost`, with flags behind; `null` for unix sockets. */
export function parseListen(args: readonly string[]): Listen | null {
  const match =
    /^(?:(\[[0-9a-f:.]+\]|[^:[\]]+):)?(\d{1,5})$/i.exec(args[0] ?? '') ?? /^([^:/]+|\[.*\])$/.exec(args[0] ?? '');
  if (match === null) return null;
  const address = match[1] ?? '*';
  const port = Number(match[2] ?? 80);
  if (port < 1 || port > 65_535) return null;
  return {
    port,
    // Pages are asked for at 127.0.0.1, where a socket bound to ::1 only would not answer.
    onLoopback: /^(?:\*|0\.0\.0\.0|\[::\]|localhost|127\.\d+\.\d+\.\d+)$/.test(address),
    isTls: args.includes('ssl') || args.includes('quic'),
  };
}
