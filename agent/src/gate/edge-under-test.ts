import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { answerChunk, type Finding, type Health } from '@airis/protocol';
import { CollectorRun } from '../collector-run.ts';
import type { Collector, CollectorContext } from '../collectors/collector.ts';
import type { Host } from '../collectors/host.ts';
import { EventPath } from '../event-path.ts';
import { Asks } from '../link/asks.ts';
import { silentLog } from '../log.ts';
import { createLogFindings } from '../log-findings.ts';
import { LogPath } from '../log-path.ts';
import { MetricPath } from '../metric-path.ts';
import { Refusals } from '../refusals.ts';
import type { RecordingRow } from '../rum/recordings.ts';
import { SeriesRegistry } from '../series-registry.ts';
import { KeptRows } from '../store/kept-rows.ts';
import { LocalStore } from '../store/local-store.ts';
import type { LogRow } from '../store/log-row.ts';
import { PositionFile } from '../store/position-file.ts';
import { SegmentStore, segmentKinds } from '../store/segment-store.ts';
import { Spool } from '../store/spool.ts';
import { TemplateFile } from '../store/template-file.ts';
import { TopologyReport } from '../topology/topology-report.ts';
import { TracePath } from '../traces/trace-path.ts';
import type { SpanRow } from '../traces/trace-span.ts';
import { TransactionPath } from '../transactions/transaction-path.ts';
import { Gate } from './gate.ts';
import { openFloor } from './log-rules.ts';

/** All that stands between a collector and the wire, as `main.ts` puts it together; only the link is not there. */
export function startEdge() {
  const folder = mkdtempSync(join(tmpdir(), 'airis-edge-'));
  let nowMs = 1_800_000_000_000;
  const refusals = new Refusals();
  const clock = { nowMs: () => nowMs, log: silentLog };
  const spool = new Spool({ path: join(folder, 'spool.sqlite'), limitBytes: 64 << 20, syncEveryMs: 200, ...clock });
  const limits = { limitBytes: 64 << 20, retentionMs: 3_600_000 };
  const localStore = new LocalStore({ path: join(folder, 'local.sqlite'), ...limits, ...clock });
  const gate = new Gate({ floor: openFloor, pseudonymKey: new Uint8Array(32).fill(7), refusals });
  gate.setGeneralLogSources(['**']);
  const registry = new SeriesRegistry({ resource: { 'host.name': 'web-1' }, refusals });
  const metricPath = new MetricPath({ registry, spool, localStore });
  const events = new EventPath(gate, spool, refusals, silentLog);
  const positions = new PositionFile(join(folder, 'positions.json'), silentLog);
  const templates = new TemplateFile(join(folder, 'templates.json'), silentLog);
  const segments = new SegmentStore({
    ...clock,
    folder: join(folder, 'local'),
    retentionMs: 3_600_000,
    limitBytes: () => 64 << 20,
    onRefused: (reason) => refusals.count(reason),
  });
  const keptLines = new KeptRows<LogRow>(segments, 'log', silentLog);
  const keptSpans = new KeptRows<SpanRow>(segments, 'span', silentLog);
  const detection = createLogFindings(gate, 'host:web-1');
  const logPath = new LogPath({ gate, spool, positions, nowMs: () => nowMs, kept: keptLines, templates, detection });
  const transactionPath = new TransactionPath({
    gate,
    spool,
    kept: segments,
    refusals,
    spokenFor: (role) => `service:${role}@web-1`,
  });
  const tracePath = new TracePath({
    gate,
    spool,
    kept: keptSpans,
    refusals,
    spokenFor: (role) => `service:${role}@web-1`,
  });
  const asks = new Asks({
    held: {
      localStore,
      metricPath,
      segments,
      lines: keptLines,
      spans: keptSpans,
      recordings: new KeptRows<RecordingRow>(segments, 'replay', silentLog),
      threads: { machines: () => [], dump: async () => '' },
      gate,
      nowMs: () => nowMs,
    },
    mayAsk: () => true,
    refusals,
    log: silentLog,
  });
  const topology = new TopologyReport();
  const judgeLogs = (): void => {
    detection.step(nowMs);
    for (const finding of detection.takeFindings()) events.finding(finding);
  };

  return {
    logPath,
    refusals,
    /** Reads so often, a second apart, and sends all there is (`feed` is called after each): samples, context, lines, transactions, errors. */
    async run(collector: Collector, host: Host, readings: number, feed?: () => void): Promise<void> {
      const monotonicMs = () => nowMs;
      const run = new CollectorRun(collector, { host, registry, gate, refusals, random: () => 0, monotonicMs });
      for (let i = 0; i < readings; i++) {
        await run.step(nowMs);
        metricPath.step(nowMs);
        registry.endStep();
        run.collector.deliverLines?.(logPath);
        logPath.step(nowMs);
        judgeLogs();
        const columns = run.collector.transactions?.();
        transactionPath.step(nowMs, columns === undefined ? [] : [columns]);
        tracePath.step(nowMs, run.collector.takeSpans?.() ?? []);
        tell(run.context() ?? {}, [run.state(nowMs) ?? []].flat());
        feed?.();
        nowMs += 1_000;
      }
    },
    /** Errors as they are written, and ten seconds in which detection judges them. */
    write(source: string, texts: readonly string[]): void {
      for (const text of texts) logPath.accept({ source, timeUnixMs: nowMs, severity: 17, text });
      nowMs += 10_000;
      judgeLogs();
    },
    setGeneralLogSources: (patterns: readonly string[]) => gate.setGeneralLogSources(patterns),
    /** Every text that would have left, and where it was. */
    left(): { where: string; text: string }[] {
      logPath.finish(nowMs);
      metricPath.finish();
      tracePath.finish(nowMs, []);
      spool.flush();
      const all: { where: string; text: string }[] = [];
      for (const name of ['event', 'data'] as const) {
        for (let after = 0; ; ) {
          const batches = spool.next(name, after, 100, 64 << 20);
          if (batches.length === 0) break;
          for (const { kind, payload } of batches) {
            const bytes = name === 'data' ? zstdDecompressSync(payload) : payload;
            all.push({ where: kind, text: Buffer.from(bytes).toString('utf8') });
          }
          after = batches.at(-1)!.seq;
        }
      }
      return all;
    },
    /** What a question is answered with: the decompressed batches, and whatever else the chunks say. */
    async ask(verb: string, question: object): Promise<{ where: string; text: string }[]> {
      const chunks: { where: string; text: string }[] = [];
      const all = { request: 'r-00000000', deadlineUnixMs: nowMs + 60_000, maxBytes: 8 << 20, fromUnixMs: 0 };
      await asks.take({
        verb,
        payload: Buffer.from(JSON.stringify({ ...all, toUnixMs: nowMs * 2, ...question })),
        answer: (_, chunk) => {
          const { body, ...rest } = answerChunk.parse(JSON.parse(Buffer.from(chunk).toString()));
          const batch = body === '' ? '' : zstdDecompressSync(Buffer.from(body, 'base64')).toString('utf8');
          chunks.push({ where: `answer to ${verb}`, text: `${JSON.stringify(rest)} ${batch}` });
          return true;
        },
      });
      return chunks;
    },
    /** Every byte that is kept on this host beside the spool and the metrics. */
    kept(): { where: string; text: string }[] {
      return segmentKinds.flatMap((kind) =>
        [...segments.frames(kind, 0, 9e15)].map(({ payload }) => ({
          where: `kept ${kind}`,
          text: zstdDecompressSync(payload).toString('utf8'),
        })),
      );
    },
    [Symbol.dispose]() {
      segments[Symbol.dispose]();
      spool[Symbol.dispose]();
      localStore[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };

  /** As detection and the health report put what a collector knows into words. */
  function tell(
    { topProcesses = [], explanations = [], calls = [], links = [] }: CollectorContext,
    states: Health['collectors'],
  ) {
    for (const call of calls) topology.noteCall({ ...call, client: call.client ?? 'host:web-1' }, nowMs);
    const told = [
      ...topProcesses.map(({ name, pid }) => ({ ref: `process:${name}[${pid}]`, note: { ko: name, en: name } })),
      ...explanations.map(({ ref, note }) => ({ ref, note })),
    ];
    for (const { ref, note } of told) events.finding(findingOf(ref, note, nowMs));
    events.health(healthOf(states, { ...topology.take(nowMs), links: links.map((link) => ({ ...link })) }, nowMs));
  }
}

function findingOf(ref: string, note: { ko: string; en: string }, nowMs: number): Finding {
  return {
    id: 'f-00000000-canary',
    state: 'open',
    kind: 'spike',
    severity: 'minor',
    confidence: 1,
    score: 1,
    entity: 'host:web-1',
    nature: 'fault',
    trouble: 'cpu',
    peer: null,
    detector: { name: 'x', version: '1' },
    title: note,
    summary: note,
    startedAtUnixMs: nowMs,
    detectedAtUnixMs: nowMs,
    endedAtUnixMs: null,
    evidence: [{ kind: 'process', ref, note }],
  };
}

function healthOf(collectors: Health['collectors'], topology: Health['topology'], nowMs: number): Health {
  return {
    atUnixMs: nowMs,
    agentVersion: '0',
    startedAtUnixMs: nowMs,
    inventory: null,
    roles: [],
    machine: null,
    scope: null,
    topology,
    spool: { bytes: 0, limitBytes: 0, batches: 0, oldestUnixMs: null },
    lossRowsByReason: {},
    refusedByReason: {},
    collectors,
    self: { cpuSecondsTotal: 0, rssBytes: 0, series: 0 },
    detection: {
      ready: true,
      anomalyScore: 0,
      modelName: null,
      modelVersion: null,
      inferenceMsP99: null,
      error: null,
    },
  };
}
