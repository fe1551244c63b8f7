import type { LogDetection } from '@airis/models';
import { compressBatch, encodeBatch, schemaName, signals, utf8Column } from '@airis/protocol';
import type { AdmittedLog, Gate } from './gate/gate.ts';
import type { TemplateCount } from './gate/template-counts.ts';
import type { LogLine, LogSink } from './receivers/log-line.ts';
import type { KeptRows } from './store/kept-rows.ts';
import { type LogRow, logRow } from './store/log-row.ts';
import type { PositionFile } from './store/position-file.ts';
import type { Spool } from './store/spool.ts';
import { priorities } from './store/spool-item.ts';
import type { TemplateFile } from './store/template-file.ts';

export interface LogPathOptions {
  readonly gate: Gate;
  readonly spool: Spool;
  readonly positions: PositionFile;
  readonly nowMs: () => number;
  /** Every line, masked, for as long as this host keeps what happened. */
  readonly kept: KeptRows<LogRow>;
  readonly templates: TemplateFile;
  /** Judges what comes as it is written, not what is read long after. */
  readonly detection: Pick<LogDetection, 'observe'>;
}

/** Lines go to the spool at least this often, and as soon as there are so many. */
const LINES_EVERY_MS = 5_000;
const MAX_LINES = 5_000;
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const TEMPLATES_EVERY_MS = 60_000;
const MAX_TEMPLATE_ROWS = 5_000;
/** What was learnt since then is learnt again after a crash. */
const SAVE_TEMPLATES_EVERY_MS = 600_000;
/** Older lines were written while nobody read them. */
const JUDGED_WITHIN_MS = 120_000;

/**
 * Log lines from the receivers through the gate into the spool. The receivers' positions are written after the lines are
 * safe, so that a killed agent reads a line again rather than lose it.
 */
export class LogPath implements LogSink {
  readonly #options: LogPathOptions;
  #lines: AdmittedLog[] = [];
  #bodyBytes = 0;
  #linesAtMs: number;
  #templatesAtMs: number;
  #savedAtMs: number;

  constructor(options: LogPathOptions) {
    this.#options = options;
    this.#linesAtMs = options.nowMs();
    this.#templatesAtMs = options.nowMs();
    this.#savedAtMs = options.nowMs();
    options.gate.restoreTemplates(options.templates.load());
  }

  accept(line: LogLine): boolean {
    if (this.#lines.length >= MAX_LINES || this.#bodyBytes >= MAX_BODY_BYTES) return false;
    const masked = this.#options.gate.readLog(line);
    this.#options.kept.add(logRow(masked));
    if (Math.abs(this.#options.nowMs() - line.timeUnixMs) < JUDGED_WITHIN_MS) this.#options.detection.observe(masked);
    const { admitted } = masked;
    // Ordinary lines are counted by their template; the line itself stays where it is.
    if (admitted === null || admitted.why === 'ordinary') return true;
    this.#lines.push(admitted);
    this.#bodyBytes += admitted.body.length;
    return true;
  }

  /** Once a second. */
  step(nowMs: number): void {
    this.#options.kept.step(nowMs);
    const isFull = this.#lines.length >= MAX_LINES || this.#bodyBytes >= MAX_BODY_BYTES;
    if (isFull || Math.abs(nowMs - this.#linesAtMs) >= LINES_EVERY_MS) this.#sendLines(nowMs);
    if (Math.abs(nowMs - this.#templatesAtMs) >= TEMPLATES_EVERY_MS) this.#sendTemplates(nowMs);
    if (Math.abs(nowMs - this.#savedAtMs) >= SAVE_TEMPLATES_EVERY_MS) this.#saveTemplates(nowMs);
  }

  finish(nowMs: number): void {
    this.#options.kept.flush();
    this.#sendTemplates(nowMs);
    this.#sendLines(nowMs);
    this.#saveTemplates(nowMs);
  }

  #saveTemplates(nowMs: number): void {
    this.#savedAtMs = nowMs;
    this.#options.templates.save(this.#options.gate.saveTemplates());
  }

  #sendLines(nowMs: number): void {
    this.#linesAtMs = nowMs;
    const { spool, positions } = this.#options;
    if (this.#lines.length > 0) {
      const lines = this.#lines;
      const times = lines.map((line) => line.timeUnixMs);
      this.#lines = [];
      this.#bodyBytes = 0;
      spool.append({
        class: 'data',
        kind: 'log',
        schema: schemaName(signals.log),
        priority: priorities.log,
        rows: lines.length,
        fromUnixMs: times.reduce((a, b) => Math.min(a, b)),
        toUnixMs: times.reduce((a, b) => Math.max(a, b)),
        payload: encodeLines(lines),
      });
      spool.flush();
    }
    positions.persist();
  }

  #sendTemplates(nowMs: number): void {
    const t0Ms = this.#templatesAtMs;
    this.#templatesAtMs = nowMs;
    const counts = this.#options.gate.takeTemplates();
    for (let from = 0; from < counts.length; from += MAX_TEMPLATE_ROWS) {
      const part = counts.slice(from, from + MAX_TEMPLATE_ROWS);
      this.#options.spool.append({
        class: 'data',
        kind: 'template',
        schema: schemaName(signals.template),
        priority: priorities.summary,
        rows: part.length,
        fromUnixMs: t0Ms,
        toUnixMs: nowMs,
        payload: encodeTemplates(part, t0Ms, Math.max(1_000, nowMs - t0Ms)),
      });
    }
  }
}

export function encodeLines(lines: readonly Omit<AdmittedLog, 'why'>[]): Uint8Array {
  const stream = encodeBatch(
    signals.log,
    [
      BigInt64Array.from(lines, (line) => BigInt(Math.round(line.timeUnixMs))),
      utf8Column(lines.map((line) => line.source)),
      Uint8Array.from(lines, (line) => line.severity),
      BigUint64Array.from(lines, (line) => line.templateId),
      utf8Column(lines.map((line) => line.body)),
    ],
    lines.length,
  );
  return compressBatch(stream);
}

function encodeTemplates(counts: readonly TemplateCount[], t0Ms: number, stepMs: number): Uint8Array {
  const stream = encodeBatch(
    signals.template,
    [
      BigUint64Array.from(counts, (count) => count.templateId),
      BigInt64Array.from(counts, () => BigInt(t0Ms)),
      Uint32Array.from(counts, () => stepMs),
      utf8Column(counts.map((count) => count.source)),
      Uint8Array.from(counts, (count) => count.severity),
      Uint32Array.from(counts, (count) => count.count),
      utf8Column(counts.map((count) => count.text)),
    ],
    counts.length,
  );
  return compressBatch(stream);
}
