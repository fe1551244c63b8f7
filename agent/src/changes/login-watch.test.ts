import { expect, it } from 'vitest';
import { createLoginWatch } from './login-watch.ts';

function watchOf() {
  let nowMs = 0;
  let ids = 0;
  const watch = createLoginWatch({
    entity: 'host:web-1',
    newId: () => `test-${String(ids++).padStart(8, '0')}`,
    nowMs: () => nowMs,
  });
  let isFull = false;
  const sink = watch.watching({ accept: () => !isFull });
  return {
    see: (text: string) => sink.accept({ source: '/var/log/auth.log', timeUnixMs: nowMs, severity: 0, text }),
    said: () => watch.poll().map(({ summary }) => summary.en),
    poll: () => watch.poll(),
    pass: (ms: number) => {
      nowMs += ms;
    },
    fill: (full: boolean) => {
      isFull = full;
    },
  };
}

const failed = (address: string, i = 0) =>
  `Nov 23 03:00:${i % 60} web-1 sshd[99]: Failed password for invalid user kim${i} from ${address} port ${40_000 + i} ssh2`;

it('tells a burst with numbers, and neither names nor addresses', () => {
  const { see, poll, pass, said } = watchOf();
  for (let i = 0; i < 30; i++) see(failed(`10.9.8.${i % 3}`, i));
  const [change] = poll();
  expect(change).toMatchObject({
    kind: 'login-failures',
    entity: 'host:web-1',
    summary: {
      en: 'sshd: 30 failed logins in a short time, from 3 addresses',
      ko: 'sshd: 로그인 실패 30회가 짧은 시간에 발생했습니다(접속지 3곳)',
    },
  });
  expect(JSON.stringify(change)).not.toMatch(/kim|10\.9/);
  for (let i = 0; i < 20; i++) see(failed('10.9.8.7', i));
  expect(said()).toEqual([]);
  pass(10 * 60_000);
  for (let i = 0; i < 12; i++) see(failed('10.9.8.7', i));
  expect(said()).toEqual(['sshd: 32 failed logins in a short time, from 1 address']);
});

it('passes over a person who mistypes, and lines that only sound like it', () => {
  const { see, said, pass } = watchOf();
  for (let minute = 0; minute < 20; minute++) {
    for (let i = 0; i < 3; i++) see(failed('10.0.0.1', i));
    for (let i = 0; i < 30; i++) see('batch failed for customer from 10.0.0.1 port 80');
    pass(61_000);
    expect(said()).toEqual([]);
  }
});

it('counts a line that the sink did not take when it is offered again', () => {
  const { see, said, fill } = watchOf();
  fill(true);
  for (let i = 0; i < 30; i++) expect(see(failed('10.0.0.1', i))).toBe(false);
  fill(false);
  for (let i = 0; i < 9; i++) see(failed('10.0.0.1', i));
  expect(said()).toEqual([]);
  see(failed('10.0.0.1'));
  expect(said()).toEqual(['sshd: 10 failed logins in a short time, from 1 address']);
});

it.each([
  [
    'sudo',
    'sudo: pam_unix(sudo:auth): authentication failure; logname=kim uid=1000 euid=0 tty=/dev/pts/0 ruser=kim rhost=  user=kim',
  ],
  ['postgresql', '2026-11-23 03:00:00 KST [12] FATAL:  password authentication failed for user "shop"'],
  ['mysql', "2026-11-23  3:00:00 9 [Warning] Access denied for user 'root'@'10.0.0.9' (using password: YES)"],
  ['sshd', 'Connection closed by authenticating user root 10.0.0.9 port 51234 [preauth]'],
  ['vsftpd', 'Mon Nov 23 03:00:00 2026 [pid 3] [kim] FAIL LOGIN: Client "10.0.0.9"'],
])('knows a refusal of %s', (service, line) => {
  const { see, said } = watchOf();
  for (let i = 0; i < 10; i++) see(line);
  expect(said()[0]).toMatch(new RegExp(`^${service}: 10 failed logins`));
});

it('bounds services and addresses that a hostile log names', () => {
  const { see, poll } = watchOf();
  for (let i = 0; i < 400; i++) {
    for (let n = 0; n < 10; n++)
      see(`pam_unix(s${i.toString(36).replace(/\d/g, 'x')}a${'b'.repeat(i % 28)}:auth): authentication failure;`);
  }
  expect(poll().length).toBeLessThanOrEqual(33);
  see(`Failed password for ${'x'.repeat(1_000_000)} from 10.0.0.1 port 1`);
});
