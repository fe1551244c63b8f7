import { describe, expect, it } from 'vitest';
import { defaultRetention, parseRetention } from './retention.ts';

describe('parseRetention', () => {
  it('changes what is named and keeps the rest', () => {
    expect(parseRetention('block=3d, log=30d')).toEqual({
      ok: true,
      value: { ...defaultRetention, block: 3, log: 30 },
    });
    expect(parseRetention('')).toEqual({ ok: true, value: defaultRetention });
  });

  it.each([
    ['blocks=3d', 'unknown-table'],
    ['block', 'bad-duration'],
    ['block=3', 'bad-duration'],
    ['block=0d', 'bad-duration'],
    ['block=-1d', 'bad-duration'],
  ])('refuses %s', (text, reason) => {
    expect(parseRetention(text)).toMatchObject({ ok: false, reason });
  });
});
