import type { Attributes } from '@airis/protocol';
import type { MetricInfo, SampleWriter } from '../collectors/collector.ts';
import type { LogLine } from '../receivers/log-line.ts';
import type { Refusals } from '../refusals.ts';
import { AttributeGuard, type GuardedWriter } from './attribute-guard.ts';
import { type Floor, type LogClass, logClassifier } from './log-rules.ts';
import { maskEvent, maskOwnText, maskSource } from './mask-event.ts';
import { maskText, printable } from './mask-text.ts';
import { templateOf } from './template.ts';
import { type TemplateCount, TemplateCounts } from './template-counts.ts';

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

const WARN = 13;
/** The first lines of a form are rare ones. */
const RARE_BELOW = 3;

/** The one way out of the host for text: nothing reaches the spool or an answer except what a method here returns. */
export class Gate {
  readonly #floor: Floor;
  readonly #counts: TemplateCounts;
  readonly #guard: AttributeGuard;
  #classOf: (source: string) => LogClass;

  constructor({ floor, pseudonymKey, refusals }: GateOptions) {
    this.#floor = floor;
    this.#counts = new TemplateCounts(refusals);
    this.#guard = new AttributeGuard(pseudonymKey, refusals);
    this.#classOf = logClassifier([], floor);
  }

  /** The hub's rules; the floor still bounds them. Until they come every source is private. */
  setGeneralLogSources(patterns: readonly string[]): void {
    this.#classOf = logClassifier(patterns, this.#floor);
  }

  classOf(source: string): LogClass {
    return this.#classOf(source);
  }

  /** Counts a line's template. The line itself, masked, where its source is general; else `null`. */
  admitLog({ source, timeUnixMs, severity, text }: LogLine): AdmittedLog | null {
    const plain = printable(text);
    const body = maskText(plain);
    const { templateId, seenBefore } = this.#counts.add(source, templateOf(body), plain, severity);
    if (this.#classOf(source) !== 'general') return null;
    const why = severity >= WARN ? 'severe' : seenBefore < RARE_BELOW ? 'rare' : 'ordinary';
    return { source: maskSource(source), timeUnixMs, severity, templateId, body, why };
  }

  /** How often each template was seen since the last call; texts only as far as the source's class allows. */
  takeTemplates(): TemplateCount[] {
    return this.#counts.take(this.#classOf).map((row) => ({ ...row, source: maskSource(row.source) }));
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

  /** Names that the agent gives to what it saw: routes and services. */
  admitName(name: string): string {
    return maskOwnText(name);
  }
}
