import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arbitraryRows, columnsOf, type Row } from './arbitrary-batch.ts';
import type { ColumnType } from './column.ts';
import { compressBatch, encodeBatch } from './encode.ts';
import { joinBatches } from './join.ts';
import { openBatch } from './open.ts';
import { type Signal, signals } from './signal.ts';
import { storedColumns } from './signal-schema.ts';

const nowMs = 1_795_300_000_000;

const storedAs: Readonly<Record<ColumnType, string>> = {
  uint8: 'UInt8',
  uint32: 'UInt32',
  uint64: 'UInt64',
  float64: 'Float64',
  timestampMs: "DateTime64(3, 'UTC')",
  utf8: 'String',
  listFloat64: 'Array(Float64)',
};

/** A joined stream as the telemetry store loads it. */
describe('the embedded ClickHouse', () => {
  const folder = mkdtempSync(join(tmpdir(), 'airis-join-'));
  let session: Session;
  beforeAll(() => {
    session = new Session(join(folder, 'db'));
  });
  afterAll(() => {
    session.cleanup();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(Object.values(signals))('loads joined $name batches and gives every value back', (signal) => {
    const file = join(folder, `${signal.name}.arrows`);
    const batches = fc.sample(arbitraryRows(signal, nowMs), { numRuns: 20, seed: 3 });
    writeFileSync(
      file,
      joinBatches(
        signal,
        batches.map((rows, i) => opened(signal, rows, i + 1)),
      ),
    );

    const columns = storedColumns(signal);
    const table = `airis_${signal.name}`;
    const declared = columns.map(({ name, type }) => `\`${name}\` ${storedAs[type]}`).join(', ');
    const names = columns.map(({ name }) => `\`${name}\``).join(', ');
    session.query(`CREATE TABLE ${table} (${declared}) ENGINE = MergeTree ORDER BY agent`);
    session.query(`INSERT INTO ${table} (${names}) SELECT ${names} FROM file('${file}', ArrowStream)`);

    const read = columns.map(({ name, type }) => readable(name, type)).join(', ');
    const text = session.query(`SELECT ${read} FROM ${table}`, 'JSONCompactEachRow');
    const rows = text
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const wanted = batches.flatMap((batch, i) =>
      batch.map((row) => [...row, i + 1, BigInt(nowMs + i + 1)].map((cell, c) => asStored(cell, columns[c]!.type))),
    );
    expect(sorted(rows)).toEqual(sorted(wanted));
  });

  it('has the types of the wire', () => {
    const file = join(folder, 'block.arrows');
    const described = session.query(`DESCRIBE file('${file}', ArrowStream)`, 'JSONCompactEachRow');
    const types = described
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as string[]).slice(0, 2));
    expect(types).toEqual(storedColumns(signals.block).map(({ name, type }) => [name, storedAs[type]]));
  });
});

function opened(signal: Signal, rows: readonly Row[], agent: number) {
  const stream = encodeBatch(signal, columnsOf(signal, rows), rows.length);
  const batch = openBatch(signal, compressBatch(stream), nowMs);
  if (!batch.ok) throw new Error(batch.detail);
  return { batch: batch.value, agent, receivedAtMs: nowMs + agent };
}

/** Numbers of 64 bits as their bits in text, so that JSON rounds none of them. */
function readable(name: string, type: ColumnType): string {
  if (type === 'float64') return `toString(reinterpretAsUInt64(\`${name}\`))`;
  if (type === 'listFloat64') return `arrayMap(x -> toString(reinterpretAsUInt64(x)), \`${name}\`)`;
  if (type === 'timestampMs') return `toString(toUnixTimestamp64Milli(\`${name}\`))`;
  if (type === 'uint64') return `toString(\`${name}\`)`;
  return `\`${name}\``;
}

function asStored(cell: Row[number], type: ColumnType): unknown {
  if (typeof cell === 'object') return cell.map(bitsOf);
  if (typeof cell === 'number' && type === 'float64') return bitsOf(cell);
  return typeof cell === 'bigint' ? String(cell) : cell;
}

const bitsOf = (value: number): string => String(new BigUint64Array(Float64Array.of(value).buffer)[0]);

/** Rows of one agent have no order in the store. */
const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
