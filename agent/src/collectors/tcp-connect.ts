import { connect } from 'node:net';

/**
 * Seconds until a TCP connection stood; `null` where none did in time, refused or not. It is closed at once, without a byte.
 */
export type TcpConnect = (host: string, port: number, timeoutMs: number) => Promise<number | null>;

export const tcpConnect: TcpConnect = (host, port, timeoutMs) =>
  new Promise((resolve) => {
    const startMs = performance.now();
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (seconds: number | null) => {
      socket.destroy();
      resolve(seconds);
    };
    socket.once('connect', () => end((performance.now() - startMs) / 1_000));
    socket.once('timeout', () => end(null));
    socket.once('error', () => end(null));
  });
