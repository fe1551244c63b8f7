import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** What is wrong on the way; all zero is a good network. */
export interface NetworkTrouble {
  /** Added to each direction. */
  readonly latencyMs: number;
  /** 0..jitterMs more, evenly spread. */
  readonly jitterMs: number;
  /** 0..1: share of pieces that are lost and come again after the sender has waited. */
  readonly lossRatio: number;
}

/** A TCP proxy on loopback in user space: as a network between two tiers that can be made bad without root. */
export interface TcpProxy extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly address: string;
  setTrouble(trouble: NetworkTrouble): void;
}

export interface ProxyOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly target: { readonly host: string; readonly port: number };
}

export const GOOD_NETWORK: NetworkTrouble = { latencyMs: 0, jitterMs: 0, lossRatio: 0 };

/** Connections at once; more are refused. */
const MAX_CONNECTIONS = 500;
/** Bytes on the way in one direction before the sender is told to wait. */
const MAX_BYTES_ON_THE_WAY = 1024 * 1024;
/** A lost piece comes again after the kernel's shortest retransmission time, or twice that. */
const RETRANSMIT_MS = 600;

export async function startProxy({ port, target }: ProxyOptions): Promise<TcpProxy> {
  let trouble = GOOD_NETWORK;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (sockets.size >= 2 * MAX_CONNECTIONS) {
      client.destroy();
      return;
    }
    const upstream = createConnection({ ...target, allowHalfOpen: true });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      // Either end failing is for the other end to see as a reset, as without a proxy.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        if (socket.errored !== null) other.destroy();
      });
      carry(socket, other, () => trouble);
    }
  });
  const address = await listen(server, port);
  return {
    address,
    setTrouble(wanted) {
      trouble = wanted;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/**
 * Moves bytes from one socket to the other, each piece as late as the trouble of its time says, and none before the
 * piece ahead of it: one queue and one timer, since two timers a fraction of a millisecond apart may fire either way.
 */
function carry(from: Socket, to: Socket, troubleNow: () => NetworkTrouble): void {
  /** `null` is the end. */
  const onTheWay: { readonly piece: Buffer | null; readonly dueMs: number }[] = [];
  let bytes = 0;
  let lastDueMs = 0;
  let timer: NodeJS.Timeout | null = null;

  const send = (piece: Buffer | null): void => {
    lastDueMs = Math.max(lastDueMs, performance.now() + delayOf(troubleNow()));
    onTheWay.push({ piece, dueMs: lastDueMs });
    if (timer === null) arrive();
  };
  const arrive = (): void => {
    timer = null;
    for (let next = onTheWay[0]; next !== undefined; next = onTheWay[0]) {
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0 && !to.destroyed) {
        timer = setTimeout(arrive, Math.ceil(waitMs));
        return;
      }
      onTheWay.shift();
      deliver(next.piece);
    }
  };
  const deliver = (piece: Buffer | null): void => {
    if (to.destroyed) return;
    if (piece === null) {
      to.end();
      return;
    }
    bytes -= piece.length;
    if (!to.write(piece)) {
      from.pause();
      to.once('drain', () => from.resume());
    } else if (from.isPaused() && bytes <= MAX_BYTES_ON_THE_WAY / 2) from.resume();
  };

  from.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > MAX_BYTES_ON_THE_WAY) from.pause();
    send(piece);
  });
  from.on('end', () => send(null));
}

function delayOf({ latencyMs, jitterMs, lossRatio }: NetworkTrouble): number {
  const isLost = lossRatio > 0 && Math.random() < lossRatio;
  return latencyMs + Math.random() * jitterMs + (isLost ? RETRANSMIT_MS * (1 + Math.round(Math.random())) : 0);
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') failed(new Error('a TCP server has a port'));
      else done(`127.0.0.1:${address.port}`);
    });
  });
}
