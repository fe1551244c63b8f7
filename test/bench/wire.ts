import { zstdDecompressSync } from 'node:zlib';
import { compressBatch, encodeBatch, joinBatches, listColumn, openBatch, signals } from '@airis/protocol';
import { tableFromIPC, tableToIPC } from 'apache-arrow';
import { printFigure } from './figure.ts';

const ROWS = 300;
const BATCHES = 200;

/** What the wire costs for a host's ten-second summary of 300 series: encoded, opened and checked, 200 of them joined. */
export async function runBench(): Promise<void> {
  const nowMs = Date.now();
  const values = () => listColumn(Array.from({ length: ROWS }, () => [Math.round(Math.random() * 1e4) / 100]));
  const columns = [
    BigUint64Array.from({ length: ROWS }, (_, i) => BigInt(i) * 0x9e3779b97f4a7c1n),
    new BigInt64Array(ROWS).fill(BigInt(nowMs)),
    new Uint32Array(ROWS).fill(10_000),
    values(),
    values(),
    values(),
  ];
  const stream = encodeBatch(signals.block, columns, ROWS);
  const compressed = compressBatch(stream);
  const opened = openBatch(signals.block, compressed, nowMs);
  if (!opened.ok) throw new Error(opened.detail);
  const batch = opened.value;
  const batches = Array.from({ length: BATCHES }, (_, i) => ({ batch, agent: i + 1, receivedAtMs: nowMs }));
  const table = tableFromIPC(stream);

  printFigure({
    figure: 'wire.encode_us',
    value: medianUs(() => encodeBatch(signals.block, columns, ROWS)),
    unit: 'us',
    reference: 'apache-arrow tableToIPC',
    referenceValue: medianUs(() => tableToIPC(table, 'stream')),
  });
  printFigure({
    figure: 'wire.open_us',
    value: medianUs(() => openBatch(signals.block, compressed, nowMs)),
    unit: 'us',
    reference: 'apache-arrow tableFromIPC, unchecked',
    referenceValue: medianUs(() => tableFromIPC(zstdDecompressSync(compressed))),
  });
  printFigure({
    figure: 'wire.join_200_us',
    value: medianUs(() => joinBatches(signals.block, batches), 200),
    unit: 'us',
    reference: 'copy of the bodies',
    referenceValue: medianUs(() => Buffer.concat(batches.map((item) => item.batch.body)), 200),
  });
}

/** Microseconds a call takes; as many calls again before it to warm up. */
function medianUs(call: () => unknown, calls = 2000): number {
  const times = Float64Array.from({ length: 2 * calls }, () => {
    const start = performance.now();
    call();
    return (performance.now() - start) * 1000;
  });
  return times.subarray(calls).sort()[calls >> 1]!;
}
