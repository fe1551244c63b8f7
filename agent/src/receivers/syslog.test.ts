import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SenderRates } from './sender-rates.ts';
import { syslogConfig } from './syslog.ts';
import { SyslogFraming } from './syslog-framing.ts';
import { parseSyslog } from './syslog-message.ts';
import { SyslogSources } from './syslog-sources.ts';

describe('a syslog message', () => {
  it.each([
    [
      '<34>1 2026-11-23T03:00:00.003+09:00 sw-core-1 su 123 ID47 - 로그인 실패',
      { host: 'sw-core-1', app: 'su', severity: 21, text: '로그인 실패' },
    ],
    [
      '<165>1 2026-11-23T03:00:00Z fw-1 evntslog - ID47 [a@1 k="v ] \\" x"][b@2] \uFEFFup',
      { host: 'fw-1', app: 'evntslog', severity: 10, text: 'up' },
    ],
    [
      '<11>Nov 23 03:00:00 db-1 postgres[812]: FATAL:  too many clients',
      { host: 'db-1', app: 'postgres', severity: 17, text: 'FATAL:  too many clients' },
    ],
    [
      '<12>Nov  3 03:00:00 10.0.0.1 %LINK-3-UPDOWN: Interface down',
      { host: '10.0.0.1', app: '', severity: 13, text: '%LINK-3-UPDOWN: Interface down' },
    ],
    ['<30>dhcpd: lease', { host: '', app: 'dhcpd', severity: 9, text: 'lease' }],
    ['<999>x', { host: '', app: '', severity: 0, text: '<999>x' }],
    ['ERROR no header at all', { host: '', app: '', severity: 17, text: 'ERROR no header at all' }],
    ['<34>1 2026-11-23T03:00:00Z h a - - [open="never', { host: 'h', app: 'a', severity: 21, text: '[open="never' }],
  ])('%s', (line, message) => expect(parseSyslog(line)).toEqual(message));

  it('never fails, and never makes a text longer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(250), (tail, priority) => {
        const line = `<${priority}>${tail}`;
        expect(parseSyslog(line).text.length).toBeLessThanOrEqual(line.length);
      }),
    );
  });
});

it.each([
  { udp: '127.0.0.1:65536' },
  { tcp: '300.1.1.1:514' },
  { tcp: 'localhost:514' },
  { senders: ['10.0.0.0/99'] },
  { senders: ['999.1.1.1/8'] },
  { senders: ['10.0.0.0/8/8'] },
  { senders: ['::1/129'] },
])('refuses the settings %j', (settings) => expect(syslogConfig.safeParse(settings).success).toBe(false));

it.each([{ udp: '0.0.0.0:514' }, { tcp: '[::1]:0' }, { senders: ['10.0.0.0/8', '::1', 'fe80::/10'] }])(
  'takes the settings %j',
  (settings) => expect(syslogConfig.safeParse(settings).success).toBe(true),
);

describe('the framing of a stream', () => {
  const texts = (framing: SyslogFraming, chunks: readonly Buffer[]) =>
    chunks.flatMap((chunk) => framing.push(chunk).messages.map(String));

  it('finds the same messages however the stream is cut', () => {
    const whole = Buffer.from('12 <13>one two\n<13>three\r\n9 <13>a\nb c<13>four\n\n3 <1>');
    const wanted = ['<13>one two\n', '<13>three', '<13>a\nb c', '<13>four', '<1>'];
    for (let cut = 0; cut <= whole.length; cut++) {
      expect(texts(new SyslogFraming(100), [whole.subarray(0, cut), whole.subarray(cut)])).toEqual(wanted);
    }
    expect(
      texts(
        new SyslogFraming(100),
        [...whole].map((byte) => Buffer.of(byte)),
      ),
    ).toEqual(wanted);
  });

  it('gives the last line when the stream ends without its end, and tells of a counted one that is not whole', () => {
    const line = new SyslogFraming(100);
    line.push(Buffer.from('<13>one\n<13>last words'));
    expect(line.flush()).toMatchObject({ message: Buffer.from('<13>last words'), isCutShort: false });
    expect(line.flush()).toEqual({ message: null, isCutShort: false });
    const counted = new SyslogFraming(100);
    counted.push(Buffer.from('20 <13>half of'));
    expect(counted.flush()).toEqual({ message: null, isCutShort: true });
  });

  it('passes over what is too long, and holds no more than that', () => {
    const framing = new SyslogFraming(50);
    let tooLong = 0;
    for (let i = 0; i < 1_000; i++) tooLong += framing.push(Buffer.alloc(10_000, 'x')).tooLong;
    expect(tooLong).toBe(1);
    expect(texts(framing, [Buffer.from('\n<13>after\n')])).toEqual(['<13>after']);
    const counted = framing.push(Buffer.from(`1000 <13>${'x'.repeat(996)}<13>next\n`));
    expect(counted.tooLong).toBe(1);
    expect(counted.messages.map(String)).toEqual(['<13>next']);
  });
});

describe('sources of syslog', () => {
  it('have a place again once invented names have been silent, and one sender never takes all places', () => {
    const sources = new SyslogSources();
    const invented = (n: number, sender: string) => sources.admit(`syslog:fake-${n}/x`, sender, n);
    const admitted = Array.from({ length: 200 }, (_, n) => invented(n, '10.9.9.9')).filter(Boolean);
    expect(admitted).toHaveLength(100);
    for (let n = 0; n < 100; n++) expect(sources.admit(`syslog:real-${n}/x`, `10.0.0.${n}`, 1_000)).toBe(true);
    expect(sources.admit('syslog:late/x', '10.0.1.1', 2_000)).toBe(false);
    const later = 2_000 + 15 * 60_000;
    expect(sources.admit('syslog:real-5/x', '10.0.0.5', later)).toBe(true);
    expect(sources.admit('syslog:late/x', '10.0.1.1', later)).toBe(true);
    // The longest unseen gave way, nobody else.
    expect(sources.admit('syslog:real-7/x', '10.0.0.7', later)).toBe(true);
  });

  it('stay bounded whatever is sent', () => {
    const sources = new SyslogSources();
    let admitted = 0;
    for (let n = 0; n < 5_000; n++) if (sources.admit(`syslog:${n}/x`, `s${n}`, n)) admitted++;
    expect(admitted).toBe(200);
  });
});

describe('the rate of a sender', () => {
  it('drops what is too fast of one and leaves others alone', () => {
    const rates = new SenderRates(100);
    const taken = (sender: string, atMs: number) =>
      Array.from({ length: 300 }, () => rates.take(sender, atMs)).filter(Boolean).length;
    expect(taken('a', 0)).toBe(100);
    expect(taken('b', 0)).toBe(100);
    expect(taken('a', 500)).toBe(50);
    expect(taken('a', 60_000)).toBe(100);
    expect(taken('a', 0)).toBe(0);
  });

  it('lets a connection owe, for ten seconds at most', () => {
    const rates = new SenderRates(100);
    rates.owe('a', 1_000_000, 0);
    expect(rates.mayGoOn('a', 9_900)).toBe(false);
    expect(rates.mayGoOn('a', 10_020)).toBe(true);
  });

  it('is shared by those beyond a thousand senders, until some have paused', () => {
    const rates = new SenderRates(10);
    for (let n = 0; n < 1_000; n++) rates.take(`s${n}`, 0);
    const beyond = Array.from({ length: 50 }, (_, n) => rates.take(`t${n}`, 0)).filter(Boolean);
    expect(beyond).toHaveLength(10);
    expect(Array.from({ length: 50 }, (_, n) => rates.take(`u${n}`, 2_000)).every(Boolean)).toBe(true);
  });
});
