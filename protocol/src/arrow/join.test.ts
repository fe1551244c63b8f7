import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryRows, columnsOf } from './arbitrary-batch.ts';
import { encodeBatch } from './encode.ts';
import { joinBatches } from './join.ts';
import { openStream } from './open.ts';
import { readWithReference } from './reference-reader.ts';
import { hubColumns, signals } from './signal.ts';

const nowMs = 1_795_300_000_000;

describe.each(Object.values(signals))('joined $name', (signal) => {
  it('has the rows of all batches in order, each with its agent and time', () => {
    const item = fc.record({
      rows: arbitraryRows(signal, nowMs),
      agent: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      receivedAtMs: fc.integer({ min: 0, max: nowMs }),
    });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 6 }), (items) => {
        const batches = items.map(({ rows, agent, receivedAtMs }) => {
          const opened = openStream(signal, encodeBatch(signal, columnsOf(signal, rows), rows.length), nowMs);
          if (!opened.ok) throw new Error(opened.detail);
          return { batch: opened.value, agent, receivedAtMs };
        });
        const read = readWithReference(joinBatches(signal, batches));
        expect(read.names).toEqual([...signal.columns, ...hubColumns].map((column) => column.name));
        expect(read.rows).toEqual(
          items.flatMap(({ rows, agent, receivedAtMs }) => rows.map((row) => [...row, agent, BigInt(receivedAtMs)])),
        );
      }),
    );
  });
});

it('gives one stream without rows for no batches', () => {
  expect(readWithReference(joinBatches(signals.block, [])).rows).toEqual([]);
});

it('takes a batch of another signal for a bug', () => {
  const stream = encodeBatch(signals.point, columnsOf(signals.point, [[1n, BigInt(nowMs), 1]]), 1);
  const opened = openStream(signals.point, stream, nowMs);
  if (!opened.ok) throw new Error(opened.detail);
  expect(() => joinBatches(signals.block, [{ batch: opened.value, agent: 1, receivedAtMs: nowMs }])).toThrow('point');
});
