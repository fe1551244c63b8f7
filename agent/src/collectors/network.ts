import { z } from 'zod';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector } from './collector.ts';
import { wholeLines } from './proc-text.ts';

const config = z.strictObject({
  interfaceLimit: z
    .int()
    .min(1)
    .max(512)
    .default(32)
    .describe('interfaces reported at once, the oldest first; further ones are left out'),
  skip: z
    .array(z.string().max(64))
    .max(32)
    .default(['lo', 'veth', 'cali', 'ifb', 'dummy', 'lxc'])
    .describe('interfaces whose name begins like this are left out: loopback and the ends of container links'),
});

/** Different interfaces that ever get series since start; the gate's own bound for values of an attribute. */
const EVER_LIMIT = 256;

/** Traffic of network interfaces, from /proc/net/dev. An interface that never moved a packet is left out. */
export const networkCollector = defineCollector({
  name: 'network',
  config,
  emits: {
    'system.network.io': { unit: 'By', kind: 'counter', about: 'bytes received and sent' },
    'system.network.packet.count': { unit: '{packet}', kind: 'counter', about: 'packets received and sent' },
    'system.network.errors': { unit: '{error}', kind: 'counter', about: 'packets that failed' },
    'system.network.packet.dropped': { unit: '{packet}', kind: 'counter', about: 'packets thrown away' },
  },
  state: () => ({
    receive: new BoundedAttributes(EVER_LIMIT, (name) => direction(name, 'receive')),
    transmit: new BoundedAttributes(EVER_LIMIT, (name) => direction(name, 'transmit')),
  }),
  applies: async (host) => (await host.tryReadText('/proc/net/dev')) !== null,
  async collect(host, { interfaceLimit, skip }, out, { receive, transmit }) {
    const moving = parseNetDev(await host.readText('/proc/net/dev')).filter(
      ({ name, received, sent }) =>
        !skip.some((prefix) => name.startsWith(prefix)) && received.packets + sent.packets > 0,
    );
    for (const nic of moving.slice(0, interfaceLimit)) {
      for (const [attributes, traffic] of [
        [receive.get(nic.name), nic.received],
        [transmit.get(nic.name), nic.sent],
      ] as const) {
        if (attributes === null) continue;
        out.write('system.network.io', traffic.bytes, attributes);
        out.write('system.network.packet.count', traffic.packets, attributes);
        out.write('system.network.errors', traffic.errors, attributes);
        out.write('system.network.packet.dropped', traffic.dropped, attributes);
      }
    }
  },
});

const direction = (name: string, way: string) => ({
  'network.interface.name': name,
  'network.io.direction': way,
});

export interface Traffic {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

export function parseNetDev(text: string): { name: string; received: Traffic; sent: Traffic }[] {
  const interfaces = [];
  for (const line of wholeLines(text)) {
    const colon = line.lastIndexOf(':');
    if (colon < 0) continue;
    const n = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    if (n.length < 16 || !n.every(Number.isFinite)) continue;
    interfaces.push({ name: line.slice(0, colon).trim(), received: traffic(n, 0), sent: traffic(n, 8) });
  }
  return interfaces;
}

const traffic = (n: readonly number[], from: number): Traffic => ({
  bytes: n[from]!,
  packets: n[from + 1]!,
  errors: n[from + 2]!,
  dropped: n[from + 3]!,
});
