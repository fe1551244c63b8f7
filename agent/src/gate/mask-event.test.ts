import { describe, expect, it } from 'vitest';
import { maskEvent, maskOwnText } from './mask-event.ts';

describe('texts that the agent makes itself', () => {
  it.each([
    'proxy_pass http://127.0.0.1:8080',
    'connect ECONNREFUSED 127.0.0.1:5432',
    'p99 of 4521 ms, usually 120 to 180 ms; 1795395378172 bytes since 2026-11-23 10:00:00.000',
    'GRANT pg_monitor TO "airis"; then restart',
    'passwordFile: cannot read /etc/airis/pw: permission denied',
    'container 010123456789 of /system.slice/docker-3f2a.scope',
    'WebLogic 14.1.1.0.0, build 20260101',
    'user: nobody may read /var/log/auth.log',
  ])('keep what they are about: %s', (text) => expect(maskOwnText(text)).toBe(text));

  it.each([
    ['duplicate key (email)=(hong@shop.kr)', 'duplicate key (email)=(<email>)'],
    ['cannot open /home/hong/x: gone', 'cannot open /home/<person>/x: gone'],
    ['http://admin:s3cret@127.0.0.1/status', 'http://<secret>@127.0.0.1/status'],
    ['for 851231-2345678', 'for <num>'],
    ['홍길동 님 주문', '<person> 님 주문'],
    ['"api_key": "x y"', '"api_key": <secret>'],
  ])('lose what is surely private: %s', (text, want) => expect(maskOwnText(text)).toBe(want));
});

it('an event stays what it is but for its texts, and no text becomes longer', () => {
  const event = {
    id: 'f-01012345678-5555444433331111',
    machine: '5555444433331111',
    note: 'a=1 token=z',
    attributes: { previousUnixMs: '1801012345678', 'a@b.kr': 'x', n: 5 },
    evidence: [
      { kind: 'series', ref: '5555444433331111' },
      { kind: 'process', ref: 'process:5555444433331111[1]' },
    ],
    none: null,
    deep: [[['010-1234-5678']]],
  };
  expect(maskEvent(event)).toEqual({
    ...event,
    note: 'a=1 token=<',
    attributes: { previousUnixMs: '1801012345678', '<email>': 'x', n: 5 },
    evidence: [event.evidence[0], { kind: 'process', ref: 'process:<num>[1]' }],
    deep: [[['<num>']]],
  });
});
