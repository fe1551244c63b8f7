import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Attributes,
  canonicalAttributes,
  MAX_ATTRIBUTE_KEY_LENGTH,
  MAX_ATTRIBUTE_VALUE_LENGTH,
  MAX_ATTRIBUTES_PER_SERIES,
} from '@airis/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Collector } from './collector.ts';
import { createHost, type Host } from './host.ts';
import { collectors } from './index.ts';

const captured = join(import.meta.dirname, '../../testdata/debian12');
/** May be below 0. */
const signed = new Set(['hw.temperature', 'airis.clock.offset']);
const space = { totalBytes: 1000, freeBytes: 500, availableBytes: 400, inodes: 100, inodesFree: 60 };

interface Written {
  readonly metric: string;
  readonly value: number;
  readonly attributes: Attributes;
}

async function readOnce(collector: Collector, host: Host): Promise<Written[]> {
  const written: Written[] = [];
  await collector.collect(host, {
    write: (metric, value, attributes = {}) => written.push({ metric, value, attributes }),
  });
  return written;
}

const seriesOf = (written: readonly Written[]) =>
  written.map((w) => `${w.metric} ${canonicalAttributes(w.attributes)}`);

describe.each(collectors.map((definition) => ({ name: definition.name, definition })))(
  'collector $name',
  ({ definition }) => {
    const capturedHost = (nowMs = 1_000): Host => ({ ...createHost(captured, () => nowMs), statfs: async () => space });

    it('writes only what it declares, finite, each series once', async () => {
      const collector = definition.create(undefined);
      if (!(await collector.applies(capturedHost()))) return;
      for (const nowMs of [1_000, 2_000, 20_000]) {
        const written = await readOnce(collector, capturedHost(nowMs));
        for (const { metric, value, attributes } of written) {
          expect(collector.emits, metric).toHaveProperty([metric]);
          expect(Number.isFinite(value), `${metric} is ${value}`).toBe(true);
          expect(Object.keys(attributes).length).toBeLessThanOrEqual(MAX_ATTRIBUTES_PER_SERIES);
          for (const [key, text] of Object.entries(attributes)) {
            expect(key.length).toBeLessThanOrEqual(MAX_ATTRIBUTE_KEY_LENGTH);
            expect(text.length).toBeLessThanOrEqual(MAX_ATTRIBUTE_VALUE_LENGTH);
          }
        }
        const series = seriesOf(written);
        expect(new Set(series).size).toBe(series.length);
      }
      await collector.close?.();
    });

    it('says what each metric is', () => {
      for (const info of Object.values(definition.create(undefined).emits)) {
        expect(info.unit).toMatch(/^(?:1|s|By|By\/s|Cel|\{[a-z_]+\})$/);
        expect(info.about.length).toBeGreaterThan(5);
        expect(info.about.length).toBeLessThanOrEqual(300);
      }
    });

    it('does nothing worse than fail on a machine that has none of its files', async () => {
      const empty = await mkdtemp(join(tmpdir(), 'h-collectors-'));
      try {
        const collector = definition.create(undefined);
        const host: Host = { ...createHost(empty), statfs: async () => space };
        expect(await collector.applies(host)).toBeTypeOf('boolean');
        const written = await readOnce(collector, host).catch(() => []);
        for (const { value } of written) expect(Number.isFinite(value)).toBe(true);
      } finally {
        await rm(empty, { recursive: true });
      }
    });

    it('survives reads torn anywhere, and never writes what is not a number', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 }),
          async (cuts) => {
            const collector = definition.create(undefined);
            let read = 0;
            const cut = (length: number) => Math.floor(length * cuts[read++ % cuts.length]!);
            const whole = capturedHost();
            const torn: Host = {
              ...whole,
              readText: async (path) => {
                const text = await whole.readText(path);
                return text.slice(0, cut(text.length));
              },
              tryReadText: async (path) => {
                const text = await whole.tryReadText(path);
                return text === null ? null : text.slice(0, cut(text.length));
              },
              readInto: (path, buffer) => cut(whole.readInto(path, buffer)),
            };
            for (const host of [whole, torn, torn]) {
              for (const { value } of await readOnce(collector, host)) expect(Number.isFinite(value)).toBe(true);
            }
            await collector.close?.();
          },
        ),
        { numRuns: 60 },
      );
    });

    it.skipIf(process.platform !== 'linux')('reads this very machine', async () => {
      const host = createHost();
      const collector = definition.create(undefined);
      if (!(await collector.applies(host))) return;
      const first = await readOnce(collector, host);
      const second = await readOnce(collector, host);
      for (const { metric, value } of [...first, ...second]) {
        expect(Number.isFinite(value), metric).toBe(true);
        if (collector.emits[metric]?.unit === '1') expect(value, metric).toBeLessThanOrEqual(1);
        if (!signed.has(metric)) expect(value, metric).toBeGreaterThanOrEqual(0);
      }
      await collector.close?.();
    });
  },
);
