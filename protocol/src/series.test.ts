import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openStream } from './arrow/open.ts';
import { signals } from './arrow/signal.ts';
import { MAX_ATTRIBUTE_VALUE_LENGTH, MAX_ATTRIBUTES_PER_SERIES } from './limits.ts';
import { checkSeriesIdentity, checkSeriesRow, type SeriesRow, seriesBatch, seriesRows } from './series.ts';
import { canonicalAttributes, type SeriesIdentity, seriesId } from './series-id.ts';

const key = fc
  .oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), fc.constantFrom('9a', '9', '10', 'a'))
  .filter((text) => text !== '__proto__');
const attributes = fc.dictionary(key, fc.string({ unit: 'grapheme' }), {
  maxKeys: 5,
  noNullPrototype: true,
});
const identity: fc.Arbitrary<SeriesIdentity> = fc.record({
  metric: fc.constantFrom('system.cpu.utilization', 'nginx.requests', 'a'),
  kind: fc.constantFrom('gauge' as const, 'counter' as const),
  unit: fc.constantFrom('1', 'By', '{request}', ''),
  resource: attributes,
  attributes,
});

const cpu: SeriesIdentity = {
  metric: 'system.cpu.utilization',
  kind: 'gauge',
  unit: '1',
  resource: { 'host.name': 'web-1' },
  attributes: { 'cpu.mode': 'user', 'cpu.logical_number': '0' },
};
const row: SeriesRow = {
  seriesId: seriesId(cpu),
  metric: cpu.metric,
  kind: cpu.kind,
  unit: cpu.unit,
  resource: canonicalAttributes(cpu.resource),
  attributes: canonicalAttributes(cpu.attributes),
};

describe('an announcement', () => {
  it('comes back as the series that were announced', () => {
    fc.assert(
      fc.property(fc.array(identity, { minLength: 1, maxLength: 8 }), (identities) => {
        const opened = openStream(signals.series, seriesBatch(identities), Date.now());
        if (!opened.ok) throw new Error(opened.detail);
        const series = [...seriesRows(opened.value)].map(checkSeriesRow);
        expect(series).toEqual(identities.map((one) => ({ ok: true, value: { id: seriesId(one), ...one } })));
      }),
    );
  });

  it('does not depend on the order of attributes', () => {
    const turned = { 'cpu.logical_number': '0', 'cpu.mode': 'user' };
    expect(seriesId({ ...cpu, attributes: turned })).toBe(seriesId(cpu));
  });

  it('keeps the id of a series for good', () => {
    // What the store holds refers to it: a change of this number is a change of the wire.
    expect(seriesId(cpu)).toBe(2_168_187_755_164_082_018n);
  });
});

describe('checkSeriesRow', () => {
  it.each<{ name: string; change: Partial<SeriesRow>; want: string }>([
    { name: 'another id', change: { seriesId: row.seriesId + 1n }, want: 'wrong-id' },
    { name: 'the id of another unit', change: { unit: 'By' }, want: 'wrong-id' },
    { name: 'a kind that is none', change: { kind: 'histogram' }, want: 'bad-kind' },
    { name: 'an empty metric', change: { metric: '' }, want: 'bad-metric' },
    { name: 'a metric with a NUL', change: { metric: 'a\u0000gauge' }, want: 'bad-metric' },
    { name: 'a long unit', change: { unit: 'x'.repeat(33) }, want: 'bad-unit' },
    {
      name: 'attributes in another order',
      change: { attributes: '{"cpu.mode":"user","cpu.logical_number":"0"}' },
      want: 'bad-attributes',
    },
    { name: 'attributes with spaces', change: { resource: '{"host.name": "web-1"}' }, want: 'bad-attributes' },
    { name: 'an attribute that is a number', change: { attributes: '{"a":1}' }, want: 'bad-attributes' },
    { name: 'a list', change: { attributes: '[]' }, want: 'bad-attributes' },
    { name: 'a prototype', change: { attributes: '{"__proto__":{"a":"b"}}' }, want: 'bad-attributes' },
    { name: 'no JSON', change: { attributes: '{' }, want: 'bad-attributes' },
    {
      name: 'a long value',
      change: { attributes: JSON.stringify({ a: 'x'.repeat(MAX_ATTRIBUTE_VALUE_LENGTH + 1) }) },
      want: 'attribute-too-long',
    },
    { name: 'an empty key', change: { attributes: '{"":"a"}' }, want: 'attribute-too-long' },
    {
      name: 'many attributes',
      change: { attributes: many(MAX_ATTRIBUTES_PER_SERIES + 1) },
      want: 'too-many-attributes',
    },
    { name: 'as many as there may be', change: { attributes: many(MAX_ATTRIBUTES_PER_SERIES) }, want: 'wrong-id' },
    { name: 'a megabyte', change: { attributes: JSON.stringify({ a: 'x'.repeat(1e6) }) }, want: 'bad-attributes' },
  ])('answers $want for $name', ({ change, want }) => {
    expect(checkSeriesRow({ ...row, ...change })).toMatchObject({ ok: false, reason: want });
  });

  it('agrees with what the sender checks', () => {
    expect(checkSeriesRow(row).ok && checkSeriesIdentity(cpu).ok).toBe(true);
    expect(checkSeriesIdentity({ ...cpu, metric: '' })).toMatchObject({ ok: false, reason: 'bad-metric' });
    const prototype: unknown = JSON.parse('{"__proto__":"x"}');
    expect(checkSeriesIdentity({ ...cpu, attributes: prototype as SeriesIdentity['attributes'] }).ok).toBe(false);
  });
});

/** Canonical JSON of that many attributes. */
function many(count: number): string {
  return canonicalAttributes(Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, 'x'])));
}
