import { topologyReport } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { listensAt, ownSockets } from './own-sockets.ts';
import { parseTcpSockets, type TcpSocket } from './sockets.ts';
import { TopologyReport } from './topology-report.ts';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:C350 0100007F:1538 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:C351 0100007F:1538 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0000000000000000
   3: 0100007F:C352 0100007F:1538 01 00000000:0000`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:2328 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:C353 0000000000000000FFFF00000100007F:1538 01 00000000:00000000 00:00000000 00000000  1000        0 4714 1 0000000000000000 20 4 30 10 -1
   2: 00000000000000000000000001000000:C354 B80D0120000000000000000001000000:0050 01 00000000:00000000 00:00000000 00000000  1000        0 4715 1 0000000000000000 20 4 30 10 -1
`;

describe('the kernel table of TCP sockets', () => {
  it('gives addresses as people write them, of whole lines that listen or are connected', () => {
    expect(parseTcpSockets(TCP)).toEqual([
      { local: '127.0.0.1:8080', remote: '0.0.0.0:0', state: 'listen', inode: '4711' },
      { local: '127.0.0.1:50000', remote: '127.0.0.1:5432', state: 'established', inode: '4712' },
    ]);
    expect(parseTcpSockets(TCP6)).toEqual([
      { local: '[::]:9000', remote: '[::]:0', state: 'listen', inode: '4713' },
      { local: '127.0.0.1:50003', remote: '127.0.0.1:5432', state: 'established', inode: '4714' },
      { local: '[::1]:50004', remote: '[2001:db8::1]:80', state: 'established', inode: '4715' },
    ]);
  });

  it('is nothing where it says nothing', () => {
    expect(parseTcpSockets('')).toEqual([]);
    expect(parseTcpSockets('x\ny\n')).toEqual([]);
  });
});

describe('sockets of a scope', () => {
  const established = (local: string, remote: string): TcpSocket => ({
    local,
    remote,
    state: 'established',
    inode: '1',
  });

  it('are calls where it is the client, not where it is called or calls itself', () => {
    const listen: TcpSocket = { local: '0.0.0.0:9000', remote: '0.0.0.0:0', state: 'listen', inode: '1' };
    const own = ownSockets([
      listen,
      established('127.0.0.1:9000', '127.0.0.1:40000'),
      established('127.0.0.1:40001', '127.0.0.1:9000'),
      established('127.0.0.1:40002', '127.0.0.1:5432'),
      established('127.0.0.1:40003', '127.0.0.1:5432'),
      established('10.0.0.1:40004', '10.0.0.2:9000'),
    ]);
    expect(own.listens).toEqual(['0.0.0.0:9000']);
    expect(own.calls.map(({ address, count }) => [address, count])).toEqual([
      ['127.0.0.1:5432', 2],
      ['10.0.0.2:9000', 1],
    ]);
    expect(listensAt([listen], [{ entity: 'service:nginx@web-1', ports: [9000, 80] }])).toEqual([
      { entity: 'service:nginx@web-1', address: '0.0.0.0:9000' },
    ]);
  });
});

describe('topology report', () => {
  const call = { client: 'service:shop-web', address: '127.0.0.1:8080', text: 'x' };

  it('counts calls of a log from report to report, connections as they are', () => {
    const report = new TopologyReport();
    const take = (atMs: number) => {
      const taken = report.take(atMs);
      expect(topologyReport.parse(taken)).toMatchObject(taken);
      return taken.calls.map(({ kind, count }) => [kind, count]);
    };
    report.noteCall({ ...call, kind: 'access-log', count: 10 }, 0);
    report.noteCall({ ...call, kind: 'socket', count: 3 }, 0);
    expect(take(0)).toEqual([
      ['access-log', 10],
      ['socket', 3],
    ]);
    report.noteCall({ ...call, kind: 'access-log', count: 25 }, 10_000);
    report.noteCall({ ...call, kind: 'socket', count: 2 }, 10_000);
    expect(take(10_000)).toEqual([
      ['access-log', 15],
      ['socket', 2],
    ]);
    // The collector was made anew, and the connections went.
    report.noteCall({ ...call, kind: 'access-log', count: 4 }, 75_000);
    expect(take(75_000)).toEqual([['access-log', 4]]);
    report.noteCall({ ...call, kind: 'access-log', count: 4 }, 140_000);
    expect(take(140_000)).toEqual([]);
  });

  it('has room for so many', () => {
    const report = new TopologyReport();
    for (let i = 0; i < 500; i++) {
      report.noteCall({ ...call, address: `10.0.0.1:${i}`, kind: 'socket', count: 1, text: 'y'.repeat(500) }, 0);
    }
    report.setListens(Array.from({ length: 500 }, (_, i) => ({ entity: 'service:x', address: `10.0.0.1:${i}` })));
    expect(topologyReport.safeParse(report.take(0)).success).toBe(true);
  });
});
