import { expect, test } from 'vitest';
import { binDots } from './bins.ts';
import { decodeDots } from './decode-dots.ts';

const base64 = (column: ArrayBufferView) =>
  Buffer.from(column.buffer, column.byteOffset, column.byteLength).toString('base64');

const answer = {
  fromUnixMs: 1_700_000_000_000,
  services: ['service:shop-web'],
  count: 3,
  timesMs: base64(new Float32Array([0, 500, 999])),
  elapsedMs: base64(new Float32Array([0, 50, 900])),
  status: base64(new Uint16Array([200, 503, 200])),
  flags: base64(new Uint8Array([0, 1, 0])),
  service: base64(new Uint8Array([0, 0, 0])),
};

test('columns come back as they were sent', () => {
  const dots = decodeDots(answer);
  expect([...dots.endUnixMs]).toEqual([1_700_000_000_000, 1_700_000_000_500, 1_700_000_000_999]);
  expect([...dots.status]).toEqual([200, 503, 200]);
});

test('a column that is too short is refused', () => {
  expect(() => decodeDots({ ...answer, count: 4 })).toThrow(RangeError);
});

test('every dot is counted once: in its pixel, or as clipped', () => {
  const view = { fromUnixMs: answer.fromUnixMs, toUnixMs: answer.fromUnixMs + 1000, maxElapsedMs: 100 };
  const bins = binDots(decodeDots(answer), { ...view, width: 10, height: 10 });
  expect(bins.all[90]).toBe(1);
  expect(bins.all[45]).toBe(1);
  expect(bins.failed[45]).toBe(1);
  expect(bins.clipped[9]).toBe(1);
  expect([...bins.all].reduce((sum, count) => sum + count, 0)).toBe(2);
});
