import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort } from '../free-port-under-test.ts';
import { createHost } from './host.ts';
import { readInOwnNetwork } from './network-under-test.ts';
import { probesCollector } from './probes.ts';

/** Rounds of echo requests to the other end of a wire that was treated so. */
function echoes(far: string, readings: number) {
  const settings = { icmp: ['10.77.0.2'], timeoutMs: 300 };
  const samples = readInOwnNetwork({ name: 'probes', settings, readings }, { far });
  return (metric: string) => samples.find((sample) => sample.metric === metric)?.value;
}

describe('probes, on a real network', () => {
  for (const program of ['/usr/bin/ping', '/usr/sbin/nft']) {
    if (!existsSync(program)) throw new Error(`${program} is missing: apt-get install iputils-ping nftables`);
  }

  it('sees no loss on a good wire, and a round trip of well under 10 ms', () => {
    const value = echoes('true', 2);
    expect(value('airis.probe.loss')).toBe(0);
    expect(value('airis.probe.duration')).toBeLessThan(0.01);
  });

  it('sees a wire that loses every other packet', () => {
    const value = echoes(
      'nft add table ip t; nft add chain ip t i "{ type filter hook input priority 0; }"; nft add rule ip t i numgen inc mod 2 0 drop',
      4,
    );
    expect(value('airis.probe.loss')).toBeCloseTo(0.5, 1);
  });

  it('sees a wire that was cut', () => {
    expect(echoes('ip link set far down', 1)('airis.probe.loss')).toBe(1);
  });

  it('connects to a real port, and counts one that is closed as lost', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number }; // it listens on TCP
    const closed = await freePort();
    const tcp = [port, closed].map((one) => ({ address: '127.0.0.1', port: one }));
    const seen: Record<string, number> = {};
    await probesCollector.create({ tcp }).collect(createHost(), {
      write: (metric, value, attributes = {}) => {
        seen[`${metric} ${attributes['server.port']}`] = value;
      },
    });
    server.close();
    expect(seen[`airis.probe.loss ${port}`]).toBe(0);
    expect(seen[`airis.probe.duration ${port}`]).toBeLessThan(1);
    expect(seen[`airis.probe.loss ${closed}`]).toBe(1);
  });
});
