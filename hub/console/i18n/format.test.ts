import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFormat } from './format.ts';
import { formatBytes } from './numbers.ts';

const ko = createFormat('ko');
const en = createFormat('en');
/** Friday 20 November 2026, 14:38:20 in Seoul. */
const friday = Date.parse('2026-11-20T14:38:20+09:00');

describe('numbers', () => {
  it.each([
    [0, '0', '0'],
    [1012, '1,012', '1,012'],
    [9999, '9,999', '9,999'],
    [430_000, '43만', '430 k'],
    [2_100_000, '210만', '2.1 M'],
    [1.23e9, '12.3억', '1.23 G'],
  ])('counts %d', (value, korean, english) => {
    expect([ko.compact(value), en.compact(value)]).toEqual([korean, english]);
  });

  it.each([
    [0, '0 %'],
    [0.074, '7.4 %'],
    [0.0004, '< 0.1 %'],
    [0.004, '0.4 %'],
    [0.998, '99.8 %'],
    [0.9999, '> 99.9 %'],
    [0.71, '71 %'],
    [1, '100 %'],
    [null, '–'],
    [Number.NaN, '–'],
  ])('writes the ratio %s as a percentage', (ratio, want) => {
    expect([ko.percent(ratio), en.percent(ratio)]).toEqual([want, want]);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999.6, '1 KB'],
    [18_400, '18.4 KB'],
    [412e9, '412 GB'],
  ])('writes %d bytes in decimal units', (value, want) => expect(ko.bytes(value)).toBe(want));

  it('labels memory as binary', () => expect(en.memory(32 * 1024 ** 3)).toBe('32 GiB'));

  it.each([
    [0.42, '1', '42 %', '42 %'],
    [1500, 'By/s', '1.5 KB/s', '1.5 KB/s'],
    [3.04, 's', '3.04초', '3.04 s'],
    [12.5, '{fault}/s', '12.5/s', '12.5/s'],
    [3, '{thread}', '3개', '3 threads'],
    [1, '{session}', '1개', '1 session'],
    [12, '{request}', '12건', '12 requests'],
    [null, '1', '–', '–'],
  ])('writes %s %s with its unit', (value, unit, korean, english) => {
    expect([ko.metric(value, unit), en.metric(value, unit)]).toEqual([korean, english]);
  });

  it('never shows four digits before a byte unit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e17, noNaN: true }), (value) => {
        expect(formatBytes(value)).toMatch(/^\d{1,3}(\.\d{1,2})? ([KMGTP]?B)$/);
      }),
    );
  });
});

describe('times', () => {
  it.each([
    [0, '0초', '0 s'],
    [0.00021, '210 µs', '210 µs'],
    [0.21, '210 ms', '210 ms'],
    [3.04, '3.04초', '3.04 s'],
  ])('writes a latency of %d s', (seconds, korean, english) => {
    expect([ko.latency(seconds), en.latency(seconds)]).toEqual([korean, english]);
  });

  it.each([
    [0, '0초', '0 s'],
    [9400, '9초', '9 s'],
    [65_000, '1분 5초', '1 min 5 s'],
    [15 * 60_000 + 20_000, '15분', '15 min'],
    [(3 * 60 + 6) * 60_000, '3시간 6분', '3 h 6 min'],
    [2 * 86_400_000, '2일', '2 d'],
  ])('writes a duration of %d ms', (lengthMs, korean, english) => {
    expect([ko.duration(lengthMs), en.duration(lengthMs)]).toEqual([korean, english]);
  });

  it.each([
    [1000, '방금', 'just now'],
    [6 * 60_000 + 40_000, '6분 전', '6 min ago'],
    [-90_000, '1분 30초 뒤', 'in 1 min 30 s'],
  ])('writes an age of %d ms', (ageMs, korean, english) => {
    expect([ko.ago(friday - ageMs, friday), en.ago(friday - ageMs, friday)]).toEqual([korean, english]);
  });

  it('writes dates and clocks in Seoul, 24 hours', () => {
    expect(ko.dateTime(friday)).toBe('11-20(금) 14:38:20');
    expect(en.dateTime(friday)).toBe('Fri 20 Nov 14:38:20');
    expect(ko.date(Date.parse('2026-12-09T00:00:00+09:00'))).toBe('12월 9일(수)');
    expect(en.date(Date.parse('2026-12-09T00:00:00+09:00'))).toBe('Wed 9 Dec');
    expect(ko.clock(Date.parse('2026-11-20T00:05:00+09:00'))).toBe('00:05');
  });

  it('names the days of a span only when there are two', () => {
    expect(ko.span(friday - 28 * 60_000, friday)).toBe('14:10–14:38');
    expect(en.span(friday - 86_400_000, friday)).toBe('Thu 19 Nov 14:38 – Fri 20 Nov 14:38');
  });
});
