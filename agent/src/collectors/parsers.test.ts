import { describe, expect, it } from 'vitest';
import { addConnectionStates, connectionsCollector, tcpStates } from './connections.ts';
import { parseDiskstats } from './disk.ts';
import { realMounts } from './filesystem.ts';
import { createHost } from './host.ts';
import { parseNetDev } from './network.ts';
import { parsePressure } from './pressure.ts';
import { HeadedCounters, parseNamedNumbers } from './proc-text.ts';

it.each([
  { name: 'two counters', text: 'pgfault 12\npgmajfault 3\n', want: { pgfault: 12, pgmajfault: 3 } },
  { name: 'a torn last line', text: 'pgfault 12\npgmaj', want: { pgfault: 12 } },
  { name: 'a unit', text: 'MemTotal:   24 kB\nActive(anon): 5 kB\n', want: { MemTotal: 24, 'Active(anon)': 5 } },
  { name: 'a line without a number', text: 'x\ny 1\n', want: { y: 1 } },
])('named numbers: $name', ({ text, want }) => expect(Object.fromEntries(parseNamedNumbers(text))).toEqual(want));

it('pairs the heads of /proc/net/snmp with their values, and follows heads that change', () => {
  const counters = new HeadedCounters(['Tcp.A', 'Tcp.MaxConn', 'Icmp.X']);
  const read = (text: string) => Object.fromEntries(counters.read(text));
  expect(read('Tcp: A B MaxConn\nTcp: 1 2 -1\nUdp: B\nIcmp: 3\n')).toEqual({ 'Tcp.A': 1, 'Tcp.MaxConn': -1 });
  expect(read('Tcp: B A\nTcp: 5 6\nIcmp: X\n')).toEqual({ 'Tcp.A': 6 });
});

it('reads stall times in seconds and ratios', () => {
  expect(parsePressure('some avg10=3.00 avg60=0.21 avg300=0.75 total=39118934\nfull avg10=0.00 avg60=0')).toEqual([
    { kind: 'some', ratio10s: 0.03, totalSeconds: 39.118934 },
  ]);
});

it('reads whole devices in bytes and seconds', () => {
  const [vda, ...rest] = parseDiskstats(
    '   7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n 254 0 vda 108 2 54 559 196 49 89 381 3 156 950 5 0 0 0\n 8 0 sda 1 2\n',
  );
  expect(rest).toEqual([]);
  expect(vda).toEqual({
    name: 'vda',
    reads: 108,
    readBytes: 54 * 512,
    readSeconds: 0.559,
    writes: 196,
    writtenBytes: 89 * 512,
    writeSeconds: 0.381,
    pending: 3,
    busySeconds: 0.156,
  });
});

it('reads interfaces, also where the name touches the first number', () => {
  expect(parseNetDev('head\n eth0:100 2 1 4 0 0 0 0 7 8 9 10 0 0 0 0\n eth1: 1 2\n')).toEqual([
    {
      name: 'eth0',
      received: { bytes: 100, packets: 2, errors: 1, dropped: 4 },
      sent: { bytes: 7, packets: 8, errors: 9, dropped: 10 },
    },
  ]);
});

it('reads the state of IPv4 and IPv6 connections', () => {
  const v4 = '  sl  local_address rem_address   st\n   0: 0100007F:07E8 00000000:0000 0A 00000000:00000000 00:0\n';
  const v6 = '  12: 00000000000000000000000001000000:1F90 00000000000000000000000001000000:9C40 01 0:0\n';
  const counts = tcpStates.map(() => 0);
  expect(addConnectionStates(v4, counts, 10)).toBe(1);
  expect(addConnectionStates(v6, counts, 10)).toBe(1);
  expect(addConnectionStates('   0: 0100007F:07E8 00000000:0000 0', counts, 10)).toBe(0);
  expect(addConnectionStates(': \n 1: a b ZZ \n 2: a b FF c\n:  \n', counts, 10)).toBe(2);
  expect(counts.flatMap((count, state) => (count > 0 ? [[state, count]] : []))).toEqual([
    [1, 1],
    [10, 1],
  ]);
});

describe('65,000 connections', () => {
  const line = (i: number) =>
    `${String(i).padStart(4)}: 0100007F:1F90 0100007F:${(i % 65_536).toString(16).toUpperCase().padStart(4, '0')} 01 00000000:00000000 00:00000000 00000000     0        0 ${i} 1 0000000000000000 20 4 30 10 -1\n`;
  const table = `  sl  local_address rem_address   st\n${Array.from({ length: 65_000 }, (_, i) => line(i)).join('')}`;
  const collect = async (inUse: number, timeWait: number) => {
    const asked: string[] = [];
    const files: Readonly<Record<string, string>> = {
      '/proc/net/snmp': 'Tcp: CurrEstab RetransSegs\nTcp: 65000 3\n',
      '/proc/net/sockstat': `TCP: inuse ${inUse} orphan 0 tw ${timeWait} alloc 9 mem 9\n`,
      '/proc/net/tcp': table,
    };
    const tryReadText = async (path: string) => {
      asked.push(path);
      return files[path] ?? null;
    };
    const host = { ...createHost(), tryReadText, readText: async (path: string) => (await tryReadText(path)) ?? '' };
    const written = new Map<string, number>();
    await connectionsCollector.create(undefined).collect(host, {
      write: (metric, value, attributes) =>
        written.set(`${metric} ${attributes?.['network.connection.state'] ?? ''}`, value),
    });
    return { asked, written };
  };
  const count = 'system.network.connection.count';

  it('are told from the counters of the kernel, without reading their table', async () => {
    const { asked, written } = await collect(40_000, 25_000);
    expect(asked).not.toContain('/proc/net/tcp');
    expect(written.get(`${count} established`)).toBe(65_000);
    expect(written.get(`${count} time_wait`)).toBe(25_000);
  });

  it('that come while the table is read end the counting at its limit', async () => {
    const { asked, written } = await collect(10, 0);
    expect(asked).toContain('/proc/net/tcp');
    expect(asked).not.toContain('/proc/net/tcp6');
    expect([...written.keys()].filter((key) => key.startsWith(count))).toEqual([
      `${count} established`,
      `${count} time_wait`,
    ]);
    expect(addConnectionStates(table, [], 20_000)).toBe(20_001);
  });
});

it('keeps real mounts once, at their shortest path, and leaves out what cannot fill', () => {
  const text = [
    '22 27 0:21 / /proc rw - proc proc rw',
    '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
    '40 27 254:0 /home /var/lib/bind rw shared:1 - ext4 /dev/vda rw',
    '41 27 8:1 / /mnt/my\\040disk rw shared:2 - xfs /dev/sda1 rw',
    '42 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro',
    '43 27 8:2 / /media/cd ro,nosuid - ext4 /dev/sdb ro',
    '44 27 0:30 / /dev/shm rw - tmpfs tmpfs rw',
    '45 27 0:31 / /tmp rw - tmpfs tmpfs rw',
    '46 27 0:32 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw',
    '47 27 8:3 / /srv ro,nosuid,relatime shared:3 - ext4 /dev/sdc1 rw,errors=remount-ro',
    'torn',
  ];
  expect(realMounts(`${text.join('\n')}\n`)).toEqual([
    { device: '/dev/vda', mountPoint: '/', type: 'ext4' },
    { device: '/dev/sda1', mountPoint: '/mnt/my disk', type: 'xfs' },
    { device: 'tmpfs', mountPoint: '/tmp', type: 'tmpfs' },
    // Read-only for who looks, as under systemd's ProtectSystem, and yet it fills.
    { device: '/dev/sdc1', mountPoint: '/srv', type: 'ext4' },
  ]);
});
