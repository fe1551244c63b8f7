import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { TemplateMiner } from './template-miner.ts';

const mined = (lines: readonly string[], miner = new TemplateMiner()): string[] => {
  const forms = lines.map((line) => miner.add(line));
  miner.consolidate();
  return forms.map((form) => miner.textOf(form));
};
const templateOf = (line: string) => mined([line])[0];
const distinct = (lines: readonly string[]) => [...new Set(mined(lines))].sort();
const letters = 'abcdefghijklmnopqrstuvwxyz';
/** A word without digits that is another one for every number. */
const word = (n: number) =>
  [n % 26, Math.floor(n / 26) % 26, Math.floor(n / 676) % 26, (n * 7) % 26].map((i) => letters[i]).join('');

describe('values by their looks', () => {
  it.each([
    ['order 42 took 350 ms', 'order <*> took <*> ms'],
    ['sent 5.2 KB to 10.0.0.1:8080', 'sent <*> to <*>:<*>'],
    ['peer /10.0.0.1:8080 left', 'peer <*>:<*> left'],
    ['id 550e8400-e29b-41d4-a716-446655440000 at 0x1f', 'id <*> at <*>'],
    ['nic 08:00:27:4c:3d:1a has fe80::1ff:fe23:4567:890a', 'nic <*> has <*>'],
    ['read /var/log/app.log and C:\\temp\\a.txt', 'read <*> and <*>'],
    ['GET http://shop.co.kr/a?b=1 done', 'GET http://<*> done'],
    ['mail to kim@shop.co.kr from db1.shop.co.kr', 'mail to <*> from <*>'],
    ['ready=true last=null', 'ready=<*> last=<*>'],
    ['since Fri Jun 17 07:07:00 2026', 'since <*>:<*>:<*>'],
    ['closed after <1 sec', 'closed after <<*> sec'],
    ['user <email> paid <num> won', 'user <*> paid <*> won'],
    ['core.2275 written', 'core.<*> written'],
    ['http2 and ssh2 stay, node17 goes', 'http2 and ssh2 stay, <*> goes'],
    ['결제 실패: 주문번호=88121 금액 3,000원', '결제 실패: 주문번호=<*> 금액 <*>,<*>'],
    ['com.shop.OrderService ran', 'com.shop.OrderService ran'],
    ['', ''],
  ])('%s', (line, want) => expect(templateOf(line)).toBe(want));
});

describe('values by what is seen', () => {
  it('a word that is another one in every line', () => {
    expect(distinct(Array.from({ length: 20 }, (_, i) => `cache ${word(i)} was evicted`))).toEqual([
      'cache <*> was evicted',
    ]);
  });

  it('a few words in one place are templates of their own', () => {
    const lines = ['nightly import ended', 'nightly export ended', 'nightly import ended', 'nightly export ended'];
    expect(distinct(lines)).toEqual(['nightly export ended', 'nightly import ended']);
  });

  it('names of states are what lines differ in, wherever they stand', () => {
    const lines = ['task went from NEW to RUNNING', 'task went from NEW to FAILED', 'task went from NEW to LOST'];
    expect(distinct(lines)).toHaveLength(3);
    expect(distinct(['closed by kim at once', 'closed by lee at once'])).toEqual(['closed by <*> at once']);
  });

  it('values of several words between words that stay', () => {
    const lines = Array.from({ length: 60 }, (_, i) => {
      const title = Array.from({ length: 1 + (i % 3) }, (_, part) => word(i * 5 + part)).join(' ');
      return `playing track ${title} on the living room speaker`;
    });
    expect(distinct(lines)).toEqual(['playing track <*> on the living room speaker']);
  });

  it('two words that vary at once', () => {
    const lines = Array.from(
      { length: 30 },
      (_, i) => `worker ${word(i)} gave task ${word(i * 11 + 3)} back to the pool`,
    );
    expect(distinct(lines)).toEqual(['worker <*> gave task <*> back to the pool']);
  });

  it('values that are built in different ways are one', () => {
    const lines = ['closed, lifetime 00:27', 'closed, lifetime <1 sec', 'closed, lifetime 1:02:03'];
    expect(distinct(lines)).toEqual(['closed, lifetime <*>']);
  });

  it('lists of any length', () => {
    const lines = [1, 2, 3, 4].map((n) => `took [${Array.from({ length: n }, (_, i) => i * 17).join(', ')}] off`);
    expect(distinct(lines)).toEqual(['took [<*>] off']);
  });

  it('names of programs before the same two words are no values', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `${word(i)} startup succeeded`);
    expect(distinct(lines)).toHaveLength(30);
  });
});

it('gives the same templates in any order of lines', () => {
  const random = createRandom(7);
  const lines = Array.from(
    { length: 400 },
    (_, i) =>
      [
        `order ${i} by ${word(i)} accepted`,
        `stock of ${word(i % 40)} is low`,
        'heartbeat',
        `retry ${i % 3} of ${word(i)} to 10.0.0.${i % 9}`,
      ][i % 4]!,
  );
  const shuffled = lines
    .map((line) => ({ line, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ line }) => line);
  expect(distinct(shuffled)).toEqual(distinct(lines));
});

it('tells of a line what later ones taught', () => {
  const miner = new TemplateMiner();
  const first = miner.add('cache alpha was evicted');
  expect(miner.textOf(first)).toBe('cache alpha was evicted');
  for (let i = 0; i < 10; i++) miner.add(`cache ${word(i)} was evicted`);
  miner.consolidate();
  expect(miner.read(first)).toEqual({ id: first.id, text: 'cache <*> was evicted' });
});

it('goes on from what was saved', () => {
  const miner = new TemplateMiner();
  mined(
    Array.from({ length: 20 }, (_, i) => `cache ${word(i)} was evicted`),
    miner,
  );
  const later = new TemplateMiner(undefined, JSON.parse(JSON.stringify(miner.save())));
  expect(later.textOf(later.add('cache zulu was evicted'))).toBe('cache <*> was evicted');
  expect(later.add('cache mike was evicted').lines).toBe(22);
});

describe('bad input', () => {
  it.each([
    ['control characters', '\u0000\u0001\u001b[31mred\u0007\u0000'],
    ['half a character', 'broken \ud800 text \udfff'],
    ['a token of a megabyte', `x${'y'.repeat(1 << 20)} end`],
    ['a line of marks', ';,:()[]{}'.repeat(5_000)],
    ['nested brackets', '['.repeat(5_000)],
    ['only blanks', ' \t '.repeat(100)],
    ['words that mean something to the program', 'constructor __proto__ <*> <**>'],
  ])('%s', (_, line) => {
    const miner = new TemplateMiner();
    expect(miner.add(line)).toBe(miner.add(line));
    expect(miner.templateCount).toBe(1);
  });

  it('lines that share nothing fill a bound, and are counted by their first word behind it', () => {
    const miner = new TemplateMiner(500);
    for (let i = 0; i < 20_000; i++)
      miner.add(`${word(i * 13)} ${word(i)}${'.'.repeat(i % 50)}${';'.repeat(i % 7)} ${word(i * 3)}`);
    expect(miner.templateCount).toBeLessThanOrEqual(500 + 256);
  });
});
