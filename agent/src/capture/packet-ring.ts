import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Headers of the packets of one interface, out of a ring that the kernel fills. */
export interface PacketRing {
  /** Records of what came since the last call, as many as fit `into`; how many bytes were written. */
  read(into: Uint8Array): number;
  /** Since the last call: packets that the kernel offered, and those it threw away because the ring was full. */
  stats(): { readonly packets: number; readonly drops: number };
  close(): void;
}

/** `null`: there is no such interface now. */
export type OpenPacketRing = (interfaceName: string, headerBytes: number, blocks: number) => PacketRing | null;

/** What `packet-ring.c` exports. */
interface Addon {
  open(interfaceName: string, headerBytes: number, blocks: number): object;
  read(ring: object, into: Uint8Array): number;
  stats(ring: object): [packets: number, drops: number];
  close(ring: object): void;
}

/** One block of the ring. */
export const RING_BLOCK_BYTES = 256 * 1024;

let addon: Addon | null = null;

/** Beside the packed program, or where a checkout puts what it compiles. */
const places = [
  join(import.meta.dirname, 'native/packet-ring.node'),
  join(import.meta.dirname, '../native/packet-ring.node'),
  join(import.meta.dirname, '../../../node_modules/.cache/airis/native/packet-ring.node'),
];
export const packetRingInCheckout: string = places[2]!;

/** @throws Error that says what is missing and what to do: this build has no capture, or the agent may not capture */
export const openPacketRing: OpenPacketRing = (interfaceName, headerBytes, blocks) => {
  addon ??= load();
  const { open, read, stats, close } = addon;
  const ring = withAdvice(() => open(interfaceName, headerBytes, blocks));
  if (ring === null) return null;
  return {
    read: (into) => read(ring, into),
    stats() {
      const [packets, drops] = stats(ring);
      return { packets, drops };
    },
    close: () => close(ring),
  };
};

function load(): Addon {
  const path = places.find((one) => existsSync(one));
  if (path === undefined) {
    throw new Error('this agent was built without capture: build it where gcc is installed (npm run build:agent)');
  }
  // Checked by its own tests; a library cannot be asked for its types.
  return createRequire(import.meta.url)(path) as Addon;
}

function withAdvice<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') {
      throw new Error(
        'capturing packets needs the capability CAP_NET_RAW: systemctl edit airis-agent, [Service] AmbientCapabilities=CAP_NET_RAW; or setcap cap_net_raw+ep on the binary',
        { cause: error },
      );
    }
    if (error instanceof Error && 'code' in error && error.code === 'ENODEV') return null;
    throw error;
  }
}
