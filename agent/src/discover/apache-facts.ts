import { isIPv4 } from 'node:net';
import { isAbsolute, join } from 'node:path';
import type { Directive } from './nginx-config.ts';
import type { AccessLog, StatusPage } from './nginx-facts.ts';
import { parseListen } from './nginx-facts.ts';
import type { Upstream } from './nginx-upstreams.ts';

/** What AIRIS-MON needs of a configuration of Apache. */
export interface ApacheFacts {
  readonly ports: readonly number[];
  /** Pages of mod_status that a request to loopback may reach without TLS. */
  readonly statusPages: readonly StatusPage[];
  readonly accessLogs: readonly AccessLog[];
  readonly upstreams: readonly Upstream[];
}

/** Formats that Apache's own configurations name; the first is also that of a log without a format. */
const commonFormat = '%h %l %u %t "%r" %>s %b';
export const apacheCombinedFormat = `${commonFormat} "%{Referer}i" "%{User-Agent}i"`;
const knownFormats: readonly (readonly [string, string])[] = [
  ['common', commonFormat],
  ['combined', apacheCombinedFormat],
];

const LOG_LIMIT = 32;
const PAGE_LIMIT = 8;
const UPSTREAM_LIMIT = 32;
const DEPTH_LIMIT = 10;

export function apacheFacts(directives: readonly Directive[], serverRoot: string): ApacheFacts {
  const hosts = directives.filter(({ name }) => name === '<virtualhost>');
  const levels = [{ args: [] as readonly string[], block: directives }, ...hosts];
  const listens = directives.flatMap(({ name, args }) => {
    const listen = name === 'listen' ? parseListen(args) : null;
    return listen === null ? [] : [{ ...listen, isTls: args[1] === 'https' || listen.port === 443 }];
  });
  const tlsPorts = new Set(hosts.filter(isTls).flatMap(portsOf));
  const plain = listens.filter(({ port, onLoopback, isTls }) => onLoopback && !isTls && !tlsPorts.has(port));
  const pages = levels.flatMap(({ args, block }) =>
    statusPaths(block).flatMap((path) => {
      const own = portsOf({ args });
      return plain.filter(({ port }) => own.length === 0 || own.includes(port)).map(({ port }) => ({ port, path }));
    }),
  );
  return {
    ports: [...new Set(listens.map(({ port }) => port))].sort((a, b) => a - b),
    statusPages: pages.slice(0, PAGE_LIMIT),
    accessLogs: accessLogs(
      levels.map(({ block }) => block),
      serverRoot,
    ),
    upstreams: upstreamsIn(directives),
  };
}

const isTls = ({ block }: Directive) =>
  block.some(({ name, args }) => name === 'sslengine' && args[0]?.toLowerCase() === 'on');

/** `*:8080`, `127.0.0.1:80`: ports of a virtual host; none for one at every port. */
const portsOf = ({ args }: Pick<Directive, 'args'>): number[] =>
  args.flatMap((arg) => {
    const port = Number(/:(\d{1,5})$/.exec(arg)?.[1]);
    return Number.isInteger(port) ? [port] : [];
  });

const statusPaths = (level: readonly Directive[]): string[] =>
  level.flatMap(({ name, args, block }) =>
    name === '<location>' &&
    args[0]?.startsWith('/') === true &&
    block.some((inner) => inner.name === 'sethandler' && inner.args[0] === 'server-status')
      ? [args[0]]
      : [],
  );

/**
 * One log of each level, because each gets the same requests: the one that tells times, else the first. Pipes, syslog and
 * logs for some requests only (`env=`) are not followed.
 */
function accessLogs(levels: readonly (readonly Directive[])[], serverRoot: string): AccessLog[] {
  const formats = new Map(knownFormats);
  for (const { name, args } of levels.flat()) {
    if (name === 'logformat' && args[1] !== undefined) formats.set(args[1], args[0] ?? '');
  }
  const found = new Map<string, AccessLog>();
  for (const level of levels) {
    const unnamed = level.findLast(({ name, args }) => name === 'logformat' && args.length === 1)?.args[0];
    const written = level.flatMap(({ name, args: [path = '', format, condition] }) => {
      if (name !== 'customlog' && name !== 'transferlog') return [];
      if (path === '' || path.startsWith('|') || path.startsWith('syslog') || /\$\{|^\/dev\//.test(path)) return [];
      if (condition !== undefined) return [];
      const text = name === 'transferlog' ? (unnamed ?? commonFormat) : (formats.get(format ?? '') ?? format);
      return [{ path: isAbsolute(path) ? path : join(serverRoot, path), format: text ?? commonFormat }];
    });
    const best = written.find(({ format }) => tellsTime(format)) ?? written[0];
    if (best !== undefined && found.size < LOG_LIMIT) found.set(best.path, best);
  }
  return [...found.values()];
}

const tellsTime = (format: string) => /%[<>]?(?:D|(?:\{(?:ms|us|s)\})?T)/.test(format);

const DEFAULT_PORTS: Readonly<Record<string, string>> = { https: '443', wss: '443', ajp: '8009' };
const proxies = new Set(['proxypass', 'proxypassmatch', 'balancermember', 'sethandler', 'rewriterule']);

/** Targets of mod_proxy with an address; what a host name means is the resolver's business. */
function upstreamsIn(directives: readonly Directive[]): Upstream[] {
  const found = new Map<string, Upstream>();
  const look = (level: readonly Directive[], depth: number): void => {
    for (const { name, args, block } of level) {
      if (depth < DEPTH_LIMIT) look(block, depth + 1);
      if (!proxies.has(name) || (name === 'rewriterule' && !/[[,]P[,\]]/.test(args[2] ?? ''))) continue;
      args.slice(0, 2).forEach((arg, i) => {
        const address = upstreamAddress(arg);
        if (address === null || found.has(address) || found.size >= UPSTREAM_LIMIT) return;
        // What stands behind the address may be a secret: `secret=`, a token in a query.
        const words = [name, ...args.slice(0, i), arg.replace(/[?$].*/, '')];
        found.set(address, { address, text: words.join(' ').slice(0, 300) });
      });
    }
  };
  look(directives, 0);
  return [...found.values()];
}

/** `http://10.0.0.7:8080/app` → `10.0.0.7:8080`; without credentials, which may not stand there. */
export function upstreamAddress(text: string): string | null {
  const match =
    /^(?:proxy:)?(?:unix:[^|]*\|)?(https?|h2c?|ajp|fcgi|scgi|uwsgi|wss?):\/\/(\[[0-9a-f:]+\]|[\w.-]+)(?::(\d{1,5}))?(?=[/$?]|$)/i.exec(
      text,
    );
  if (match === null || text.includes('unix:')) return null;
  const host = match[2] === 'localhost' ? '127.0.0.1' : (match[2] ?? '').toLowerCase();
  if (!isIPv4(host) && !host.startsWith('[')) return null;
  return `${host}:${match[3] ?? DEFAULT_PORTS[match[1]?.toLowerCase() ?? ''] ?? '80'}`;
}
