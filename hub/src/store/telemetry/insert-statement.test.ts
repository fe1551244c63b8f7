import { describe, expect, it } from 'vitest';
import { parseInsertStatement } from './insert-statement.ts';

describe('parseInsertStatement', () => {
  it.each([
    ['INSERT INTO block FORMAT ArrowStream', { table: 'block', columns: null, format: 'ArrowStream' }],
    [
      'insert into `a b`.t (x, `y`) format JSONEachRow ;',
      { table: '`a b`.t', columns: ['x', '`y`'], format: 'JSONEachRow' },
    ],
    ['INSERT INTO block SELECT 1', null],
    ["INSERT INTO block FORMAT Values ('x')", null],
    ['SELECT 1 FORMAT JSON', null],
  ])('reads %s', (sql, want) => expect(parseInsertStatement(sql)).toEqual(want));
});
