import type { Directive } from './nginx-config.ts';

/** Where a configuration passes requests on to. */
export interface Upstream {
  /** `ip:port`. */
  readonly address: string;
  /** The words of the configuration. */
  readonly text: string;
}

const UPSTREAM_LIMIT = 32;
const TEXT_LENGTH = 300;
const DEPTH_LIMIT = 10;
const passes = new Set(['proxy_pass', 'grpc_pass', 'fastcgi_pass', 'uwsgi_pass', 'scgi_pass']);

/**
 * Targets of `proxy_pass` and the like, directly or through an `upstream` group. Only addresses are told: what a host name
 * means is the resolver's business, and variables are known to nginx alone.
 */
export function nginxUpstreams(http: readonly Directive[]): Upstream[] {
  const groups = new Map(
    http
      .filter(({ name }) => name === 'upstream')
      .map(({ args, block }) => [args[0] ?? '', block.filter(({ name }) => name === 'server')]),
  );
  const found = new Map<string, Upstream>();
  for (const { name, args } of passing(http, 0)) {
    const [, host = '', port] =
      /^(?:(?:https?|grpcs?):\/\/)?(\[[0-9a-f:]+\]|[^:/?]+)(?::(\d{1,5}))?/i.exec(args[0] ?? '') ?? [];
    const servers = groups.get(host);
    const isTls = /^(?:https|grpcs):/.test(args[0] ?? '');
    const targets =
      servers === undefined || port !== undefined
        ? [{ address: addressOf(host, port ?? (isTls ? '443' : '80')), text: `${name} ${args[0]}` }]
        : servers.map((server) => ({
            address: serverAddress(server.args[0] ?? ''),
            text: `upstream ${host}: server ${server.args[0]}`,
          }));
    for (const { address, text } of targets) {
      if (address === null || found.has(address) || found.size >= UPSTREAM_LIMIT) continue;
      found.set(address, { address, text: text.slice(0, TEXT_LENGTH) });
    }
  }
  return [...found.values()];
}

const passing = (level: readonly Directive[], depth: number): Directive[] =>
  depth > DEPTH_LIMIT ? [] : level.flatMap((d) => (passes.has(d.name) ? [d] : passing(d.block, depth + 1)));

function serverAddress(text: string): string | null {
  const match = /^(\[[0-9a-f:]+\]|[^:/]+)(?::(\d{1,5}))?$/i.exec(text);
  return match === null ? null : addressOf(match[1] ?? '', match[2] ?? '80');
}

function addressOf(host: string, port: string): string | null {
  if (host === 'localhost') return `127.0.0.1:${port}`;
  return /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\])$/i.test(host) ? `${host.toLowerCase()}:${port}` : null;
}
