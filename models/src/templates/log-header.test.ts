import { describe, expect, it } from 'vitest';
import { findHeader, messageStart } from './log-header.ts';

const messages = [
  'Notification time out: 3200',
  'connection from 10.0.0.1 closed',
  'order 42 accepted in 12 ms',
  '[client 10.0.0.9] File does not exist',
  'session opened for user kim',
  'retry - giving up',
  'GC pause 12 ms',
  '결제 실패: 주문번호=88121',
  'com.shop.Api answered 500',
  'Received block blk_1 of size 5',
  'Interrupted while waiting',
  'error reading header',
  '1 of 3 replicas left',
  'key=value only',
  'stopping',
];
const levels = ['INFO', 'INFO', 'WARN', 'INFO', 'ERROR', 'DEBUG'];
const loggers = ['c.shop.OrderService', 'c.shop.dao.StockDao', 'o.a.k.clients.Consumer', 'c.shop.Cache'];
const pick = <T>(of: readonly T[], i: number): T => of[(i * 7) % of.length]!;
const two = (n: number) => String(n).padStart(2, '0');
const clock = (i: number) => `${two(i % 24)}:${two(i % 60)}:${two((i * 7) % 60)}`;

/** Layouts as programs write them; the lines are made up. */
const layouts: Readonly<Record<string, (i: number) => string>> = {
  'no header': () => '',
  'spring boot': (i) =>
    `2026-03-${two(1 + (i % 28))} ${clock(i)}.${100 + (i % 900)}  ${pick(levels, i).padStart(5)} 1000 --- [nio-8080-exec-${i % 10}] ${pick(loggers, i).padEnd(30)} : `,
  log4j: (i) => `2026-03-01 ${clock(i)},123 ${pick(levels, i)} [main] org.apache.${pick(['A', 'B.C', 'D'], i)}: `,
  logback: (i) => `${clock(i)}.123 [http-${i % 9}] ${pick(levels, i).padEnd(5)} ${pick(loggers, i)} - `,
  'tomcat catalina': (i) =>
    `0${1 + (i % 9)}-Mar-2026 ${clock(i)}.123 ${pick(['INFO', 'WARNING', 'SEVERE'], i)} [main] org.apache.catalina.${pick(['core.Std.start', 'startup.Host.deploy'], i)} `,
  'java, by date': (i) =>
    `26/03/0${1 + (i % 9)} ${clock(i)} ${pick(levels, i)} executor.${pick(['Executor', 'Shuffle'], i)}: `,
  syslog: (i) =>
    `Mar ${1 + (i % 28)} ${clock(i)} web01 ${pick(['sshd[123]', 'kernel', 'systemd[1]', 'CRON[77]'], i)}: `,
  'syslog of RFC 5424': (i) =>
    `<34>1 2026-03-01T${clock(i)}.003Z web01.example.com ${pick(['su', 'app', 'cron'], i)} ${100 + (i % 50)} ID47 - `,
  'apache error': (i) => `[Sun Dec 04 ${clock(i)} 2026] [${pick(['error', 'notice'], i)}] `,
  'nginx error': (i) => `2026/03/01 ${clock(i)} [${pick(['error', 'warn'], i)}] ${100 + (i % 9)}#0: `,
  klog: (i) =>
    `${pick(['I', 'W', 'E'], i)}0${301 + (i % 20)} ${clock(i)}.123456    1001 ${pick(['server.go', 'proxy.go'], i)}:${100 + (i % 50)}] `,
  python: (i) => `2026-03-01 ${clock(i)},123 - ${pick(['root', 'app.db'], i)} - ${pick(levels, i)} - `,
  postgresql: (i) => `2026-03-01 ${clock(i)}.123 KST [${1_000 + (i % 99)}] ${pick(['LOG', 'ERROR', 'WARNING'], i)}:  `,
  mysql: (i) =>
    `2026-03-01T${clock(i)}.123456Z ${i % 40} [${pick(['Note', 'Warning', 'ERROR'], i)}] [MY-0${10_000 + (i % 99)}] [Server] `,
  'pipes between fields': (i) =>
    `20260301-${i % 24}:${i % 60}:${i % 60}:${i % 1_000}|Step_${pick(['A', 'B', 'C'], i)}|30002312|`,
  'jeus, brackets': (i) => `[2026.03.01 ${clock(i)}][${i % 4}] [server1-${i % 20}] [WEB-${1_000 + (i % 30)}] `,
  'padded columns': (i) => `2026-09-28 ${clock(i)}, Info                  ${pick(['CBS', 'CBS', 'CSI'], i)}    `,
  'program of several words before a dash': (i) =>
    `[10.${10 + (i % 20)} ${clock(i)}] ${pick(['chrome.exe', 'git.exe', 'firefox.exe *64'], i)} - `,
  'number, node, epoch, flag': (i) =>
    `${134_681 + i} node-${i % 246} unix.hw ${pick(['state.up', 'net.down'], i)} ${1_077_804_742 + i * 3} 1 `,
  'request in brackets behind a logger': (i) =>
    `api.log.1 2026-05-16 ${clock(i)}.008 25746 ${pick(levels, i)} nova.${pick(['wsgi', 'compute.manager'], i)} [req-38101a0b ${i} - - -] `,
  'container runtime': (i) => `2026-10-06T${clock(i)}.669794202Z stdout F `,
  'keys and values': (i) => `time="2026-03-01T${clock(i)}Z" level=${pick(['info', 'error'], i)} msg=`,
  'with its digits taken out by a redaction': (i) =>
    `<num>T${clock(i)}.<num>Z ${pick(levels, i)} [main] c.shop.${pick(['Api', 'Dao'], i)} - `,
};

describe('findHeader', () => {
  it.each(Object.entries(layouts))('%s', (_, header) => {
    const lines = Array.from({ length: 200 }, (_, i) => header(i) + messages[(i * 13) % messages.length]!);
    const layout = findHeader(lines);
    const read = lines.map((line) => line.slice(messageStart(line, layout)).trim());
    expect(read).toEqual(lines.map((_, i) => messages[(i * 13) % messages.length]!));
  });

  it('lets lines that continue others not vote, and leaves them whole', () => {
    const lines = Array.from({ length: 200 }, (_, i) =>
      i % 4 === 0 ? `${layouts.log4j!(i)}failed` : '\tat com.shop.Api.get(Api.java:12)',
    );
    const layout = findHeader(lines.filter((_, i) => i % 3 !== 1));
    expect(messageStart('\tat com.shop.Api.get(Api.java:12)', layout)).toBe(0);
  });

  it.each([
    [[]],
    [['']],
    [['one']],
    [Array.from({ length: 50 }, () => '\u0000\u0001')],
    [Array.from({ length: 50 }, () => '['.repeat(10_000))],
  ])('finds none in bad lines, and does not fail (%#)', (lines: string[]) => expect(findHeader(lines)).toEqual([]));
});
