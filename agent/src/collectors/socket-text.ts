/** What the kernel knows of one established TCP connection. */
export interface TcpConnection {
  readonly localPort: number;
  /** IPv6 without brackets; one that was mapped from IPv4 as that. */
  readonly peerAddress: string;
  readonly peerPort: number;
  /** The kernel's smoothed round-trip time. */
  readonly roundTripSeconds: number;
  /** Segments sent again since the connection began. */
  readonly retransmitted: number;
}

/** `Recv-Q Send-Q Local:Port Peer:Port`, and on the next line what the kernel knows of it. */
const place = /^\d+\s+\d+\s+(\S+):(\d+)\s+(\S+):(\d+)/;

/**
 * The output of `ss -H -t -i -n state established`. Lines that make no sense are passed over; a connection that never sent
 * anything has no round-trip time and is left out.
 */
export function parseSockets(text: string, limit: number): TcpConnection[] {
  const connections: TcpConnection[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length && connections.length < limit; i++) {
    const match = place.exec(lines[i]!.trim());
    if (match === null) continue;
    // Newer versions can put both on one line.
    const more = /^\s/.test(lines[i + 1] ?? '') ? `${lines[i]} ${lines[i + 1]}` : lines[i]!;
    const roundTripMs = Number(/\srtt:([\d.]+)\//.exec(more)?.[1] ?? Number.NaN);
    if (!Number.isFinite(roundTripMs)) continue;
    connections.push({
      localPort: Number(match[2]),
      peerAddress: plainAddress(match[3]!),
      peerPort: Number(match[4]),
      roundTripSeconds: roundTripMs / 1_000,
      retransmitted: Number(/\sretrans:\d+\/(\d+)/.exec(more)?.[1] ?? 0),
    });
  }
  return connections;
}

/** `[::ffff:10.0.0.1]` → `10.0.0.1`, `[fe80::1]%eth0` → `fe80::1`. */
function plainAddress(text: string): string {
  const bare = text.replace(/%[\w.-]+/, '').replace(/^\[|\]$/g, '');
  return bare.replace(/^::ffff:(?=\d+\.)/i, '');
}
