import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseNeighbours } from './lldp-neighbours.ts';
import { readingsCommand, runInOwnNetwork } from './network-under-test.ts';

/** Two lldpd at the ends of a wire, each in a network of its own. lldpd gives its rights up itself, so this needs root. */
it('hears the other end of a wire as lldpd does', () => {
  const folder = mkdtempSync(join(tmpdir(), 'airis-lldp-'));
  // lldpcli asks as a user of its own.
  chmodSync(folder, 0o755);
  const hosts = {
    far: `lldpd -d -u ${folder}/far -I far -m 10.77.0.2 >/dev/null 2>&1 & echo $! > ${folder}/far.pid`,
    near: `lldpd -d -u ${folder}/near -I near >/dev/null 2>&1 & near=$!
      until [ -S ${folder}/far ] && [ -S ${folder}/near ]; do sleep .1; done
      lldpcli -u ${folder}/far configure system hostname sw-core-1 >/dev/null
      lldpcli -u ${folder}/far configure lldp portidsubtype local Gi1/0/12 >/dev/null
      lldpcli -u ${folder}/far configure lldp tx-interval 1 >/dev/null
      until lldpcli -u ${folder}/near -f json0 show neighbors | grep -q sw-core-1; do sleep .2; done
      lldpcli -u ${folder}/near -f json0 show neighbors | tr -d '\\n'; echo
      ${readingsCommand({ name: 'lldp', settings: { socket: `${folder}/near` } })}`,
    atExit: `kill $near $(cat ${folder}/far.pid)`,
  };
  try {
    const [printed, samples] = runInOwnNetwork(hosts, true).trim().split('\n');
    expect(parseNeighbours(printed!)).toEqual([
      {
        interfaceName: 'near',
        device: 'device:sw-core-1',
        deviceName: 'sw-core-1',
        port: 'Gi1/0/12',
        address: '10.77.0.2',
      },
    ]);
    expect(JSON.parse(samples!)).toEqual([
      { metric: 'airis.lldp.neighbors', value: 1, attributes: { 'network.interface.name': 'near' } },
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
