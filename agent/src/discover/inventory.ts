import { hostname } from 'node:os';
import type { Inventory } from '@airis/protocol';
import { cpu, mem, networkInterfaces, osInfo, system, time } from 'systeminformation';

/** Facts about the machine, through `systeminformation`. */
export async function readInventory(): Promise<Inventory> {
  const [os, processor, memory, nics, machine] = await Promise.all([
    osInfo(),
    cpu(),
    mem(),
    networkInterfaces(),
    system(),
  ]);
  const addresses = (Array.isArray(nics) ? nics : [nics])
    .filter((nic) => !nic.internal)
    .flatMap((nic) => [nic.ip4, nic.ip6])
    .filter((address) => address !== '');
  return {
    hostName: hostname().slice(0, 255),
    os: `${os.distro} ${os.release}`.trim().slice(0, 200),
    kernel: os.kernel.slice(0, 200),
    arch: os.arch.slice(0, 32),
    cpuModel: `${processor.manufacturer} ${processor.brand}`.trim().slice(0, 200),
    cpuCount: Math.trunc(processor.cores),
    memoryBytes: memory.total,
    bootTimeUnixMs: Math.round(Date.now() - time().uptime * 1000),
    addresses: addresses.slice(0, 32).map((address) => address.slice(0, 64)),
    virtualization: machine.virtual ? (machine.virtualHost ?? 'unknown').slice(0, 64) : null,
  };
}
