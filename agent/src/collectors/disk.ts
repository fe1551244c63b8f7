import { z } from 'zod';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector } from './collector.ts';
import type { Host } from './host.ts';
import { fieldsOf, wholeLines } from './proc-text.ts';

const config = z.strictObject({
  deviceLimit: z.int().min(1).max(512).default(64).describe('devices reported; further ones are left out'),
});

/** Work of whole block devices, from /proc/diskstats; partitions and memory-backed devices would count it twice. */
export const diskCollector = defineCollector({
  name: 'disk',
  config,
  emits: {
    'system.disk.io': { unit: 'By', kind: 'counter', about: 'bytes read and written' },
    'system.disk.operations': { unit: '{operation}', kind: 'counter', about: 'reads and writes done' },
    'system.disk.operation_time': { unit: 's', kind: 'counter', about: 'time spent by each read or write, added up' },
    'system.disk.io_time': {
      unit: 's',
      kind: 'counter',
      about: 'time the device had work; its increase per second is the share busy, 0..1',
    },
    'airis.disk.pending_operations': { unit: '{operation}', kind: 'gauge', about: 'operations in progress' },
  },
  state: ({ deviceLimit }) => ({
    wholeDevices: new Map<string, boolean>(),
    of: new BoundedAttributes(deviceLimit, (device) => ({ 'system.device': device })),
    reading: new BoundedAttributes(deviceLimit, (device) => direction(device, 'read')),
    writing: new BoundedAttributes(deviceLimit, (device) => direction(device, 'write')),
  }),
  applies: async (host) => (await host.tryReadText('/proc/diskstats')) !== null,
  async collect(host, _config, out, { wholeDevices, of, reading, writing }) {
    for (const device of parseDiskstats(await host.readText('/proc/diskstats'))) {
      if (!(await isWholeDevice(host, device.name, wholeDevices))) continue;
      const [all, read, write] = [of.get(device.name), reading.get(device.name), writing.get(device.name)];
      if (all === null || read === null || write === null) continue;
      out.write('system.disk.io', device.readBytes, read);
      out.write('system.disk.io', device.writtenBytes, write);
      out.write('system.disk.operations', device.reads, read);
      out.write('system.disk.operations', device.writes, write);
      out.write('system.disk.operation_time', device.readSeconds, read);
      out.write('system.disk.operation_time', device.writeSeconds, write);
      out.write('system.disk.io_time', device.busySeconds, all);
      out.write('airis.disk.pending_operations', device.pending, all);
    }
  },
});

const direction = (device: string, way: string) => ({ 'system.device': device, 'disk.io.direction': way });

export interface DiskCounters {
  readonly name: string;
  readonly reads: number;
  readonly readBytes: number;
  readonly readSeconds: number;
  readonly writes: number;
  readonly writtenBytes: number;
  readonly writeSeconds: number;
  readonly pending: number;
  readonly busySeconds: number;
}

/** Always 512, whatever the device's own sector is (Linux, Documentation/admin-guide/iostats). */
const SECTOR_BYTES = 512;
const memoryBacked = /^(?:loop|ram|zram|fd|sr)\d/;

export function parseDiskstats(text: string): DiskCounters[] {
  const devices: DiskCounters[] = [];
  for (const line of wholeLines(text)) {
    const fields = fieldsOf(line);
    const name = fields[2];
    if (name === undefined || fields.length < 14 || memoryBacked.test(name)) continue;
    const n = fields.slice(3, 14).map(Number);
    if (!n.every(Number.isFinite)) continue;
    devices.push({
      name,
      reads: n[0]!,
      readBytes: n[2]! * SECTOR_BYTES,
      readSeconds: n[3]! / 1000,
      writes: n[4]!,
      writtenBytes: n[6]! * SECTOR_BYTES,
      writeSeconds: n[7]! / 1000,
      pending: n[8]!,
      busySeconds: n[9]! / 1000,
    });
  }
  return devices;
}

const partitionName = /^(?:(?:sd|vd|xvd|hd)[a-z]+\d+|(?:nvme\d+n\d+|mmcblk\d+)p\d+)$/;
const KNOWN_DEVICES_LIMIT = 4_096;

/** /sys/block lists whole devices only; where it is hidden (some containers) the name decides. Asked once a device. */
async function isWholeDevice(host: Host, name: string, known: Map<string, boolean>): Promise<boolean> {
  const answer = known.get(name);
  if (answer !== undefined) return answer;
  const listed = await host.list('/sys/block');
  const whole = listed.length === 0 ? !partitionName.test(name) : listed.includes(name.replaceAll('/', '!'));
  if (known.size < KNOWN_DEVICES_LIMIT) known.set(name, whole);
  return whole;
}
