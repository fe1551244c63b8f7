import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { silentLog } from '../../agent/src/log.ts';
import { KeptRows } from '../../agent/src/store/kept-rows.ts';
import { SegmentStore } from '../../agent/src/store/segment-store.ts';
import { requestSpans } from '../../agent/src/traces/request-spans.ts';
import type { SpanRow } from '../../agent/src/traces/trace-span.ts';
import { MAX_TRANSACTIONS, TransactionColumns } from '../../agent/src/transactions/transaction-columns.ts';
import { printFigure } from './figure.ts';

/** Two minutes of as many requests a second as one collector takes: what is searched for one trace. */
const SECONDS = 120;
const REQUESTS = SECONDS * MAX_TRANSACTIONS;

/** What it costs to find the requests of one trace among those of a busy access log, and what it saves to keep them once. */
export async function runBench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'airis-bench-traces-'));
  try {
    using segments = new SegmentStore({
      folder,
      retentionMs: 3_600_000,
      limitBytes: () => 1e9,
      nowMs: Date.now,
      log: silentLog,
      onRefused: (reason) => {
        throw new Error(reason);
      },
    });
    const startMs = Date.now() - SECONDS * 1_000;
    let random = 1;
    const hex = (digits: number) => {
      let text = '';
      for (; text.length < digits; random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0) {
        text += random.toString(16).padStart(8, '0');
      }
      return text;
    };
    let wanted = '';
    const keeping = cpuSeconds(() => {
      for (let second = 0; second < SECONDS; second++) {
        const columns = new TransactionColumns();
        for (let i = 0; i < MAX_TRANSACTIONS; i++) {
          const traceId = hex(32);
          if (second === 60 && i === 5) wanted = traceId;
          const endMs = startMs + second * 1_000 + i / 5;
          columns.add(endMs, 5 + (i % 90), 200, '', `GET /r${i % 40}/{}`, traceId, '', hex(16), '10.0.0.7:8080', 3);
        }
        const taken = columns.take('service:web');
        if (taken !== null) segments.append('transaction', taken);
      }
    });
    const keptBytes = segments.bytes;
    const frames = () => segments.frames('transaction', startMs, Date.now());
    const found: SpanRow[] = [];
    let longestTurnMs = 0;
    const asking = cpuSeconds(() => {
      for (const frame of frames()) {
        const before = performance.now();
        found.push(...requestSpans(frame, wanted, new Set(), Date.now()));
        longestTurnMs = Math.max(longestTurnMs, performance.now() - before);
      }
    });
    if (found.length !== 2) throw new Error(`${found.length} spans were found of 2`);
    const unpacking = cpuSeconds(() => {
      for (const { payload } of frames()) zstdDecompressSync(payload);
    });
    const asSpans = cpuSeconds(() => keepAsSpans(segments, startMs, hex));
    printFigure({
      figure: 'traces.ask_seconds',
      value: asking,
      unit: 'CPU-s',
      reference: `zstd alone over the same ${REQUESTS} requests`,
      referenceValue: unpacking,
    });
    printFigure({
      figure: 'traces.kept_bytes_per_request',
      value: keptBytes / REQUESTS,
      unit: 'By',
      reference: 'what the same requests take as spans besides',
      referenceValue: (segments.bytes - keptBytes) / REQUESTS,
    });
    printFigure({
      figure: 'traces.kept_microseconds_per_request',
      value: (keeping / REQUESTS) * 1e6,
      unit: 'us',
      reference: 'what it costs to keep the same requests as spans besides',
      referenceValue: (asSpans / REQUESTS) * 1e6,
    });
    process.stderr.write(`longest turn ${longestTurnMs.toFixed(1)} ms\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A server's and a client's span of each, the way spans of programs are kept. */
function keepAsSpans(segments: SegmentStore, startMs: number, hex: (digits: number) => string): void {
  const kept = new KeptRows<SpanRow>(segments, 'span', silentLog);
  for (let i = 0; i < REQUESTS; i++) {
    const endMs = startMs + i / 5;
    const [traceId, own, parent] = [hex(32), hex(16), hex(16)];
    const route = `GET /r${i % 40}/{}`;
    kept.add([endMs, 5 + (i % 90), 2, 0, 'service:web', route, traceId, own, parent, '']);
    kept.add([endMs, 3, 3, 0, 'service:web', route, traceId, hex(16), own, '10.0.0.7:8080']);
    if (i % MAX_TRANSACTIONS === 0) kept.step(endMs);
  }
  kept.flush();
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
