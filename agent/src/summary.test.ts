import { openBatch, signals } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { BlockBatch } from './block-batch.ts';
import { Refusals } from './refusals.ts';
import { SeriesRegistry } from './series-registry.ts';
import { Summary } from './summary.ts';

const t0 = 1_800_000_000_000;

function registryOf(count: number): SeriesRegistry {
  const registry = new SeriesRegistry({ resource: {}, refusals: new Refusals() });
  const writer = registry.writer({ m: { unit: '1', kind: 'gauge', about: '' } });
  for (let i = 0; i < count; i++) writer.write('m', i, { i: String(i) });
  return registry;
}

describe('summary', () => {
  it('gives mean, least and greatest of ten aligned seconds, and no row for a silent series', () => {
    const { series } = registryOf(3);
    const summary = new Summary();
    for (let second = 3; second < 10; second++) {
      expect(summary.isOver(t0 + second * 1_000)).toBe(false);
      summary.add(t0 + second * 1_000, Float64Array.of(second, Number.NaN, -1), 3);
    }
    expect(summary.isOver(t0 + 10_000)).toBe(true);
    const batch = new BlockBatch();
    summary.drain(series, batch);
    const encoded = batch.take()!;
    const opened = openBatch(signals.block, encoded.payload, t0);
    if (!opened.ok) throw new Error(opened.detail);
    const { value } = opened;
    expect([...value.column('seriesId', 'uint64')]).toEqual([series[0]!.id, series[2]!.id]);
    expect([...value.column('t0', 'timestampMs')]).toEqual([BigInt(t0), BigInt(t0)]);
    expect([...value.column('mean', 'listFloat64').values]).toEqual([6, -1]);
    expect([...value.column('min', 'listFloat64').values]).toEqual([3, -1]);
    expect([...value.column('max', 'listFloat64').values]).toEqual([9, -1]);
    expect(encoded).toMatchObject({ rows: 2, fromUnixMs: t0, toUnixMs: t0 + 10_000 });
    expect(batch.take()).toBeNull();
  });

  it('carries blocks of values beside summaries, whatever their number', () => {
    const { series } = registryOf(700);
    const batch = new BlockBatch();
    for (const { id, index } of series) {
      if (index % 2 === 0) batch.addSummary(id, t0, 10_000, index, index, index);
      else batch.addValues(id, t0, 1_000, Float64Array.of(index, Number.NaN, index));
    }
    const opened = openBatch(signals.block, batch.take()!.payload, t0);
    if (!opened.ok) throw new Error(opened.detail);
    const mean = opened.value.column('mean', 'listFloat64');
    const min = opened.value.column('min', 'listFloat64');
    for (const { index } of series) {
      const length = mean.offsets[index + 1]! - mean.offsets[index]!;
      expect(length).toBe(index % 2 === 0 ? 1 : 3);
      expect(mean.values[mean.offsets[index]!]).toBe(index);
      expect(min.offsets[index + 1]! - min.offsets[index]!).toBe(index % 2 === 0 ? 1 : 0);
    }
  });
});
