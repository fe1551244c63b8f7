import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createHost } from '../collectors/host.ts';
import { Refusals } from '../refusals.ts';
import { createLogReceivers, receiversConfig } from './index.ts';
import type { LogLine } from './log-line.ts';
import type { Receiver } from './receiver.ts';
import { syslogReceiver } from './syslog.ts';

const run = promisify(execFile);
const poll = { timeout: 10_000 };

interface Received extends AsyncDisposable {
  readonly lines: LogLine[];
  readonly receiver: Receiver;
  readonly refusals: Refusals;
  /** Of `udp` or `tcp`. */
  port(kind: string): number;
  setFull(isFull: boolean): void;
}

async function receive(settings: object): Promise<Received> {
  const lines: LogLine[] = [];
  const refusals = new Refusals();
  let isFull = false;
  const sink = { accept: (line: LogLine) => !isFull && lines.push(line) > 0 };
  const positions = { load: () => null, save: () => undefined };
  const receiver = await syslogReceiver.start({ host: createHost(), sink, positions, refusals }, settings);
  if (receiver === null) throw new Error('nothing listens');
  const timer = setInterval(() => void receiver.poll(), 50);
  return {
    lines,
    receiver,
    refusals,
    port: (kind) =>
      Number(
        receiver
          .sources()
          .find((source) => source.includes(`:${kind}:`))
          ?.split(':')
          .at(-1),
      ),
    setFull: (full) => {
      isFull = full;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await receiver[Symbol.asyncDispose]();
    },
  };
}

const seen = (lines: readonly LogLine[]) =>
  lines.map(({ source, severity, text }) => `${source.replace(/:[^/]+\//, ':host/')} ${severity} ${text}`);

it('takes what logger sends, by UDP and TCP, in both formats', async () => {
  await using received = await receive({ udp: '127.0.0.1:0', tcp: '127.0.0.1:0' });
  const { lines, port } = received;
  const log = (kind: string, ...words: string[]) =>
    run('logger', ['-n', '127.0.0.1', '-P', String(port(kind)), '-t', 'shop', '-p', 'user.err', ...words]);
  await log('udp', '--udp', '--rfc3164', '결제 실패 A');
  await expect.poll(() => lines.length, poll).toBe(1);
  await log('udp', '--udp', '--rfc5424', '결제 실패 B');
  await expect.poll(() => lines.length, poll).toBe(2);
  await log('tcp', '--tcp', '--octet-count', '--rfc5424', '결제 실패 C');
  await expect.poll(() => lines.length, poll).toBe(3);
  await log('tcp', '--tcp', '--rfc3164', '결제 실패 D');
  await expect
    .poll(() => seen(lines), poll)
    .toEqual(['A', 'B', 'C', 'D'].map((name) => `syslog:host/shop 17 결제 실패 ${name}`));
  expect(Math.abs(lines[1]!.timeUnixMs - Date.now())).toBeLessThan(60_000);
});

it('takes what rsyslog forwards', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'airis-rsyslog-'));
  try {
    await using received = await receive({ tcp: '127.0.0.1:0' });
    const input = join(folder, 'app.log');
    writeFileSync(input, '');
    const config = [
      `global(workDirectory="${folder}")`,
      'module(load="imfile" mode="polling" pollingInterval="1")',
      `input(type="imfile" File="${input}" Tag="was" Severity="warning")`,
      `action(type="omfwd" Target="127.0.0.1" Port="${received.port('tcp')}" Protocol="tcp" TCP_Framing="octet-counted" Template="RSYSLOG_SyslogProtocol23Format")`,
    ].join('\n');
    writeFileSync(join(folder, 'rsyslog.conf'), config);
    const words = ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'rsyslog.pid')];
    const daemon = spawn('/usr/sbin/rsyslogd', words, { stdio: 'ignore' });
    try {
      writeFileSync(input, 'pool is full\n커넥션 풀이 가득 찼습니다\n');
      await expect
        .poll(() => seen(received.lines), { timeout: 20_000 })
        .toEqual(['syslog:host/was 13 pool is full', 'syslog:host/was 13 커넥션 풀이 가득 찼습니다']);
    } finally {
      const ended = new Promise((done) => daemon.once('exit', done));
      daemon.kill('SIGKILL');
      await ended;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('makes a sender wait while the lines have nowhere to go, and loses none', async () => {
  await using received = await receive({ tcp: '127.0.0.1:0', maxLinesPerSecond: 100_000 });
  received.setFull(true);
  const socket = connect(received.port('tcp'), '127.0.0.1');
  const count = 40_000;
  socket.end(Array.from({ length: count }, (_, i) => `<14>app: line ${i} ${'x'.repeat(100)}\n`).join(''));
  await new Promise((done) => setTimeout(done, 500));
  expect(received.lines).toEqual([]);
  received.setFull(false);
  await expect.poll(() => received.lines.length, { timeout: 20_000 }).toBe(count);
  expect(received.refusals.snapshot()).toEqual({});
});

it('refuses whom it does not know, and what is malformed harms nothing', async () => {
  await using strangers = await receive({ tcp: '127.0.0.1:0', udp: '127.0.0.1:0', senders: ['10.0.0.0/8', '::2'] });
  connect(strangers.port('tcp'), '127.0.0.1').on('error', () => undefined);
  await expect.poll(() => strangers.refusals.snapshot(), poll).toEqual({ 'syslog-sender-not-allowed': 1 });

  await using received = await receive({ tcp: '127.0.0.1:0', maxConnections: 1, maxLineBytes: 256 });
  const first = connect(received.port('tcp'), '127.0.0.1');
  first.write(`<14>ok: one\n${'y'.repeat(5_000)}\n\u0000\u001b[2J<14>esc: \u001b[31mred\n`);
  await expect.poll(() => received.lines.length, poll).toBe(2);
  expect(received.lines[1]!.text).not.toMatch(/\p{Cc}/u);
  expect(received.refusals.snapshot()).toEqual({ 'line-too-long': 1 });
  connect(received.port('tcp'), '127.0.0.1').on('error', () => undefined);
  await expect.poll(() => received.refusals.snapshot()['syslog-too-many-connections'], poll).toBe(1);
  for (let i = 0; i < 300; i++) first.write(`<14>app${i}: x\n`);
  await expect.poll(() => received.lines.length, poll).toBe(302);
  // `ok` and `esc` are among the hundred that one sender has.
  expect(new Set(received.lines.map(({ source }) => source)).size).toBe(101);
  first.destroy();
});

it('drops what one sender sends too fast by UDP, and makes a connection wait', async () => {
  await using received = await receive({ tcp: '127.0.0.1:0', udp: '127.0.0.1:0', maxLinesPerSecond: 50 });
  const socket = createSocket('udp4');
  for (let i = 0; i < 200; i++) socket.send(`<14>app: datagram ${i}`, received.port('udp'), '127.0.0.1');
  const dropped = () => received.refusals.snapshot()['syslog-sender-rate'] ?? 0;
  await expect.poll(() => dropped() + received.lines.length, poll).toBe(200);
  socket.close();
  expect(dropped()).toBeGreaterThan(100);
  const before = received.lines.length;
  const slow = connect(received.port('tcp'), '127.0.0.1');
  for (let i = 0; i < 200; i++) slow.write(`<14>app: line ${i}\n`);
  await expect.poll(() => received.lines.length - before, poll).toBe(200);
  slow.destroy();
});

it('harms no other receiver where its port is taken, and starts when it is free', async () => {
  const taken = await receive({ tcp: '127.0.0.1:0' });
  const port = taken.port('tcp');
  let nowMs = 1_000;
  const failures: unknown[] = [];
  const config = receiversConfig.parse({ files: { files: [] }, syslog: { tcp: `127.0.0.1:${port}` } });
  const lines: LogLine[] = [];
  const sink = { accept: (line: LogLine) => lines.push(line) > 0 };
  const positions = { load: () => null, save: () => undefined };
  const host = { ...createHost(), nowMs: () => nowMs };
  await using receivers = await createLogReceivers(host, config, sink, positions, (name) => failures.push(name));
  await receivers.poll();
  expect(failures).toEqual(['syslog']);
  await taken[Symbol.asyncDispose]();
  nowMs += 31_000;
  await receivers.poll();
  expect(receivers.sources()).toContain(`syslog:tcp:127.0.0.1:${port}`);
  expect(receivers.refusedByReason()).toEqual({ 'receiver-failed-syslog': 1 });
});

it('says what to do where the port is taken', async () => {
  await using received = await receive({ tcp: '127.0.0.1:0' });
  await expect(receive({ tcp: `127.0.0.1:${received.port('tcp')}` })).rejects.toThrow(
    expect.objectContaining({ code: 'SYSLOG_CANNOT_LISTEN' }),
  );
});
