import { describe, expect, it } from 'vitest';
import { hostOfFiles } from './host-of-files-under-test.ts';
import { parsePing, probesCollector } from './probes.ts';

const answered = `PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.

--- 10.0.0.1 ping statistics ---
3 packets transmitted, 2 received, 33.3333% packet loss, time 609ms
rtt min/avg/max/mdev = 0.022/0.031/0.040/0.009 ms
`;
const silent = `--- 10.0.0.9 ping statistics ---
3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2030ms
`;
const busyBox = `--- 10.0.0.1 ping statistics ---
3 packets transmitted, 3 packets received, 0% packet loss
round-trip min/avg/max = 0.050/0.100/0.150 ms
`;

describe('parsePing', () => {
  it.each([
    { name: 'iputils', text: answered, round: { sent: 3, lost: 1, seconds: 0.000031 } },
    { name: 'nobody', text: silent, round: { sent: 3, lost: 3, seconds: null } },
    { name: 'BusyBox', text: busyBox, round: { sent: 3, lost: 0, seconds: 0.0001 } },
    { name: 'no permission', text: 'ping: socket: Operation not permitted\n', round: null },
    { name: 'nothing', text: '', round: null },
  ])('reads what $name says', ({ text, round }) => {
    expect(parsePing(text)).toEqual(round);
  });
});

describe('probes', () => {
  const target = { tcp: [{ address: '10.0.0.1', port: 5_432 }], icmp: ['10.0.0.2'] };

  it('tells latency, and loss over the last rounds only', async () => {
    const collector = probesCollector.create(target);
    let isUp = false;
    const host = {
      ...hostOfFiles({}),
      tcpConnect: async () => (isUp ? 0.02 : null),
      run: async () => ({ code: 0, text: answered }),
    };
    let samples: Record<string, number> = {};
    const round = async () => {
      samples = {};
      await collector.collect(host, {
        write: (metric, value, attributes = {}) => {
          samples[`${metric} ${Object.values(attributes).join(' ')}`] = value;
        },
      });
    };
    await round();
    expect(samples).toEqual({
      'airis.probe.sent tcp 10.0.0.1 5432': 1,
      'airis.probe.lost tcp 10.0.0.1 5432': 1,
      'airis.probe.loss tcp 10.0.0.1 5432': 1,
      'airis.probe.sent icmp 10.0.0.2': 3,
      'airis.probe.lost icmp 10.0.0.2': 1,
      'airis.probe.loss icmp 10.0.0.2': 1 / 3,
      'airis.probe.duration icmp 10.0.0.2': 0.000031,
    });
    isUp = true;
    for (let i = 0; i < 29; i++) await round();
    expect(samples['airis.probe.loss tcp 10.0.0.1 5432']).toBeCloseTo(1 / 30);
    await round();
    expect(samples['airis.probe.loss tcp 10.0.0.1 5432']).toBe(0);
    expect(samples['airis.probe.duration tcp 10.0.0.1 5432']).toBe(0.02);
    expect(samples['airis.probe.lost tcp 10.0.0.1 5432']).toBe(1);
  });

  it('says when this side cannot send, and still tells of the others', async () => {
    const host = {
      ...hostOfFiles({}),
      tcpConnect: async () => 0.1,
      run: async () => ({ code: 2, text: 'ping: socket' }),
    };
    const seen: string[] = [];
    const reading = probesCollector.create(target).collect(host, { write: (metric) => seen.push(metric) });
    await expect(reading).rejects.toThrow('ping to 10.0.0.2 ended with 2');
    expect(seen).toContain('airis.probe.duration');
  });

  it.each([{ icmp: ['gateway'] }, { icmp: ['-f'] }, { tcp: [{ address: '10.0.0.1', port: 0 }] }])(
    'refuses targets that are no addresses: %j',
    (settings) => {
      expect(() => probesCollector.create(settings)).toThrow();
    },
  );
});
