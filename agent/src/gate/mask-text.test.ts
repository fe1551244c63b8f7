import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskSource } from './mask-event.ts';
import { MASKED_LENGTH_LIMIT, maskText } from './mask-text.ts';

it.each([
  ['login of kim@example.co.kr failed', 'login of <email> failed'],
  ['kim%40example.com', '<email>'],
  ['from 10.1.2.3 port 55022', 'from <ip> port <num>'],
  ['peer fe80::1ff:fe23:4567:890a gone', 'peer <ip> gone'],
  ['mac 00:1B:44:11:3a:b7', 'mac <mac>'],
  ['resident 900101-1234567', 'resident <num>'],
  ['resident 900101–1****** starred', 'resident <num> starred'],
  ['resident 900101 1234567', 'resident <num>'],
  ['phone 010-1234-5678.', 'phone <num>.'],
  ['phone (02) 123-4567', 'phone <num>'],
  ['phone +82 10 1234 5678', 'phone <num>'],
  ['full width 010-1234-5678', 'full width <num>'],
  ['card 4111 1111 1111 1111 declined', 'card <num> declined'],
  ['took 350 ms for 12 rows', 'took 350 ms for 12 rows'],
  ['order 20261122 done', 'order <num> done'],
  ['id 550e8400-e29b-41d4-a716-446655440000', 'id <id>'],
  ['at 0x7ffe12ab', 'at <id>'],
  ['commit 3d30178a9b4c', 'commit <id>'],
  ['password=hunter2 ok', 'password=<secret> ok'],
  ['{"api_key": "abc def", "n": 3}', '{"api_key": <secret>, "n": 3}'],
  ['비밀번호: 가나다라 오류', '비밀번호: <secret> 오류'],
  ['Authorization: Bearer abc.def-ghi', 'Authorization: <secret>'],
  ['jwt eyJhbGciOi.eyJzdWIi.sig_x', 'jwt <secret>'],
  ['key AKIAIOSFODNN7EXAMPLE', 'key <secret>'],
  ['postgres://app:s3cret@db/shop', 'postgres://<secret>@db/shop'],
  ['GET /search?q=hong&page=2 done', 'GET /search?<query> done'],
  ['"GET /api/orders/20261122?u=1 HTTP/1.1" 200', '"GET /api/orders/<num>?<query> HTTP/1.1" 200'],
  ['고객명=홍길동, 결과=성공', '고객명=<person>, 결과=성공'],
  ['홍길동님 로그인', '<person>님 로그인'],
  ['배송지: 서울시 강남구 테헤란로 12, 끝', '배송지: <person>, 끝'],
  ['주문이 서울특별시 강남구 테헤란로 12 로 배송', '주문이 <address> 로 배송'],
  ['Failed password for invalid user bob from 10.0.0.1', 'Failed password for <person> user <person> from <ip>'],
  ['session opened for user john by (uid=0)', 'session opened for user <person> by (uid=0)'],
  ['open "/srv/data/x" failed', 'open "<str>" failed'],
  ["value 'secret words' refused", "value '<str>' refused"],
  ["can't open, don't care", "can't open, don't care"],
  ['{"level":"error","msg":"cannot reach db","who":"kim"}', '{"level":"error","msg":"cannot reach db","who":"<str>"}'],
  ['/home/kim/app.log', '/home/<person>/app.log'],
  ['passport M123A4567', 'passport <id>'],
  ['mapping: 3 of 7, shopping: done', 'mapping: 3 of 7, shopping: done'],
  ['x_api_key=abc db_password=q', 'x_api_key=<secret> db_password=<secret>'],
  ['gcc x86_64-linux-gnu-gcc-12', 'gcc x86_64-linux-gnu-gcc-12'],
  ['session_id: 7fB-2xY sid', 'session_id: <secret> sid'],
])('masks %s', (text, want) => expect(maskText(text)).toBe(want));

describe('whatever the text', () => {
  const pieces = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom(
      '900101-1234567',
      'kim@example.com',
      '10.0.0.1',
      '"',
      "'",
      ' ',
      '=',
      ':',
      'password',
      '가나',
      '12345',
      '::',
      '://',
      '한글로 1',
    ),
  );
  const texts = fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join(''));

  it('no run of four digits is left', () => {
    fc.assert(fc.property(texts, (text) => void expect(maskText(text)).not.toMatch(/\p{Nd}{4}/u)));
  });

  it('masking what is masked changes nothing of weight: no new digits, no throw', () => {
    fc.assert(fc.property(texts, (text) => void expect(maskText(maskText(text))).not.toMatch(/\p{Nd}{4}/u)));
  });
});

it.each(['a', '1-', '가', '"\\', ':a', '/', 'ab:', '가시 ', '.', 'key=', "'", 'A1', '=', ' -u'])(
  'takes linear time on a text of %s only',
  (piece) => {
    const text = piece.repeat(Math.ceil((2 * MASKED_LENGTH_LIMIT) / piece.length));
    const start = performance.now();
    maskText(text);
    expect(performance.now() - start).toBeLessThan(500);
  },
);

it('cuts a long text between words, so that nothing is left of what stood at the cut', () => {
  const mail = 'canary.person@example.co.kr';
  for (let shift = 0; shift < mail.length; shift++) {
    const text = `${'x '.repeat(MASKED_LENGTH_LIMIT / 2 - mail.length)}${'y'.repeat(shift)} ${mail} ${mail} ${mail}`;
    expect(maskText(text)).not.toContain('canary');
  }
});

it('keeps owners and addresses out of source names', () => {
  expect(maskSource('/home/kim/logs/20261122.log')).toBe('/home/<person>/logs/<num>.log');
});
