import { describe, expect, it } from 'vitest';
import { hostOfFiles } from './host-of-files-under-test.ts';
import { parseSockets } from './socket-text.ts';
import { tcpPeersCollector } from './tcp-peers.ts';

const LISTENING =
  '  sl  local_address rem_address   st\n   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 7 1\n';

/** One connection as `ss -ti` prints it. */
const line = (local: string, peer: string, roundTripMs: number, again = 0) =>
  `0      0      ${local} ${peer}\n\t cubic wscale:7,7 rto:204 rtt:${roundTripMs}/0.05 mss:1448 bytes_sent:9 ${again > 0 ? `retrans:0/${again} ` : ''}rcv_space:14480\n`;

function watch() {
  const collector = tcpPeersCollector.create({ peers: 2 });
  return async (text: string, inUse = 10, code: number | null = 0) => {
    const files = {
      '/proc/net/tcp': LISTENING,
      '/proc/net/sockstat': `sockets: used 9\nTCP: inuse ${inUse} orphan 0\n`,
    };
    const samples: Record<string, number> = {};
    await collector.collect(
      { ...hostOfFiles(files), run: async () => ({ code, text }) },
      {
        write: (metric, value, attributes = {}) => {
          samples[`${metric} ${Object.values(attributes).join(':')}`] = value;
        },
      },
    );
    return samples;
  };
}

describe('parseSockets', () => {
  it('reads IPv4, IPv6 and mapped addresses, in two lines or one', () => {
    const text = [
      line('10.0.0.1:40000', '10.0.0.2:5432', 0.25),
      line('[2001:db8::1]:80', '[2001:db8::9]:51000', 40, 3),
      line('[::ffff:10.0.0.1]:80', '[::ffff:10.0.0.7]:52000', 1).replace('\n\t', ' '),
    ].join('');
    expect(parseSockets(text, 10)).toEqual([
      { localPort: 40_000, peerAddress: '10.0.0.2', peerPort: 5_432, roundTripSeconds: 0.00025, retransmitted: 0 },
      { localPort: 80, peerAddress: '2001:db8::9', peerPort: 51_000, roundTripSeconds: 0.04, retransmitted: 3 },
      { localPort: 80, peerAddress: '10.0.0.7', peerPort: 52_000, roundTripSeconds: 0.001, retransmitted: 0 },
    ]);
  });

  it.each([
    '',
    'garbage\n\n',
    'Cannot open netlink socket\n',
    '0 0 1.2.3.4:1 5.6.7.8:2\n\t cubic\n',
    '\u0000\u001b[31m'.repeat(1_000),
  ])('passes over what makes no sense: %j', (text) => {
    expect(parseSockets(text, 10)).toEqual([]);
  });
});

describe('tcp-peers', () => {
  it('tells services from clients, and adds up what was sent again over connections that come and go', async () => {
    const read = watch();
    const database = (again: number) =>
      line('10.0.0.1:40000', '10.0.0.2:5432', 2, again) + line('10.0.0.1:40001', '10.0.0.2:5432', 4);
    const client = line('10.0.0.1:80', '10.0.0.9:51000', 30);
    expect(await read(database(2) + client)).toEqual({
      'airis.tcp.round_trip 10.0.0.2:5432': 0.004,
      'airis.tcp.retransmits 10.0.0.2:5432': 2,
      'airis.tcp.connections 10.0.0.2:5432': 2,
      'airis.tcp.clients.round_trip 80': 0.03,
      'airis.tcp.clients.retransmits 80': 0,
    });
    expect((await read(database(7)))['airis.tcp.retransmits 10.0.0.2:5432']).toBe(7);
    expect((await read(line('10.0.0.1:40002', '10.0.0.2:5432', 2, 1)))['airis.tcp.retransmits 10.0.0.2:5432']).toBe(8);
  });

  it('shows the services with most connections, and leaves loopback out', async () => {
    const text = [
      line('10.0.0.1:1', '10.0.0.2:1', 1),
      ...[1, 2].map((port) => line(`10.0.0.1:${port}`, '10.0.0.3:1', 1)),
      ...[1, 2, 3].map((port) => line(`10.0.0.1:${port}`, '10.0.0.4:1', 1)),
      ...[1, 2, 3, 4].map((port) => line(`127.0.0.1:${port}`, '127.0.0.1:9', 1)),
    ].join('');
    const samples = await watch()(text);
    expect(Object.keys(samples).filter((key) => key.startsWith('airis.tcp.connections'))).toEqual([
      'airis.tcp.connections 10.0.0.4:1',
      'airis.tcp.connections 10.0.0.3:1',
    ]);
  });

  it('reads nothing where there are too many connections, and says when ss fails', async () => {
    expect(await watch()(line('10.0.0.1:1', '10.0.0.2:1', 1), 65_000)).toEqual({});
    await expect(watch()('', 10, null)).rejects.toThrow('ss ended with no answer in time');
  });

  it('has nothing to read where ss is not installed, and says so when it may not be run', async () => {
    const host = (code: string) => ({
      ...hostOfFiles({ '/proc/net/tcp': LISTENING }),
      run: async () => {
        throw new Error('ss cannot be run', { cause: Object.assign(new Error(code), { code }) });
      },
    });
    const collector = tcpPeersCollector.create({});
    expect(await collector.applies(host('ENOENT'))).toBe(false);
    await expect(collector.applies(host('EACCES'))).rejects.toThrow('ss cannot be run');
  });
});
