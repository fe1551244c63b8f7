import { expect, it } from 'vitest';
import { connectionStates } from './connections.ts';
import { parseDiskstats } from './disk.ts';
import { realMounts } from './filesystem.ts';
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
  expect(connectionStates(v4)).toEqual([10]);
  expect(connectionStates(v6)).toEqual([1]);
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
    'torn',
  ];
  expect(realMounts(`${text.join('\n')}\n`)).toEqual([
    { device: '/dev/vda', mountPoint: '/', type: 'ext4' },
    { device: '/dev/sda1', mountPoint: '/mnt/my disk', type: 'xfs' },
    { device: 'tmpfs', mountPoint: '/tmp', type: 'tmpfs' },
  ]);
});
