import { beforeAll, describe, expect, it } from 'vitest';
import { compilePacketRing } from '../capture/compile-packet-ring.ts';
import { packetRingInCheckout } from '../capture/packet-ring.ts';
import { type PrintedSample, readInOwnNetwork } from './network-under-test.ts';

beforeAll(() => {
  expect(compilePacketRing(packetRingInCheckout), 'gcc is needed').toBe(true);
});

/** A program of its own lines, in whatever quotes a shell puts around it. */
const python = (text: string) => `timeout 30 python3 -c "$(echo ${Buffer.from(text).toString('base64')} | base64 -d)"`;

/** A server of the other host that answers what comes to port 8000, until it is killed. */
const server = `${python(`import socket
s=socket.create_server(("10.77.0.2",8000))
while True:
  c,_=s.accept(); c.recv(100); c.sendall(b"x"*200000); c.close()`)} >/dev/null 2>&1 & sleep .5`;
const settings = { interfaces: ['near'] };
/** Traffic begins when capturing has. */
const later = (script: string) => `(sleep 1.5; ${script}) >/dev/null 2>&1 &`;
const client = (times: number) =>
  python(`import socket
for _ in range(${times}):
  s=socket.create_connection(("10.77.0.2",8000)); s.sendall(b"q"); n=0
  while n<200000: n+=len(s.recv(65536))
  s.close()`);
const value = (samples: readonly PrintedSample[], metric: string, type?: string) =>
  samples.find(
    (one) => one.metric === `airis.packets.${metric}` && (type === undefined || one.attributes['error.type'] === type),
  )?.value;

describe('packets between two hosts', () => {
  it('counts connections and their bytes; nothing is sent again on a good wire', () => {
    const samples = readInOwnNetwork(
      { name: 'packets', settings, readings: 8, everyMs: 1_000 },
      { far: server, near: later(client(10)) },
    );
    expect(value(samples, 'tcp.handshakes')).toBe(10);
    expect(value(samples, 'io')).toBeGreaterThan(2_000_000);
    expect(value(samples, 'io')).toBeLessThan(2_400_000);
    expect(value(samples, 'tcp.retransmits')).toBe(0);
    expect(value(samples, 'dropped')).toBe(0);
  });

  it('sees what is sent again where the wire loses every tenth packet of an answer, in about that size', () => {
    const lossy = `${server}; nft add table ip t; nft "add chain ip t c { type filter hook output priority 0; }"; nft add rule ip t c tcp sport 8000 numgen inc mod 10 == 9 drop`;
    const samples = readInOwnNetwork(
      { name: 'packets', settings, readings: 14, everyMs: 1_000 },
      { far: lossy, near: later(client(50)) },
    );
    expect(value(samples, 'tcp.retransmits')).toBeGreaterThan(5);
    expect(value(samples, 'tcp.retransmits')! / value(samples, 'tcp.segments')!).toBeLessThan(0.25);
  });

  it('sees refused connections', () => {
    const samples = readInOwnNetwork(
      { name: 'packets', settings, readings: 7, everyMs: 1_000 },
      {
        near: later(
          python(`import socket
for port in range(9000,9030):
  try: socket.create_connection(("10.77.0.2",port),1)
  except OSError: pass`),
        ),
      },
    );
    expect(value(samples, 'tcp.resets')).toBe(30);
    expect(value(samples, 'tcp.handshakes')).toBe(0);
  });

  it('times DNS answers and tells those that fail', () => {
    // A stand-in for a name server: answers a question after .2 s, with "no such name" every other time.
    const dns = `${python(`import socket,time
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(("10.77.0.2",53)); n=0
while True:
  q,a=s.recvfrom(512); time.sleep(.2); s.sendto(q[:2]+bytes([0x81,0x80|(3 if n%2 else 0)])+q[4:],a); n+=1`)} >/dev/null 2>&1 & sleep .5`;
    const ask = python(`import socket
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(2)
for i in range(6):
  s.sendto(bytes([0,i,1,0,0,1,0,0,0,0,0,0,1,97,0,0,1,0,1]),("10.77.0.2",53)); s.recv(512)`);
    const samples = readInOwnNetwork(
      { name: 'packets', settings, readings: 10, everyMs: 1_000, all: true },
      { far: dns, near: later(ask) },
    );
    const last = samples.findLast((one) => one.metric === 'airis.packets.dns.answers')?.value;
    expect(last).toBe(6);
    expect(samples.findLast((one) => one.attributes['error.type'] === 'NXDOMAIN')?.value).toBe(3);
    const times = samples.filter((one) => one.metric === 'airis.packets.dns.p50').map((one) => one.value);
    expect(Math.min(...times)).toBeGreaterThan(0.19);
    expect(Math.max(...times)).toBeLessThan(1);
  });
});

it('says what to do where it may not capture', () => {
  expect(() =>
    readInOwnNetwork({ name: 'packets', settings, command: 'setpriv --bounding-set=-net_raw --inh-caps=-net_raw' }, {}),
  ).toThrow(/CAP_NET_RAW/);
});
