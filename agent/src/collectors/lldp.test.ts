import { describe, expect, it } from 'vitest';
import { createHost, type Host } from './host.ts';
import { lldpCollector } from './lldp.ts';
import { parseNeighbours } from './lldp-neighbours.ts';

/** As lldpcli 1.0.16 prints it, shortened. */
const neighbour = (name: string, device: string, port: { id?: object[]; descr?: object[] }) => ({
  name,
  via: 'LLDP',
  chassis: [
    {
      id: [{ type: 'mac', value: 'b6:8f:2b:05:e5:5a' }],
      name: [{ value: device }],
      'mgmt-ip': [{ value: '10.77.0.2' }],
    },
  ],
  port: [port],
});
const answer = (...interfaces: readonly object[]) => JSON.stringify({ lldp: [{ interface: interfaces }] });
const gigabit = { id: [{ type: 'ifname', value: 'Gi1/0/12' }], descr: [{ value: 'to web-1' }] };

describe('parseNeighbours', () => {
  it('names the port as the device does', () => {
    expect(parseNeighbours(answer(neighbour('eth0', 'SW Core 1', gigabit)))).toEqual([
      {
        interfaceName: 'eth0',
        device: 'device:sw-core-1',
        deviceName: 'SW Core 1',
        port: 'Gi1/0/12',
        address: '10.77.0.2',
      },
    ]);
  });

  it('takes what people call a port before a number of its hardware', () => {
    const port = { id: [{ type: 'mac', value: 'b6:8f:2b:05:e5:5a' }], descr: [{ value: 'port 7' }] };
    expect(parseNeighbours(answer(neighbour('eth0', 'sw', port)))[0]?.port).toBe('port 7');
    expect(parseNeighbours(answer(neighbour('eth0', 'sw', { id: port.id })))[0]?.port).toBe('b6:8f:2b:05:e5:5a');
  });

  it('knows no neighbours where none are heard', () => {
    expect(parseNeighbours('{"lldp":[{}]}')).toEqual([]);
    expect(parseNeighbours(answer({ name: 'eth0' }))).toEqual([]);
  });

  it('bounds thousands of neighbours and endless names, and takes control characters out', () => {
    const many = Array.from({ length: 5_000 }, (_, i) =>
      neighbour(`eth${i}`, `\u001b[31m${'x'.repeat(500)}\n`, gigabit),
    );
    const links = parseNeighbours(answer(...many));
    expect(links).toHaveLength(32);
    expect(links[0]?.deviceName).toMatch(/^\[31mx{115,116}$/);
    expect(links[0]?.device).toMatch(/^device:[^\s]{1,200}$/);
  });

  it.each(['', '[]', '{"lldp":7}', '{"lldp":[{"interface":{"name":1}}]}', 'permission denied'])(
    'throws for %s',
    (text) => {
      expect(() => parseNeighbours(text)).toThrow();
    },
  );
});

it('tells when an interface hangs on another port than before, and when it hears nobody any more', async () => {
  let text = answer(neighbour('eth0', 'sw-1', gigabit));
  const host: Host = { ...createHost('/nowhere'), fileStamp: async () => '1', run: async () => ({ code: 0, text }) };
  const collector = lldpCollector.create({});
  const samples: unknown[] = [];
  const read = () =>
    collector.collect(host, {
      write: (_, value, attributes) => samples.push([attributes?.['network.interface.name'], value]),
    });
  await read();
  expect(collector.takeChanges?.()).toEqual([]);
  text = answer(neighbour('eth0', 'sw-2', gigabit));
  await read();
  text = '{"lldp":[{}]}';
  await read();
  await read();
  expect(collector.takeChanges?.().map(({ kind, summary }) => [kind, summary.en])).toEqual([
    ['link-changed', 'eth0: moved from sw-1 Gi1/0/12 to sw-2 Gi1/0/12'],
    ['link-changed', 'eth0: its neighbour sw-2 Gi1/0/12 is no longer heard'],
  ]);
  expect(samples).toEqual([
    ['eth0', 1],
    ['eth0', 1],
    ['eth0', 0],
  ]);
});

it('names the command that lets the agent ask lldpd', async () => {
  const host: Host = {
    ...createHost('/nowhere'),
    fileStamp: async () => '1',
    run: async () => ({ code: 1, text: '' }),
  };
  await expect(lldpCollector.create({}).collect(host, { write: () => undefined })).rejects.toThrow(
    /usermod -aG _lldpd/,
  );
});
