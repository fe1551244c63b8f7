import type { Attributes } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { SnmpError, type SnmpRow, type SnmpSession, type SnmpValue } from '../snmp/snmp-session.ts';
import { hostOfFiles } from './host-of-files-under-test.ts';
import { snmpCollector } from './snmp.ts';

const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';

/** A device as a table of its columns, in place of a real one: nothing can be made to wrap or break at will there. */
class StandInDevice implements SnmpSession {
  closed = 0;
  upTimeTicks = 100_000;
  columns: Record<string, Record<string, SnmpValue>>;
  fails: SnmpError | null = null;

  constructor(columns: Record<string, Record<string, SnmpValue>>) {
    this.columns = columns;
  }

  async get(): Promise<(SnmpValue | null)[]> {
    if (this.fails !== null) throw this.fails;
    return [this.upTimeTicks];
  }

  async column(oid: string, limit: number): Promise<SnmpRow[]> {
    return Object.entries(this.columns[oid] ?? {}).slice(0, limit);
  }

  [Symbol.dispose](): void {
    this.closed++;
  }
}

const port = (name: string): SnmpValue => Buffer.from(name);

function watch(device: StandInDevice, settings: object = {}) {
  let nowMs = 0;
  const host = { ...hostOfFiles({ '/etc/c': 'secret-word\n' }), nowMs: () => nowMs, snmp: async () => device };
  const target = { name: 'sw-1', address: '192.0.2.1', version: '2c', communityFile: '/etc/c' };
  const collector = snmpCollector.create({ targets: [target], ...settings });
  return async (afterMs = 10_000) => {
    nowMs += afterMs;
    const samples: string[] = [];
    const write = (metric: string, value: number, { 'hw.parent': _, ...more }: Attributes = {}) => {
      samples.push(`${metric} ${Object.values(more).join(' ')} ${value}`);
    };
    const problem = await collector.collect(host, { write }).then(
      () => null,
      (error: Error) => error.message,
    );
    return { samples, problem };
  };
}

describe('snmp', () => {
  it.each([
    ['of host resources', { '1.3.6.1.2.1.25.3.3.1.2': { 1: 20, 2: 40 } }, 'airis.snmp.device.cpu.utilization  0.3'],
    [
      'of host resources',
      {
        '1.3.6.1.2.1.25.2.3.1.3': { 1: port('Physical memory'), 3: port('Swap space') },
        '1.3.6.1.2.1.25.2.3.1.5': { 1: 1_000, 3: 9_000 },
        '1.3.6.1.2.1.25.2.3.1.6': { 1: 250, 3: 9_000 },
      },
      'airis.snmp.device.memory.utilization  0.25',
    ],
    [
      'of Cisco, by its largest pool',
      { '1.3.6.1.4.1.9.9.48.1.1.1.5': { 1: 10, 2: 300 }, '1.3.6.1.4.1.9.9.48.1.1.1.6': { 1: 0, 2: 100 } },
      'airis.snmp.device.memory.utilization  0.75',
    ],
    ['of Juniper', { '1.3.6.1.4.1.2636.3.1.13.1.8': { '9.1.0.0': 7 } }, 'airis.snmp.device.cpu.utilization  0.07'],
  ])('reads the load %s', async (_, columns, want) => {
    expect((await watch(new StandInDevice(columns))()).samples).toContain(want);
  });

  it('reads the rest of a device that refuses to tell its load', async () => {
    const device = new StandInDevice({ [`${IF}.2`]: { 1: port('eth0') }, [`${IF}.8`]: { 1: 1 } });
    const column = device.column.bind(device);
    device.column = async (oid, limit) => {
      if (oid.startsWith('1.3.6.1.2.1.25')) throw new SnmpError('refused', 'AuthorizationError');
      return column(oid, limit);
    };
    const { samples, problem } = await watch(device)();
    expect(problem).toBeNull();
    expect(samples).toContain('hw.network.up eth0 1');
  });

  it('makes 32-bit counters rise on when they go round, and begin again when the device does', async () => {
    const device = new StandInDevice({ [`${IF}.2`]: { 1: port('eth0') }, [`${IF}.10`]: { 1: 4_294_967_000 } });
    const read = watch(device);
    const received = async () => (await read()).samples.find((sample) => sample.startsWith('hw.network.io'));
    expect(await received()).toBe('hw.network.io eth0 receive 4294967000');
    device.columns[`${IF}.10`] = { 1: 704 };
    device.upTimeTicks += 1_000;
    expect(await received()).toBe('hw.network.io eth0 receive 4294968000');
    device.columns[`${IF}.10`] = { 1: 50 };
    device.upTimeTicks = 500;
    expect(await received()).toBe('hw.network.io eth0 receive 50');
  });

  it('prefers wide counters, and leaves out interfaces beyond the limit and those inside the device', async () => {
    const device = new StandInDevice({
      [`${IFX}.1`]: { 1: port('Gi0/1'), 2: port('lo'), 3: port('Gi0/2'), 4: port('Gi0/3') },
      [`${IF}.3`]: { 1: 6, 2: 24, 3: 6, 4: 6 },
      [`${IFX}.15`]: { 1: 1_000 },
      [`${IFX}.6`]: { 1: 2 ** 40, 3: 1 },
      [`${IF}.10`]: { 1: 7, 3: 7 },
    });
    const { samples } = await watch(device, { interfaceLimit: 2 })();
    expect(samples).toContain(`hw.network.io Gi0/1 receive ${2 ** 40}`);
    expect(samples).toContain('hw.network.io Gi0/2 receive 1');
    expect(samples).toContain('hw.network.bandwidth.limit Gi0/1 125000000');
    expect(samples).toContain('airis.snmp.interfaces_left_out  1');
    expect(samples.some((sample) => / lo | Gi0\/3 /.test(sample))).toBe(false);
  });

  it('keeps ports of one name apart, and reads the narrow counters of slow ones among fast ones', async () => {
    const device = new StandInDevice({
      [`${IF}.2`]: { 1: port('port'), 2: port('port'), 3: port('fast') },
      [`${IF}.5`]: { 1: 10_000_000 },
      [`${IF}.10`]: { 1: 5_000, 2: 10, 3: 7 },
      [`${IFX}.6`]: { 3: 2 ** 40 },
    });
    const read = watch(device);
    await read();
    const { samples } = await read();
    expect(samples.filter((sample) => /io|limit/.test(sample))).toEqual([
      'hw.network.bandwidth.limit port 1250000',
      'hw.network.io port receive 5000',
      'hw.network.io port (2) receive 10',
      `hw.network.io fast receive ${2 ** 40}`,
    ]);
  });

  it('finds ports behind many rows of other kinds, and counts all that it leaves out', async () => {
    const ports = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [i + 1, port(`p${i + 1}`)]));
    const types = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [i + 1, i < 200 ? 1 : 6]));
    const device = new StandInDevice({
      [`${IF}.2`]: ports,
      [`${IF}.3`]: types,
      [`${IF}.7`]: types,
      [`${IF}.8`]: { 201: 1 },
    });
    const { samples } = await watch(device, { interfaceLimit: 1 })();
    expect(samples).toContain('hw.network.up p201 1');
    expect(samples).toContain('airis.snmp.interfaces_left_out  799');
  });

  it('tells a link that is down from a port that was switched off', async () => {
    const device = new StandInDevice({
      [`${IFX}.1`]: { 1: port('up'), 2: port('broken'), 3: port('off') },
      [`${IF}.7`]: { 1: 1, 2: 1, 3: 2 },
      [`${IF}.8`]: { 1: 1, 2: 2, 3: 2 },
    });
    const { samples } = await watch(device)();
    expect(samples.filter((sample) => sample.startsWith('hw.network.up'))).toEqual([
      'hw.network.up up 1',
      'hw.network.up broken 0',
    ]);
  });

  it('cleans what a device calls its interfaces', async () => {
    const names = { 1: Buffer.from('Gi\u001b[31m0/1\u0000\n'), 2: Buffer.from([0xff, 0xfe]), 3: port('x'.repeat(500)) };
    const device = new StandInDevice({ [`${IFX}.1`]: names, [`${IF}.7`]: { 1: 1, 2: 1, 3: 1 } });
    const { samples } = await watch(device)();
    expect(samples.filter((sample) => sample.startsWith('hw.network.up'))).toEqual([
      'hw.network.up Gi [31m0/1 0',
      'hw.network.up if2 0',
      `hw.network.up ${'x'.repeat(64)} 0`,
    ]);
  });

  it('waits longer after each failure, says what it was, and never the community', async () => {
    const device = new StandInDevice({});
    device.fails = new SnmpError('timeout', 'no answer');
    const read = watch(device);
    const tries: number[] = [];
    for (let i = 0; i < 40; i++) {
      const { samples, problem } = await read();
      expect(problem).toBe('sw-1: timeout: no answer');
      expect(samples).toContain('airis.snmp.up  0');
      tries.push(
        Number(
          samples
            .find((sample) => sample.startsWith('airis.snmp.failures'))
            ?.split(' ')
            .at(-1),
        ),
      );
      expect(JSON.stringify(samples)).not.toContain('secret-word');
    }
    expect(tries.at(-1)).toBeLessThan(10);
    device.fails = null;
    const { samples, problem } = await read(120_000);
    expect(problem).toBeNull();
    expect(samples).toContain('airis.snmp.up  1');
  });

  it.each([
    { targets: [{ name: 'x', address: '10.0.0.1', version: '2c' }] },
    { targets: [{ name: 'x', address: '10.0.0.1', version: '3' }] },
    { targets: [{ name: 'x', address: 'router.example', version: '2c', communityFile: 'c' }] },
    { targets: [{ name: 'x', address: '10.0.0.1', version: '2c', community: 'public' }] },
    { targets: [{ name: 'x', address: '10.0.0.1', version: '3', user: 'u', privPasswordFile: 'p' }] },
  ])('refuses settings that cannot be meant: %j', (settings) => {
    expect(() => snmpCollector.create(settings)).toThrow();
  });
});
