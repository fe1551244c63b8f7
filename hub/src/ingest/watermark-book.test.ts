import type { BatchId } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { WatermarkBook } from './watermark-book.ts';

const epoch = (letter: string) => letter.repeat(32);
const id = (seq: number, of = 'a'): BatchId => ({ agent: 'web-1', epoch: epoch(of), class: 'data', seq });

describe('WatermarkBook', () => {
  it('tells new, repeated and conflicting batches apart, also after a restart', () => {
    const book = new WatermarkBook([]);
    expect(book.arrive(1, id(1), 11, 0)).toBe('new');
    expect(book.arrive(1, id(2), 12, 0)).toBe('new');
    expect(book.arrive(1, id(2), 12, 0)).toBe('duplicate');
    expect(book.arrive(1, id(2), 99, 0)).toBe('conflict');
    const again = new WatermarkBook(book.snapshot());
    expect(again.arrive(1, id(2), 12, 0)).toBe('duplicate');
    expect(again.arrive(1, id(1), 99, 0)).toBe('conflict');
    expect(again.arrive(2, id(1), 99, 0)).toBe('new');
  });

  it('promises in receipts only what is on disk', () => {
    const book = new WatermarkBook([]);
    for (const seq of [1, 2, 4]) book.arrive(1, id(seq), seq, 0);
    const records = book.snapshot();
    expect(book.receipts(1, epoch('a'))).toEqual([{ epoch: epoch('a'), class: 'data', upTo: 0 }]);
    book.stored(records);
    expect(book.receipts(1, epoch('a'))).toEqual([{ epoch: epoch('a'), class: 'data', upTo: 2 }]);
    expect(book.snapshot()).toEqual([]);
  });

  it('takes a tombstone for what is missing of its range', () => {
    const book = new WatermarkBook([]);
    book.arrive(1, id(3), 3, 0);
    expect(book.skip(1, id(5), 1, 0)).toBe(4);
    expect(book.skip(1, id(5), 1, 0)).toBe(0);
    expect(book.arrive(1, id(5), 77, 0)).toBe('duplicate');
    expect(book.arrive(1, id(6), 6, 0)).toBe('new');
  });

  it.each([
    { name: 'a new spool after the old one', turns: ['a', 'a', 'b', 'b'], want: [false, false, false, false] },
    { name: 'two that take turns', turns: ['a', 'b', 'a', 'b', 'a'], want: [false, false, true, false, true] },
  ])('judges $name', ({ turns, want }) => {
    const book = new WatermarkBook([]);
    expect(turns.map((of, i) => book.isTakingTurns(1, id(i + 1, of), i * 10_000))).toEqual(want);
  });

  it('takes an old message of the old spool, delivered late, for no clone', () => {
    const book = new WatermarkBook([]);
    expect(book.isTakingTurns(1, id(1, 'a'), 0)).toBe(false);
    expect(book.isTakingTurns(1, id(1, 'b'), 10_000)).toBe(false);
    expect(book.isTakingTurns(1, id(2, 'a'), 5_000)).toBe(false);
    expect(book.isTakingTurns(1, id(3, 'a'), 600_000)).toBe(false);
  });

  it('forgets the oldest epochs of an agent that makes them up, and of no other agent', () => {
    const book = new WatermarkBook([]);
    const made = (n: number): BatchId => ({ ...id(1), epoch: n.toString(16).padStart(32, '0') });
    book.arrive(2, made(0), 7, 0);
    for (let n = 0; n < 200; n += 1) {
      book.arrive(1, made(n), 7, n);
      book.stored(book.snapshot());
    }
    const remembered = Array.from({ length: 200 }, (_, n) => book.receipts(1, made(n).epoch)[0]?.upTo ?? 0);
    expect(remembered.reduce((sum, upTo) => sum + upTo, 0)).toBe(64);
    expect(remembered.slice(-64).every((upTo) => upTo === 1)).toBe(true);
    expect(book.receipts(2, made(0).epoch)).toEqual([{ epoch: made(0).epoch, class: 'data', upTo: 1 }]);
  });
});
