import { seriesId } from '@airis/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterRate } from './counter-rate.ts';
import { Refusals } from './refusals.ts';
import { MAX_DECLARED_METRICS, SeriesRegistry } from './series-registry.ts';

const emits = {
  gauge: { unit: '1', kind: 'gauge', about: '' },
  counter: { unit: 'By', kind: 'counter', about: '' },
} as const;

function registry(maxSeries = 100) {
  const refusals = new Refusals();
  const made = new SeriesRegistry({ resource: { 'host.name': 'h' }, refusals, maxSeries });
  return { refusals, made, writer: made.writer(emits) };
}

describe('series registry', () => {
  it('gives one index to one meaning, whatever the order of attributes', () => {
    const { made, writer } = registry();
    writer.write('gauge', 1, { a: '1', b: '2' });
    writer.write('gauge', 2, { b: '2', a: '1' });
    writer.write('gauge', 3);
    expect(made.length).toBe(2);
    expect([...made.values.subarray(0, 2)]).toEqual([2, 3]);
    expect(made.series[0]!.id).toBe(seriesId(made.series[0]!.identity));
    expect(made.takeNew()).toHaveLength(2);
    expect(made.takeNew()).toHaveLength(0);
    made.endStep();
    expect(made.values[0]).toBeNaN();
  });

  it('turns counters into an increase a second over the true time between readings', () => {
    const { made, writer } = registry();
    const readings = [
      { atMs: 0, value: 100, want: Number.NaN },
      { atMs: 1_000, value: 150, want: 50 },
      { atMs: 1_500, value: 160, want: 20 },
      { atMs: 2_500, value: 10, want: Number.NaN },
      { atMs: 4_500, value: 30, want: 10 },
    ];
    for (const { atMs, value, want } of readings) {
      made.endStep();
      writer.begin(atMs);
      writer.write('counter', value);
      expect(made.values[0]).toBe(want);
    }
  });

  it('refuses and counts what nobody declared, what is no number, and series beyond the cap', () => {
    const { made, writer, refusals } = registry(3);
    writer.write('other', 1);
    writer.write('gauge', Number.POSITIVE_INFINITY);
    writer.write('gauge', Number.NaN);
    for (let i = 0; i < 10; i++) writer.write('gauge', i, { k: String(i) });
    for (let i = 0; i < 10; i++) writer.write('gauge', i, { k: String(i) });
    writer.write('gauge', 1, { k: 'x'.repeat(600) });
    expect(made.length).toBe(3);
    expect(refusals.snapshot()).toEqual({
      'undeclared-metric': 1,
      'non-finite': 2,
      'too-many-series': 14,
      'attribute-too-long': 1,
    });
  });

  it('grows without losing values', () => {
    const { made, writer } = registry(5_000);
    for (let i = 0; i < 2_000; i++) writer.write('gauge', i, { k: String(i) });
    expect(made.series.every(({ index }) => made.values[index] === index)).toBe(true);
  });
});

describe('counterRate', () => {
  it('is never negative and never infinite', () => {
    const value = fc.double({ min: 0, max: 2 ** 53, noNaN: true });
    fc.assert(
      fc.property(value, value, fc.double({ min: -10, max: 1e7, noNaN: true }), (a, b, elapsed) => {
        const rate = counterRate(a, b, elapsed);
        expect(Number.isNaN(rate) || rate >= 0).toBe(true);
      }),
    );
  });

  it.each([
    { name: 'a 32-bit wrap', previous: 2 ** 32 - 100, current: 100, want: 200 },
    { name: 'a reset', previous: 5_000, current: 10, want: Number.NaN },
    { name: 'a reset that could not be a wrap', previous: 2 ** 31, current: 10, want: Number.NaN },
  ])('reads $name', ({ previous, current, want }) => expect(counterRate(previous, current, 1_000)).toBe(want));
});

describe('metrics declared at run time', () => {
  const orders = { unit: '{order}', kind: 'counter', about: 'orders' } as const;

  it('become series, and are told with what they are', () => {
    const { made, refusals } = registry();
    const writer = made.writer({}, 10);
    writer.write('shop.orders', 1);
    expect(refusals.snapshot()).toEqual({ 'undeclared-metric': 1 });
    expect(writer.declare('shop.orders', orders)).toBe(true);
    expect(writer.declare('shop.orders', { ...orders, about: 'said otherwise' })).toBe(true);
    writer.begin(0);
    writer.write('shop.orders', 10);
    writer.begin(1_000);
    writer.write('shop.orders', 13);
    expect(made.values[0]).toBe(3);
    expect(made.series[0]!.identity).toMatchObject({ metric: 'shop.orders', unit: '{order}', kind: 'counter' });
    expect(made.declared()).toEqual({ 'shop.orders': orders });
    expect(made.declaredCount).toBe(1);
  });

  it.each([
    { what: 'a name that the agent measures itself', metric: 'gauge', reason: 'metric-name-taken' },
    { what: 'a name of another collector', metric: 'others', reason: 'metric-name-taken' },
    { what: 'the same name as something else', metric: 'mine', reason: 'metric-changed' },
    { what: 'a name with a blank', metric: 'my orders', reason: 'bad-metric' },
    { what: 'a name that ends a line', metric: 'orders\n', reason: 'bad-metric' },
    { what: 'a name of no length', metric: '', reason: 'bad-metric' },
    { what: 'a name of objects', metric: '__proto__', reason: 'bad-metric' },
    { what: 'a unit of any length', metric: 'long', unit: 'x'.repeat(33), reason: 'bad-unit' },
  ])('are refused and counted: $what', ({ metric, unit = '{order}', reason }) => {
    const { made, refusals } = registry();
    made.writer({}, 10).declare('others', orders);
    const writer = made.writer({}, 10);
    writer.declare('mine', { ...orders, kind: 'gauge' });
    expect(writer.declare(metric, { ...orders, unit })).toBe(false);
    expect(refusals.snapshot()).toEqual({ [reason]: 1 });
    expect(Object.keys(made.declared())).toEqual(['others', 'mine']);
  });

  it('are as many as a collector may have, and as an agent may have', () => {
    const { made, refusals } = registry();
    const declareMany = (prefix: string, allowed: number) => {
      const writer = made.writer(emits, allowed);
      return Array.from({ length: 600 }, (_, i) => writer.declare(`${prefix}${i}`, orders)).filter(Boolean).length;
    };
    expect(declareMany('none', 0)).toBe(0);
    expect(declareMany('few', 20)).toBe(20);
    expect(declareMany('a', 600)).toBe(600);
    expect(declareMany('b', 600)).toBe(MAX_DECLARED_METRICS - 620);
    expect(refusals.snapshot()).toEqual({ 'too-many-metrics': 600 + 580 + 220 });
  });
});
