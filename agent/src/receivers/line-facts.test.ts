import { expect, it } from 'vitest';
import { timeOfLine } from './line-time.ts';
import { severityOf } from './severity.ts';

it.each([
  ['2026-11-22 10:00:00 ERROR cannot connect', 17],
  ['{"ts":1,"level":"warn","msg":"slow"}', 13],
  ['level=debug msg=x', 5],
  ['2026/11/22 10:00:00 [crit] 12#12: *1 open() failed', 21],
  ['10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 503 19 "-" "x"', 17],
  ['10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /error HTTP/1.1" 200 19 "-" "x"', 9],
  ['java.lang.IllegalStateException: x', 17],
  ['Traceback (most recent call last):', 17],
  ['all is well', 0],
  ['we inform you about errors of the past', 0],
  ['INFO started', 9],
])('severity of %s', (text, want) => expect(severityOf(text)).toBe(want));

const now = Date.UTC(2026, 10, 22, 12, 0, 0);

it.each([
  ['2026-11-22T11:59:58.250Z x', Date.UTC(2026, 10, 22, 11, 59, 58, 250)],
  ['2026-11-22T20:59:58+09:00 x', Date.UTC(2026, 10, 22, 11, 59, 58)],
  ['1.2.3.4 - - [22/Nov/2026:20:59:58 +0900] "GET / HTTP/1.1" 200', Date.UTC(2026, 10, 22, 11, 59, 58)],
  ['2026/11/22 11:59:58 [error] x', new Date(2026, 10, 22, 11, 59, 58).getTime()],
  ['Nov 22 11:59:58 host sshd[1]: x', new Date(2026, 10, 22, 11, 59, 58).getTime()],
  ['no time at all', now],
  ['1999-01-01T00:00:00Z too old to believe', now],
  ['2031-01-01T00:00:00Z not yet', now],
  ['2026-99-99T99:99:99Z never', now],
])('time of %s', (text, want) => expect(timeOfLine(text, now)).toBe(want));

it('takes a syslog line of December for last year in January', () => {
  const january = new Date(2027, 0, 1, 0, 5).getTime();
  expect(timeOfLine('Dec 31 23:59:00 host x', january)).toBe(new Date(2026, 11, 31, 23, 59).getTime());
});
