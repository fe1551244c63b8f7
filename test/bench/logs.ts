import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createHost } from '../../agent/src/collectors/host.ts';
import { Gate } from '../../agent/src/gate/gate.ts';
import { openFloor } from '../../agent/src/gate/log-rules.ts';
import { silentLog } from '../../agent/src/log.ts';
import { createLogFindings } from '../../agent/src/log-findings.ts';
import { LogPath } from '../../agent/src/log-path.ts';
import { createLogReceivers, receiversConfig } from '../../agent/src/receivers/index.ts';
import { Refusals } from '../../agent/src/refusals.ts';
import { KeptRows } from '../../agent/src/store/kept-rows.ts';
import type { LogRow } from '../../agent/src/store/log-row.ts';
import { PositionFile } from '../../agent/src/store/position-file.ts';
import { SegmentStore } from '../../agent/src/store/segment-store.ts';
import { Spool } from '../../agent/src/store/spool.ts';
import { TemplateFile } from '../../agent/src/store/template-file.ts';
import { TemplateMiner } from '../../models/src/templates/template-miner.ts';
import { printFigure } from './figure.ts';

const LINES = 200_000;
/** Polls without anything new after which the file counts as read. */
const IDLE_POLLS = 2;

/** Lines of a WAS's log, an access log and a batch, in Korean and English; a line in fifty warns. */
function lineAt(i: number, atMs: number): string {
  const at = new Date(atMs + i).toISOString();
  switch (i % 5) {
    case 0:
      return `${at} INFO  [http-nio-8080-exec-${i % 200}] c.shop.OrderService - order ${100_000 + i} accepted for member ${i % 7_919} in ${i % 317} ms`;
    case 1:
      return `10.20.${i % 250}.${i % 199} - - [${at}] "GET /api/orders/${i}/items?page=${i % 9} HTTP/1.1" 200 ${i % 90_000} "-" "Mozilla/5.0" ${(i % 900) / 1_000}`;
    case 2:
      return `${at} INFO  [batch-${i % 8}] 월말 정산 처리: 회원번호=${1_000_000 + i} 금액=${(i * 37) % 9_999_999}원 처리시간=${i % 53}ms`;
    case 3:
      return `${at} DEBUG [pool-${i % 16}] c.shop.dao.StockDao - select stock where item_id=${i % 10_000} rows=${i % 40}`;
    default:
      return i % 50 === 4
        ? `${at} WARN  [http-nio-8080-exec-${i % 200}] c.shop.PayClient - retry ${i % 3} of payment ${100_000 + i} to 10.3.2.${i % 250}:8443 after timeout`
        : `${at} INFO  [scheduler] c.shop.Cache - evicted ${i % 1_000} entries of region item-${i % 31}, ${i % 100} % used`;
  }
}

/** Lines a second of one core: mined alone; and tailed, masked, templates counted, the worthy ones spooled with fsync. Reference: readline alone. */
export async function runBench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'airis-bench-logs-'));
  try {
    const file = join(folder, 'was.log');
    const startMs = Date.now() - LINES;
    writeFileSync(file, Array.from({ length: LINES }, (_, i) => `${lineAt(i, startMs)}\n`).join(''));
    const readline = await cpuSeconds(() => countLines(file));
    const path = await measurePath(folder, file);
    const mined = await cpuSeconds(async () => mine(file));
    printFigure({
      figure: 'logs.mined_lines_per_second',
      value: LINES / mined,
      unit: 'line/CPU-s',
      reference: 'node:readline, lines counted only',
      referenceValue: LINES / readline,
    });
    printFigure({
      figure: 'logs.lines_per_second',
      value: LINES / path,
      unit: 'line/CPU-s',
      reference: 'node:readline, lines counted only',
      referenceValue: LINES / readline,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Values found, templates mined; nothing masked for leaving the host. */
function mine(file: string): void {
  const miner = new TemplateMiner();
  for (const line of readFileSync(file, 'utf8').split('\n')) miner.add(line);
  miner.consolidate();
}

async function measurePath(folder: string, file: string): Promise<number> {
  const refusals = new Refusals();
  const gate = new Gate({ floor: openFloor, pseudonymKey: new Uint8Array(32), refusals });
  gate.setGeneralLogSources([file]);
  using spool = new Spool({
    path: join(folder, 'spool.sqlite'),
    limitBytes: 256 * 1024 * 1024,
    syncEveryMs: 200,
    nowMs: Date.now,
    log: silentLog,
  });
  const positions = new PositionFile(join(folder, 'positions.json'), silentLog, () => undefined);
  const templates = new TemplateFile(join(folder, 'templates.json'), silentLog);
  using segments = new SegmentStore({
    folder: join(folder, 'local'),
    retentionMs: 3_600_000,
    limitBytes: () => 256 * 1024 * 1024,
    nowMs: Date.now,
    log: silentLog,
    onRefused: (reason) => refusals.count(reason),
  });
  const kept = new KeptRows<LogRow>(segments, 'log', silentLog);
  const detection = createLogFindings(gate, 'host:bench');
  const logPath = new LogPath({ gate, spool, positions, nowMs: Date.now, kept, templates, detection });
  const config = receiversConfig.parse({
    files: { files: [{ path: file }], startAt: 'beginning' },
    journal: { mode: 'off' },
  });
  await using receivers = await createLogReceivers(createHost(), config, logPath, positions, (name, error) => {
    throw new Error(name, { cause: error });
  });
  let polls = 0;
  const seconds = await cpuSeconds(async () => {
    let idle = 0;
    let saved = '';
    while (idle < IDLE_POLLS) {
      await receivers.poll();
      polls++;
      logPath.step(Date.now());
      detection.step(Date.now());
      const now = positions.load(file) ?? '';
      idle = now === saved ? idle + 1 : 0;
      saved = now;
    }
    logPath.finish(Date.now());
  });
  const templatesLeft = gate.takeTemplates().length;
  const { batches, bytes } = spool.health();
  process.stderr.write(
    `${LINES} lines in ${polls} polls; spooled ${batches} batches, ${bytes} bytes; kept ${segments.bytes} bytes; ${templatesLeft} templates left; refused ${JSON.stringify(refusals.snapshot())} ${JSON.stringify(receivers.refusedByReason())}\n`,
  );
  return seconds;
}

async function countLines(file: string): Promise<void> {
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) count += line.length > 0 ? 1 : 0;
  if (count !== LINES) throw new Error(`${count} lines were read of ${LINES}`);
}

async function cpuSeconds(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
