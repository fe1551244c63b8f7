import { RECORD_BYTES } from './packet.ts';

export interface TestPacket {
  readonly bytes: Uint8Array;
  readonly atSeconds: number;
  readonly kind?: number;
  readonly wireBytes?: number;
}

/** As `PacketRing.read` writes them. */
export function recordsOf(packets: readonly TestPacket[]): Uint8Array {
  const parts = packets.map(({ bytes, atSeconds, kind = 0, wireBytes = bytes.length }) => {
    const padded = (bytes.length + 3) & ~3;
    const record = new Uint8Array(RECORD_BYTES + padded);
    const nanoseconds = Math.round((atSeconds - Math.floor(atSeconds)) * 1e9);
    new Uint32Array(record.buffer).set([bytes.length, wireBytes, Math.floor(atSeconds), nanoseconds, kind]);
    record.set(bytes, RECORD_BYTES);
    return record;
  });
  const all = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export interface TestSegment {
  readonly from: string;
  readonly to: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly flags?: number;
  readonly sequence?: number;
  readonly window?: number;
  readonly payload?: Uint8Array;
  readonly protocol?: 6 | 17;
  readonly vlan?: boolean;
  readonly fragmentOffset?: number;
}

const two = (value: number) => [(value >> 8) & 255, value & 255];
const address = (text: string) =>
  text.includes(':')
    ? text.split(':').flatMap((group) => two(Number.parseInt(group, 16)))
    : text.split('.').map(Number);

/** A frame as on a wire; IPv6 where the addresses have all eight groups. */
export function frame(segment: TestSegment): Uint8Array {
  const { from, to, fromPort, toPort, protocol = 6, payload = new Uint8Array(0), vlan = false } = segment;
  const { flags = 16, sequence = 1, window = 1_000, fragmentOffset = 0 } = segment;
  const transport =
    protocol === 6
      ? [
          ...two(fromPort),
          ...two(toPort),
          ...two(sequence >>> 16),
          ...two(sequence),
          0,
          0,
          0,
          0,
          0x50,
          flags,
          ...two(window),
          0,
          0,
          0,
          0,
        ]
      : [...two(fromPort), ...two(toPort), ...two(8 + payload.length), 0, 0];
  const length = transport.length + payload.length;
  const isVersion6 = from.includes(':');
  const network = isVersion6
    ? [0x60, 0, 0, 0, ...two(length), protocol, 64, ...address(from), ...address(to)]
    : [
        0x45,
        0,
        ...two(20 + length),
        0,
        0,
        ...two(fragmentOffset),
        64,
        protocol,
        0,
        0,
        ...address(from),
        ...address(to),
      ];
  const type = isVersion6 ? 0x86dd : 0x0800;
  const ethernet = [...new Array<number>(12).fill(2), ...(vlan ? [0x81, 0, 0, 7] : []), ...two(type)];
  return Uint8Array.from([...ethernet, ...network, ...transport, ...payload]);
}
