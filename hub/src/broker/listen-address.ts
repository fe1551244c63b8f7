import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { errorCode, HubError, type HubErrorCode } from '../errors.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** Whether only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Where a client on this machine reaches a server that listens on `host`. */
export function localHostOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '::1';
  return host === '[::]' ? '[::1]' : host;
}

/** Addresses of this machine's interfaces, for server certificates. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.address.startsWith('fe80'))
    .map((address) => address.address);
}

/** `host:port` for URLs, with brackets round IPv6. */
export function hostPort({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * A port that can be listened on at this moment: the wanted one, or a free one for 0.
 *
 * @param setting - name of the setting, for the error
 */
export async function takeablePort(address: ListenAddress, code: HubErrorCode, setting: string): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const isTaken = errorCode(cause) === 'EADDRINUSE';
      const why = isTaken ? 'something else listens there' : cause.message;
      reject(
        new HubError(
          code,
          `${hostPort(address)} cannot be used: ${why}`,
          `end it, or set ${setting} (port 0 takes a free one)`,
          { cause },
        ),
      );
    });
    server.listen(address.port, address.host, () => {
      const bound = server.address();
      const port = bound !== null && typeof bound === 'object' ? bound.port : address.port;
      server.close(() => resolve(port));
    });
  });
}
