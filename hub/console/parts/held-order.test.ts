import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldOrder } from './held-order.ts';

const id = (row: { id: string }): string => row.id;

describe('rows that are held', () => {
  it('keep their places, whatever the new order and new rows', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 20 });
    fc.assert(
      fc.property(ids, ids, (held, now) => {
        const { rows, waiting } = heldOrder(
          now.map((text) => ({ id: text })),
          id,
          held,
        );
        expect(rows.map(id)).toEqual(held.filter((text) => now.includes(text)));
        expect(rows.length + waiting).toBe(now.length);
      }),
    );
  });

  it('follow the sort when nothing is held', () => {
    const rows = [{ id: 'b' }, { id: 'a' }];
    expect(heldOrder(rows, id, null)).toEqual({ rows, waiting: 0 });
  });
});
