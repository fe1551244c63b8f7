import { describe, expect, it } from 'vitest';
import { hostOfFiles } from '../collectors/host-of-files-under-test.ts';
import { readTcpSockets } from '../topology/sockets.ts';
import { readListeners } from './host-evidence.ts';

const HEAD = '  sl  local_address rem_address   st\n';
const line = (at: number, port: number, state: '0A' | '01', address = '00000000') =>
  `${String(at).padStart(4)}: ${address}:${port.toString(16).toUpperCase().padStart(4, '0')} ${'0'.repeat(address.length)}:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${1_000 + at} 1 0000000000000000 20 4 30 10 -1\n`;
const table = (listeners: number, connections: number): string =>
  [
    HEAD,
    ...Array.from({ length: listeners }, (_, at) => line(at, 8_000 + at, '0A')),
    ...Array.from({ length: connections }, (_, at) => line(listeners + at, 1_024 + (at % 60_000), '01')),
  ].join('');
const TCP6 = `${HEAD}${line(0, 9_000, '0A', '0'.repeat(32))}`;

/** As the kernel gives it: no more than a page at a time. */
function hostWith(tcp: string) {
  const files = { '/proc/net/tcp': tcp, '/proc/net/tcp6': TCP6 };
  const asked: string[] = [];
  const whole = hostOfFiles(files);
  const host = {
    ...whole,
    readInto: (path: string, buffer: Uint8Array) => whole.readInto(path, buffer.subarray(0, 4_096)),
    tryReadText: async (path: string) => {
      asked.push(path);
      return await whole.tryReadText(path);
    },
  };
  return { host, asked };
}

describe('what listens', () => {
  it('beside 65,000 connections is read from the first page, without having the kernel make the rest', async () => {
    const { host, asked } = hostWith(table(3, 65_000));
    expect((await readListeners(host)).map(({ port }) => port)).toEqual([8_000, 8_001, 8_002, 9_000]);
    expect(asked).not.toContain('/proc/net/tcp');
  });

  it.each([26, 27, 28, 200])('is read whole where it may go on behind the first page (%d)', async (count) => {
    const { host } = hostWith(table(count, 10));
    expect(await readListeners(host)).toHaveLength(count + 1);
  });

  it('is nothing where the table is missing, empty or garbage', async () => {
    expect(await readListeners(hostOfFiles({}))).toEqual([]);
    expect(await readListeners(hostOfFiles({ '/proc/net/tcp': '\u001b[2J 0: zz\n', '/proc/net/tcp6': '' }))).toEqual(
      [],
    );
  });
});

it('sockets of IPv6 are seen beside more connections of IPv4 than are looked at', async () => {
  const sockets = await readTcpSockets(hostWith(table(3, 65_000)).host);
  expect(sockets.filter(({ state }) => state === 'listen').map(({ local }) => local)).toEqual([
    '0.0.0.0:8000',
    '0.0.0.0:8001',
    '0.0.0.0:8002',
    '[::]:9000',
  ]);
  expect(sockets.length).toBeLessThanOrEqual(20_000 + 1);
});
