import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { placeOf } from './listen-address.ts';

export interface UdpListener extends AsyncDisposable {
  readonly port: number;
  /** What went wrong since it listens; then it takes nothing more. */
  error(): Error | null;
}
export type UdpListen = (place: string, onPacket: (packet: Buffer) => void) => Promise<UdpListener>;

/** What the kernel holds while the agent does something else; packets beyond it are lost without a word. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export const udpListen: UdpListen = async (place, onPacket) => {
  const { host, port } = placeOf(place);
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
  await new Promise<void>((done, failed) => {
    socket.once('error', (cause) => {
      socket.close();
      failed(new Error(`cannot listen on ${place}: ${cause.message}; free the port or name another one`, { cause }));
    });
    socket.bind(port, host, done);
  });
  let broken: Error | null = null;
  socket.removeAllListeners('error');
  socket.on('error', (error) => {
    broken = error;
  });
  socket.on('message', onPacket);
  return {
    port: socket.address().port,
    error: () => broken,
    [Symbol.asyncDispose]: () => new Promise((done) => socket.close(() => done())),
  };
};
