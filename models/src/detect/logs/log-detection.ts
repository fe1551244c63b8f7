import type { Bilingual, Evidence, Finding } from '@airis/protocol';
import { type Claim, FindingBook } from '../finding-book.ts';
import { logDetectors } from './index.ts';
import { type LineCount, LOG_STEP_MS, type LogDetector, type LogSignal, type LogWatch } from './log-detector.ts';

export interface LogDetectionOptions {
  /** What the findings are about. */
  readonly entity: string;
  readonly detectors?: readonly LogDetector[];
  readonly newId: () => string;
  /** How a source is called outside this host. */
  readonly nameOf: (source: string) => string;
  /** A template's text as far as it may be told; empty where it may not. */
  readonly textOf: (source: string, templateId: bigint) => string;
}

/** Lines by source and template; their own texts never come here. */
export interface LogDetection {
  observe(line: {
    readonly source: string;
    readonly templateId: bigint;
    readonly timeUnixMs: number;
    readonly severity: number;
    /** Lines of this template before it, ever. */
    readonly seenBefore: number;
  }): void;
  /** Once a second or so; judges every ten seconds. Times that go back are ignored. */
  step(tMs: number): void;
  takeFindings(): Finding[];
}

const SOURCE_LIMIT = 200;
/** A source that wrote nothing for a day gives its place up when another needs it. */
const IDLE_STEPS = 8_640;
const TEMPLATES_PER_STEP = 2_000;
const QUOTED_TEMPLATES = 3;
const QUOTE_LENGTH = 110;
const EVIDENCE_LIMIT = 8;
/** What a finding has room for. */
const SUMMARY_LENGTH = 500;

interface Source {
  readonly watches: readonly { readonly detector: LogDetector; readonly watch: LogWatch }[];
  counts: Map<bigint, LineCount>;
  idleSteps: number;
  /** Findings that may be open. */
  reported: Set<string>;
}

/**
 * Detection on logs: every detector judges every source by its templates; what it says becomes findings. A pure state
 * machine: no clock, no I/O. At most 200 sources; lines of further ones, and of more than 2,000 templates a step, are not judged.
 */
export function createLogDetection(options: LogDetectionOptions): LogDetection {
  const detectors = options.detectors ?? logDetectors;
  const book = new FindingBook(options.newId);
  const sources = new Map<string, Source>();
  let steps = 0;
  let stepEndMs = Number.NaN;

  function sourceOf(name: string): Source | null {
    const known = sources.get(name);
    if (known !== undefined) return known;
    if (sources.size >= SOURCE_LIMIT && !forgetIdle()) return null;
    const watches = detectors.map((detector) => ({ detector, watch: detector.watch(steps) }));
    const made = { watches, counts: new Map(), idleSteps: 0, reported: new Set<string>() };
    sources.set(name, made);
    return made;
  }

  function forgetIdle(): boolean {
    for (const [name, { idleSteps, reported }] of sources) {
      if (idleSteps >= IDLE_STEPS && reported.size === 0) return sources.delete(name);
    }
    return false;
  }

  function judge(name: string, source: Source, tMs: number): void {
    const { counts } = source;
    source.counts = new Map();
    source.idleSteps = counts.size > 0 ? 0 : source.idleSteps + 1;
    const holding = new Set<string>();
    for (const { detector, watch } of source.watches) {
      for (const signal of watch.judge({ tMs, counts })) {
        const subject = `${name} ${detector.name} ${signal.key}`;
        holding.add(subject);
        book.report(subject, claimOf(name, detector, signal, tMs), tMs);
      }
    }
    for (const subject of source.reported) if (!holding.has(subject)) book.report(subject, null, tMs);
    source.reported = new Set([...source.reported, ...holding].filter((subject) => book.isOpen(subject)));
  }

  function claimOf(name: string, detector: LogDetector, signal: LogSignal, tMs: number): Claim {
    const { entity, nameOf, textOf } = options;
    const source = nameOf(name);
    const told = signal.templates
      .slice(0, EVIDENCE_LIMIT)
      .map(({ id, lines }) => ({ id, lines, text: shortened(textOf(name, id)) }));
    // Forms that differ behind what is quoted of them read alike.
    const texts = new Set(told.flatMap(({ text }) => text || []));
    const quotes = [...texts].slice(0, QUOTED_TEMPLATES).map((text) => `“${text}”`);
    const { title, summary, recovery } = detector.say(signal, { source, quotes, tMs });
    return {
      kind: signal.kind,
      severity: detector.severity,
      confidence: signal.confidence,
      score: signal.score,
      sinceMs: signal.sinceMs,
      value: signal.value,
      closeAfterMs: detector.closeAfterMs,
      entity,
      nature: 'symptom',
      trouble: detector.trouble,
      peer: null,
      detector: { name: detector.name, version: detector.version },
      title,
      summary: cut(summary),
      evidence: told.map(
        ({ id, lines, text }): Evidence => ({
          kind: 'log',
          ref: source,
          attributes: { 'log.template': id.toString(16).padStart(16, '0') },
          unit: '{line}',
          value: lines,
          fromUnixMs: Math.round(signal.sinceMs),
          toUnixMs: Math.round(tMs),
          ...(text === '' ? {} : { note: { ko: text, en: text } }),
        }),
      ),
      recovery: () => cut(recovery),
    };
  }

  return {
    observe({ source: name, templateId, timeUnixMs, severity, seenBefore }) {
      const source = sourceOf(name);
      if (source === null) return;
      const known = source.counts.get(templateId);
      if (known !== undefined) {
        known.lines++;
        if (severity > known.severity) known.severity = severity;
      } else if (source.counts.size < TEMPLATES_PER_STEP) {
        // Before the first step there is no end to hold a line's time to.
        const isOpenEnded = Number.isNaN(stepEndMs);
        const firstMs = isOpenEnded ? timeUnixMs : clamped(timeUnixMs, stepEndMs - LOG_STEP_MS, stepEndMs);
        source.counts.set(templateId, { lines: 1, severity, seenBefore, firstMs });
      }
    },

    step(tMs) {
      if (Number.isNaN(stepEndMs)) stepEndMs = tMs + LOG_STEP_MS;
      if (tMs < stepEndMs) return;
      // After a pause the steps that were missed are not made up for: nobody knows what was written in them.
      stepEndMs = Math.max(stepEndMs + LOG_STEP_MS, tMs + 1);
      for (const [name, source] of sources) judge(name, source, tMs);
      steps++;
    },

    takeFindings: () => book.take(),
  };
}

const clamped = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
const cut = ({ ko, en }: Bilingual): Bilingual => ({
  ko: ko.slice(0, SUMMARY_LENGTH),
  en: en.slice(0, SUMMARY_LENGTH),
});
const shortened = (text: string) => (text.length > QUOTE_LENGTH ? `${text.slice(0, QUOTE_LENGTH - 1)}…` : text);
