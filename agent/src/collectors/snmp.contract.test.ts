import { readFile } from 'node:fs/promises';
import type { Attributes } from '@airis/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startSnmpd, type TestSnmpd } from '../snmp/snmpd-under-test.ts';
import { createHost } from './host.ts';
import { snmpCollector } from './snmp.ts';

let snmpd: TestSnmpd;
beforeAll(async () => {
  snmpd = await startSnmpd();
});
afterAll(async () => {
  await snmpd[Symbol.asyncDispose]();
});

interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly attributes: Attributes;
}

/** One collector over targets, and what its readings say. */
function watch(...targets: readonly object[]) {
  const collector = snmpCollector.create({ targets });
  let nowMs = 0;
  const host = { ...createHost(), nowMs: () => nowMs };
  return {
    async read(): Promise<Sample[]> {
      const samples: Sample[] = [];
      nowMs += 300_000;
      await collector.collect(host, {
        write: (metric, value, attributes = {}) => samples.push({ metric, value, attributes }),
      });
      return samples;
    },
    [Symbol.asyncDispose]: async () => collector.close?.(),
  };
}

const device = (more: object) => ({
  name: 'core-sw-1',
  address: '127.0.0.1',
  port: snmpd.port,
  timeoutMs: 2_000,
  ...more,
});
const community = () => device({ version: '2c', communityFile: snmpd.communityFile });

const find = (samples: readonly Sample[], metric: string, more: Attributes = {}) =>
  samples.find(
    (sample) =>
      sample.metric === metric && Object.entries(more).every(([key, value]) => sample.attributes[key] === value),
  )?.value;

/** Bytes that an interface has received, as this machine's kernel counts them. */
async function kernelBytes(name: string): Promise<number> {
  const text = await readFile('/proc/net/dev', 'utf8');
  return Number(new RegExp(`^\\s*${name}:\\s*(\\d+)`, 'm').exec(text)?.[1]);
}

/** An interface that snmpd tells of and that is no loopback. */
async function someInterface(): Promise<string> {
  const text = await readFile('/proc/net/dev', 'utf8');
  const names = [...text.matchAll(/^\s*([\w-]+):/gm)].map(([, name]) => name!).filter((name) => name !== 'lo');
  if (names[0] === undefined) throw new Error('this machine has no interface but loopback');
  return names[0];
}

describe('snmp, of a real snmpd', () => {
  it('reads the load of the device, and numbers that settings name', async () => {
    const uptime = { oid: '1.3.6.1.2.1.25.1.1.0', metric: 'acme.up', unit: 's', factor: 0.01 };
    const name = { oid: '1.3.6.1.2.1.1.5.0', metric: 'acme.name', unit: '1' };
    const away = { oid: '1.3.6.1.4.1.99999.1.0', metric: 'acme.away', unit: '1' };
    await using watched = watch({ ...community(), values: [uptime, name, away] });
    const samples = await watched.read();
    const total = Number(/MemTotal:\s+(\d+)/.exec(await readFile('/proc/meminfo', 'utf8'))?.[1]);
    const available = Number(/MemAvailable:\s+(\d+)/.exec(await readFile('/proc/meminfo', 'utf8'))?.[1]);
    expect(Math.abs(find(samples, 'airis.snmp.device.memory.utilization')! - (1 - available / total))).toBeLessThan(
      0.05,
    );
    // It measures processors over a minute: just started it may not say yet.
    const cpu = find(samples, 'airis.snmp.device.cpu.utilization') ?? 0;
    expect(cpu >= 0 && cpu <= 1).toBe(true);
    const seconds = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]);
    expect(Math.abs(find(samples, 'acme.up')! - seconds)).toBeLessThan(60);
    expect(samples.map(({ metric }) => metric)).not.toContain('acme.name');
    expect(samples.map(({ metric }) => metric)).not.toContain('acme.away');
  });

  it.each([
    { name: '2c', target: community },
    {
      name: '3 with SHA-256 and AES',
      target: () =>
        device({
          version: '3',
          user: 'watcher',
          authPasswordFile: snmpd.authPasswordFile,
          privPasswordFile: snmpd.privPasswordFile,
        }),
    },
  ])('reads interfaces by version $name, in the size that the kernel counts', async ({ target }) => {
    await using watched = watch(target());
    const before = await kernelBytes(await someInterface());
    const samples = await vi.waitFor(() => watched.read(), { timeout: 10_000, interval: 200 });
    const after = await kernelBytes(await someInterface());
    const bytes = find(samples, 'hw.network.io', {
      'hw.parent': 'core-sw-1',
      'network.interface.name': await someInterface(),
      'network.io.direction': 'receive',
    });
    // snmpd itself looks at the kernel every few seconds only.
    expect(bytes).toBeGreaterThan(before - 10_000_000);
    expect(bytes).toBeLessThanOrEqual(after);
    expect(find(samples, 'airis.snmp.up')).toBe(1);
    expect(find(samples, 'airis.snmp.device.uptime')).toBeLessThan(120);
    // The first answer came after snmpd had started; this one at once.
    expect(find(await watched.read(), 'airis.snmp.round_trip')).toBeLessThan(1);
  });

  it('says why a device does not answer, and goes on with the others', async () => {
    const wrong = device({ name: 'closed', version: '2c', communityFile: snmpd.authPasswordFile, timeoutMs: 200 });
    const samples: Sample[] = [];
    const collector = snmpCollector.create({ targets: [wrong, community()] });
    await expect(
      collector.collect(createHost(), {
        write: (metric, value, attributes = {}) => samples.push({ metric, value, attributes }),
      }),
    ).rejects.toThrow('closed: timeout');
    await collector.close?.();
    expect(find(samples, 'airis.snmp.up', { 'hw.parent': 'closed' })).toBe(0);
    expect(find(samples, 'airis.snmp.up', { 'hw.parent': 'core-sw-1' })).toBe(1);
    expect(find(samples, 'airis.snmp.failures', { 'hw.parent': 'closed', 'airis.snmp.failure': 'timeout' })).toBe(1);
  });

  it('notices that a device is away, and that it started again', async () => {
    await using watched = watch(device({ version: '2c', communityFile: snmpd.communityFile, timeoutMs: 200 }));
    await watched.read();
    await snmpd.stop();
    await expect(watched.read()).rejects.toThrow('core-sw-1: timeout');
    await snmpd.start();
    const samples = await vi.waitFor(() => watched.read(), { timeout: 10_000, interval: 200 });
    expect(find(samples, 'airis.snmp.up')).toBe(1);
    expect(find(samples, 'airis.snmp.device.uptime')).toBeLessThan(10);
  });
});
