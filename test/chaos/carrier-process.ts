import { join } from 'node:path';
import { compressBatch, encodeBatch, listColumn, PROTOCOL_VERSION, signals } from '@airis/protocol';
import { readIdentity } from '../../agent/src/identity.ts';
import { HubLink } from '../../agent/src/link/hub-link.ts';
import { silentLog } from '../../agent/src/log.ts';
import { Spool } from '../../agent/src/store/spool.ts';
import { priorities, type SpoolItem } from '../../agent/src/store/spool-item.ts';
import { type CarrierReport, ROWS_PER_LABEL } from './carrier.ts';

/** `carrier-process.ts INDEX AGENT_FOLDER SPOOL_FOLDER LIMIT_BYTES`: see Carrier. Labels come by message, reports go back. */
const [indexWord = '', folder = '', spoolFolder = '', limitWord = ''] = process.argv.slice(2);
const seriesBase = (BigInt(indexWord) + 1n) << 32n;
const identity = readIdentity(folder);
if (identity === null) throw new Error(`${folder} holds no identity`);

const spool = new Spool({
  path: join(spoolFolder, 'spool.sqlite'),
  limitBytes: Number(limitWord),
  syncEveryMs: 50,
  nowMs: Date.now,
  log: silentLog,
});
const link = new HubLink({
  identity,
  spool,
  nowMs: Date.now,
  random: Math.random,
  log: silentLog,
  onDesired: () => undefined,
  onNudge: () => undefined,
  onAsk: () => undefined,
  actual: () => ({
    schema: 1,
    agentVersion: 'carrier',
    protocolVersion: PROTOCOL_VERSION,
    revisionApplied: 0,
    refused: [],
    inventoryDigest: '',
    emits: {},
  }),
  timing: { receiptOverdueMs: 3_000 },
});

/** Labels appended and not committed; committed and not reported; and where each commit ended in the sequence. */
let waiting: number[] = [];
let spooled: number[] = [];
let commits: { readonly epoch: string; readonly seq: number; readonly label: number }[] = [];
let receiptedLabel = 0;

spool.onCommit(() => {
  const label = waiting.at(-1);
  if (label !== undefined) commits.push({ epoch: spool.epoch, seq: spool.highest.data, label });
  spooled.push(...waiting);
  waiting = [];
});
process.on('message', (label: number) => {
  waiting.push(label);
  spool.append(batchOf(label));
});
process.on('disconnect', () => process.exit(1));
process.on('SIGTERM', () => {
  void link[Symbol.asyncDispose]().then(() => {
    spool[Symbol.dispose]();
    process.exit(0);
  });
});
setInterval(report, 100);
report();
link.start();

function report(): void {
  const { data: highest } = spool.highest;
  const { data: receipted } = spool.receiptedUpTo;
  const done = commits.filter(({ epoch, seq }) => epoch !== spool.epoch || seq <= receipted);
  commits = commits.filter((commit) => !done.includes(commit));
  receiptedLabel = Math.max(
    receiptedLabel,
    ...done.filter(({ epoch }) => epoch === spool.epoch).map(({ label }) => label),
  );
  const losses = Object.values(spool.health().lossRowsByReason);
  const message: CarrierReport = {
    spooled,
    receiptedLabel,
    heldBatches: highest - receipted + waiting.length,
    evictedRows: losses.reduce((sum, rows) => sum + rows, 0),
  };
  spooled = [];
  process.send?.(message);
}

function batchOf(label: number): SpoolItem {
  const now = Date.now();
  const ids = BigUint64Array.from({ length: ROWS_PER_LABEL }, (_, row) => seriesBase + BigInt(row));
  const times = new BigInt64Array(ROWS_PER_LABEL).fill(BigInt(now));
  const steps = new Uint32Array(ROWS_PER_LABEL).fill(1000);
  const mean = listColumn(Array.from({ length: ROWS_PER_LABEL }, () => [label]));
  const none = listColumn(Array.from({ length: ROWS_PER_LABEL }, () => []));
  return {
    class: 'data',
    kind: 'block',
    schema: `block/${signals.block.version}`,
    priority: priorities.summary,
    rows: ROWS_PER_LABEL,
    fromUnixMs: now,
    toUnixMs: now,
    payload: compressBatch(encodeBatch(signals.block, [ids, times, steps, mean, none, none], ROWS_PER_LABEL)),
  };
}
