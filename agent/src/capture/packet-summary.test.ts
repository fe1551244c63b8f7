import { describe, expect, it } from 'vitest';
import { PacketSummary } from './packet-summary.ts';
import { frame, recordsOf, type TestPacket, type TestSegment } from './records-under-test.ts';

const client = { from: '10.0.0.1', to: '10.0.0.2', fromPort: 40_000, toPort: 80 };
const server = { from: '10.0.0.2', to: '10.0.0.1', fromPort: 80, toPort: 40_000 };
const SYN = 2;
const SYN_ACK = 18;
const RST = 4;
const bytes = (length: number) => new Uint8Array(length).fill(7);
const packet = (segment: TestSegment, atSeconds: number, kind = 0): TestPacket => ({
  bytes: frame(segment),
  atSeconds,
  kind,
});
const summarised = (packets: readonly TestPacket[], isLoopback = false) => {
  const summary = new PacketSummary(isLoopback);
  const records = recordsOf(packets);
  summary.add(records, records.length);
  return summary;
};
const dns = (id: number, isAnswer: boolean, code = 0) =>
  Uint8Array.from([id >> 8, id & 255, isAnswer ? 0x80 : 0, code, 0, 1, 0, 0, 0, 0, 0, 0]);

describe('PacketSummary', () => {
  it.each([
    ['IPv4', {}],
    ['IPv4 in a VLAN', { vlan: true }],
  ])('a handshake takes from SYN to SYN-ACK: %s', (_, more) => {
    const summary = summarised([
      packet({ ...client, ...more, flags: SYN, sequence: 99 }, 10),
      packet({ ...server, ...more, flags: SYN_ACK, sequence: 500 }, 10.025),
    ]);
    expect(summary.takeTimes().handshake[0]).toBeCloseTo(0.025, 6);
    expect(summary.counts).toMatchObject({ packets: 2, segments: 2, handshakes: 1, retransmitted: 0 });
    expect(summary.takeTimes().handshake).toEqual([]);
  });

  it('reads IPv6', () => {
    const from = 'fd00:0:0:0:0:0:0:1';
    const to = 'fd00:0:0:0:0:0:0:2';
    const summary = summarised([
      packet({ from, to, fromPort: 1, toPort: 2, flags: SYN }, 1),
      packet({ from: to, to: from, fromPort: 2, toPort: 1, flags: SYN_ACK }, 1.5),
    ]);
    expect(summary.takeTimes().handshake).toEqual([0.5]);
  });

  it('a SYN sent again counts as waiting and as sent again', () => {
    const summary = summarised([
      packet({ ...client, flags: SYN, sequence: 9 }, 1),
      packet({ ...client, flags: SYN, sequence: 9 }, 2),
      packet({ ...server, flags: SYN_ACK }, 2.1),
    ]);
    expect(summary.takeTimes().handshake[0]).toBeCloseTo(1.1, 6);
    expect(summary.counts.retransmitted).toBe(1);
  });

  it('what was sent before is a retransmission, also over the wrap of sequence numbers; a keep-alive is none', () => {
    const last = 0xffff_ff00;
    const summary = summarised([
      packet({ ...client, sequence: last, payload: bytes(200) }, 1),
      packet({ ...client, sequence: last + 200, payload: bytes(100) }, 1.1),
      packet({ ...client, sequence: (last + 300) >>> 0, payload: bytes(50) }, 1.2),
      packet({ ...client, sequence: last + 200, payload: bytes(100) }, 1.3),
      packet({ ...client, sequence: (last + 349) >>> 0, payload: bytes(1) }, 50),
    ]);
    expect(summary.counts.retransmitted).toBe(1);
  });

  it('counts closed windows and broken connections', () => {
    const summary = summarised([packet({ ...server, window: 0 }, 1), packet({ ...server, flags: RST, window: 0 }, 2)]);
    expect(summary.counts).toMatchObject({ zeroWindows: 1, resets: 1 });
  });

  it('times DNS answers and tells failures, by question', () => {
    const ask = (id: number) => ({ ...client, toPort: 53, protocol: 17 as const, payload: dns(id, false) });
    const answer = (id: number, code = 0) => ({
      ...server,
      fromPort: 53,
      protocol: 17 as const,
      payload: dns(id, true, code),
    });
    const summary = summarised([
      packet(ask(1), 1),
      packet(ask(2), 1),
      packet(answer(2, 3), 1.2),
      packet(answer(1), 1.4),
      packet(answer(9), 1.5),
      packet(ask(3), 2),
      packet(answer(3, 2), 2.1),
    ]);
    expect(summary.counts).toMatchObject({ dnsAnswers: 3, dnsNoSuchName: 1, dnsServerFailed: 1 });
    expect(summary.takeTimes().dns.map((one) => one.toFixed(1))).toEqual(['0.2', '0.4', '0.1']);
  });

  it('on loopback counts what comes in, not its copy that goes out', () => {
    const summary = summarised(
      [packet({ ...client, payload: bytes(5) }, 1, 4), packet({ ...client, payload: bytes(5) }, 1, 0)],
      true,
    );
    expect(summary.counts).toMatchObject({ packets: 1, retransmitted: 0 });
  });

  it('finds who knocks at many closed ports, and not who opens many connections', () => {
    const knock = (count: number) =>
      Array.from({ length: count }, (_, i) => packet({ ...client, toPort: 100 + i, flags: SYN }, 1 + i / 100));
    expect(summarised(knock(20)).takeScans()).toEqual([]);
    expect(summarised(knock(200)).takeScans()).toEqual([
      { address: '10.0.0.1', ports: 25, atSeconds: expect.closeTo(1.24) },
    ]);
    const served = Array.from({ length: 100 }, (_, i) => [
      packet({ ...client, toPort: 100 + i, flags: SYN }, 1 + i / 100),
      packet({ ...server, fromPort: 100 + i, flags: SYN_ACK }, 1.001 + i / 100, 4),
    ]).flat();
    expect(summarised(served).takeScans()).toEqual([]);
  });

  it('knows who moves most', () => {
    const from = (peer: number, count: number) =>
      Array.from({ length: count }, () => packet({ ...client, from: `10.1.0.${peer}`, payload: bytes(100) }, 1));
    const summary = summarised([
      ...from(1, 800),
      ...Array.from({ length: 200 }, (_, i) => from(i + 2, 1)).flat(),
      ...from(250, 400),
    ]);
    expect(summary.talkers.top(2).map(({ address }) => address)).toEqual(['10.1.0.1', '10.1.0.250']);
  });
});

describe('bad packets', () => {
  const whole = frame({ ...client, flags: SYN, payload: bytes(40) });
  it('cut anywhere', () => {
    const summary = summarised(
      Array.from({ length: whole.length }, (_, length) => ({ bytes: whole.subarray(0, length), atSeconds: 1 })),
    );
    expect(summary.counts.packets).toBe(whole.length);
  });

  it('with any byte changed to anything', () => {
    const changed = [...whole.keys()].flatMap((at) =>
      [0, 1, 15, 68, 69, 127, 128, 255].map((value) => ({ bytes: whole.with(at, value), atSeconds: 1 })),
    );
    expect(summarised(changed).counts.packets).toBe(changed.length);
  });

  it('fragments behind the first have no ports', () => {
    const summary = summarised([packet({ ...client, flags: RST, fragmentOffset: 100 }, 1)]);
    expect(summary.counts).toMatchObject({ packets: 1, segments: 0 });
  });

  it('records that say more than there is are counted, and end the batch', () => {
    const records = recordsOf([packet(client, 1), packet(client, 2)]);
    new Uint32Array(records.buffer)[0] = 1 << 20;
    const summary = new PacketSummary(false);
    summary.add(records, records.length);
    expect(summary.counts).toMatchObject({ packets: 0, malformed: 1 });
  });

  it('a flood of connections stays in bounded memory', () => {
    const summary = new PacketSummary(false);
    for (let i = 0; i < 60_000; i++) {
      const segment = {
        ...client,
        from: `10.${i % 250}.${(i >> 8) % 250}.${i % 199}`,
        fromPort: i % 60_000,
        flags: SYN,
      };
      const records = recordsOf([packet(segment, 1 + i / 1e5)]);
      summary.add(records, records.length);
    }
    expect(summary.takeTimes().handshake).toEqual([]);
    expect(summary.talkers.top(1_000).length).toBeLessThanOrEqual(64);
  });
});
