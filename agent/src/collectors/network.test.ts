import { describe, expect, it } from 'vitest';
import { hostOfFiles } from './host-of-files-under-test.ts';
import { networkCollector } from './network.ts';

const line = (name: string, packets = 5) => ` ${name}: 100 ${packets} 0 0 0 0 0 0 70 ${packets} 0 0 0 0 0 0\n`;

function watch(interfaceLimit: number) {
  const collector = networkCollector.create({ interfaceLimit });
  return async (...names: readonly string[]): Promise<string[]> => {
    const seen = new Set<string>();
    const text = `Inter-|\n face |\n${line('lo')}${line('veth1')}${line('silent0', 0)}${names.map((name) => line(name)).join('')}`;
    await collector.collect(hostOfFiles({ '/proc/net/dev': text }), {
      write: (_metric, _value, attributes = {}) => seen.add(attributes['network.interface.name'] ?? ''),
    });
    return [...seen];
  };
}

describe('network', () => {
  it('tells so many interfaces at once, the oldest first, and none that is skipped or never moved a packet', async () => {
    expect(await watch(2)('eth0', 'eth1', 'eth2')).toEqual(['eth0', 'eth1']);
  });

  it('goes on seeing interfaces that come and go, up to a bound', async () => {
    const read = watch(2);
    for (let i = 0; i < 200; i++) expect(await read('eth0', `tun${i}`)).toEqual(['eth0', `tun${i}`]);
    for (let i = 200; i < 400; i++) await read('eth0', `tun${i}`);
    expect(await read('eth0', 'tun900', 'tun5')).toEqual(['eth0']);
    expect(await read('eth0', 'tun5')).toEqual(['eth0', 'tun5']);
  });
});
