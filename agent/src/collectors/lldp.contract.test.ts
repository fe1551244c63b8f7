import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parseNeighbours } from './lldp-neighbours.ts';

/** Two lldpd at the ends of a wire, each in a network of its own. lldpd gives its rights up itself, so this needs root. */
it('hears the other end of a wire as lldpd does', () => {
  const folder = mkdtempSync(join(tmpdir(), 'airis-lldp-'));
  // lldpcli asks as a user of its own.
  chmodSync(folder, 0o755);
  const program = resolve(import.meta.dirname, 'print-readings-under-test.ts');
  const settings = JSON.stringify({ socket: `${folder}/near` });
  const script = `set -e
    ip link set lo up
    unshare -n sleep 60 & far=$!
    until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep .05; done
    trap 'kill $far $near $(cat ${folder}/far.pid)' EXIT
    ip link add near type veth peer name far
    ip link set far netns $far
    ip link set near up
    nsenter -t $far -n sh -c 'ip link set far up; lldpd -d -u ${folder}/far -I far -m 10.77.0.2 >/dev/null 2>&1 & echo $! > ${folder}/far.pid'
    lldpd -d -u ${folder}/near -I near >/dev/null 2>&1 & near=$!
    until [ -S ${folder}/far ] && [ -S ${folder}/near ]; do sleep .1; done
    lldpcli -u ${folder}/far configure system hostname sw-core-1 >/dev/null
    lldpcli -u ${folder}/far configure lldp portidsubtype local Gi1/0/12 >/dev/null
    lldpcli -u ${folder}/far configure lldp tx-interval 1 >/dev/null
    until lldpcli -u ${folder}/near -f json0 show neighbors | grep -q sw-core-1; do sleep .2; done
    lldpcli -u ${folder}/near -f json0 show neighbors | tr -d '\\n'; echo
    ${process.execPath} --conditions=airis-source ${program} lldp '${settings}'`;
  try {
    const text = execFileSync('unshare', ['--net', 'sh', '-c', script], { encoding: 'utf8', timeout: 40_000 });
    const [printed, samples] = text.trim().split('\n');
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
