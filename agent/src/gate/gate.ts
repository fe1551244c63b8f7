import type { SavedTemplates } from '@airis/models';
import { type Attributes, semconv } from '@airis/protocol';
import type { MetricInfo, SampleWriter } from '../collectors/collector.ts';
import type { LogLine } from '../receivers/log-line.ts';
import type { Refusals } from '../refusals.ts';
import { AttributeGuard, type GuardedWriter } from './attribute-guard.ts';
import { type Floor, type LogClass, logClassifier } from './log-rules.ts';
import { maskEvent, maskOwnText, maskSource } from './mask-event.ts';
import { maskProgramText, maskText, printable } from './mask-text.ts';
import { type TemplateCount, TemplateCounts } from './template-counts.ts';

/** A line with everything private masked: what is kept of it on the host, whatever its class. */
export interface MaskedLog {
  /** As the host calls it, to ask for its class. */
  readonly source: string;
  readonly timeUnixMs: number;
  readonly severity: number;
  readonly templateId: bigint;
  /** Lines of its template before it, ever. */
  readonly seenBefore: number;
  readonly body: string;
  /** `null`: the line stays on this host. */
  readonly admitted: AdmittedLog | null;
}

/** A line that may leave the host: of a general source, masked. */
export interface AdmittedLog {
  readonly source: string;
  readonly timeUnixMs: number;
  readonly severity: number;
  readonly templateId: bigint;
  readonly body: string;
  /** Why it is worth sending: a warning or worse, or a form hardly seen before; ordinary lines are only counted. */
  readonly why: 'severe' | 'rare' | 'ordinary';
}

export interface GateOptions {
  readonly floor: Floor;
  /** Secret of this host for pseudonyms, at least 16 bytes. */
  readonly pseudonymKey: Uint8Array;
  readonly refusals: Refusals;
}

/** The first lines of a form are rare ones. */
const RARE_BELOW = 3;

/** The one way out of the host for text: nothing reaches the spool or an answer except what a method here returns. */
export class Gate {
  readonly #counts: TemplateCounts;
  readonly #guard: AttributeGuard;
  #floor: Floor;
  #generalLogSources: readonly string[] = [];
  #classOf: (source: string) => LogClass;

  constructor({ floor, pseudonymKey, refusals }: GateOptions) {
    this.#floor = floor;
    this.#counts = new TemplateCounts(refusals);
    this.#guard = new AttributeGuard(pseudonymKey, refusals);
    this.#classOf = logClassifier([], floor);
  }

  /** The hub's rules; the floor still bounds them. Until they come every source is private. */
  setGeneralLogSources(patterns: readonly string[]): void {
    this.#generalLogSources = patterns;
    this.#classOf = logClassifier(patterns, this.#floor);
  }

  /** Another floor is in force from now on. */
  setFloor(floor: Floor): void {
    this.#floor = floor;
    this.#classOf = logClassifier(this.#generalLogSources, floor);
  }

  classOf(source: string): LogClass {
    return this.#classOf(source);
  }

  /** Counts a line's template. The line itself, masked, where its source is general; else `null`. */
  admitLog(line: LogLine): AdmittedLog | null {
    return this.readLog(line).admitted;
  }

  /** The same, with what may be kept here where nothing may leave. */
  readLog({ source, timeUnixMs, severity, text }: LogLine): MaskedLog {
    const plain = printable(text);
    const body = maskText(plain);
    const { templateId, seenBefore } = this.#counts.add(source, body, plain, severity);
    const name = this.admitSource(source);
    const why = severity >= semconv.severityNumber.warn ? 'severe' : seenBefore < RARE_BELOW ? 'rare' : 'ordinary';
    const admitted: AdmittedLog | null =
      name === null ? null : { source: name, timeUnixMs, severity, templateId, body, why };
    return { source, timeUnixMs, severity, templateId, seenBefore, body, admitted };
  }

  /** The name under which lines of a source may leave now, or `null` where they may not. */
  admitSource(source: string): string | null {
    return this.#classOf(source) === 'general' ? maskSource(source) : null;
  }

  /** How often each template was seen since the last call; texts only as far as the source's class allows. */
  takeTemplates(): TemplateCount[] {
    return this.#counts.take(this.#classOf).map((row) => ({ ...row, source: maskSource(row.source) }));
  }

  /** A template's text as far as its source's class allows; empty where it may not be told. */
  admitTemplate(source: string, templateId: bigint): string {
    return this.#counts.textOf(source, templateId, this.#classOf(source));
  }

  /** How a source is called outside; findings tell of private ones too. */
  nameSource(source: string): string {
    return maskSource(source);
  }

  /** What was learnt of log templates, for `restoreTemplates` after a restart. It stays on the host. */
  saveTemplates(): Record<string, SavedTemplates> {
    return this.#counts.save();
  }

  restoreTemplates(saved: Readonly<Record<string, SavedTemplates>>): void {
    this.#counts.restore(saved);
  }

  admitAttributes(metric: string, attributes: Attributes): Attributes {
    return this.#guard.admit(metric, attributes);
  }

  /** A collector's way to the series registry: attributes pass the gate, an explosion of values is cut off. */
  guardWriter(emits: Readonly<Record<string, MetricInfo>>, out: SampleWriter): GuardedWriter {
    return this.#guard.writer(emits, out);
  }

  /** A finding, a change or a health report: every text in it. */
  admitEvent<T>(event: T): T {
    return maskEvent(event);
  }

  /** A line that a program says of itself: a thread of its dump. */
  admitProgramLine(line: string): string {
    return maskProgramText(printable(line));
  }

  /** Names that the agent gives to what it saw: routes and services. */
  admitName(name: string): string {
    return maskOwnText(name);
  }
}
