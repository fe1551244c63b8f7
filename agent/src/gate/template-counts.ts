import { createHash } from 'node:crypto';
import { type LineTemplate, type SavedTemplates, SourceTemplates } from '@airis/models';
import type { Refusals } from '../refusals.ts';
import type { LogClass } from './log-rules.ts';

/** How often a template was seen since the last take, as a row of the signal `template`. */
export interface TemplateCount {
  readonly templateId: bigint;
  readonly source: string;
  readonly severity: number;
  readonly count: number;
  /** Empty while a private source has not shown enough distinct lines of it. */
  readonly text: string;
}

/** Distinct lines of a private source before its template may be told: a first template is the line itself. */
export const DISTINCT_LINES_NEEDED = 20;
/** Templates known of one source; rarer and newer ones beyond count together. */
const TEMPLATES_PER_SOURCE = 1_000;
const SOURCE_LIMIT = 200;
/** A source of which this many takes in a row told nothing gives its place up when another needs it. */
const IDLE_TAKES = 15;
const WORDS_PER_SOURCE = 20_000;

interface KnownTemplate {
  /** First 64 bits of SHA-256 over the text: the same on every host. */
  readonly templateId: bigint;
  readonly text: string;
  readonly form: LineTemplate['form'];
  /** Hashes of distinct lines, until there are enough. */
  readonly lines: Set<number>;
  readonly countBySeverity: Map<number, number>;
}

interface KnownSource {
  readonly mined: SourceTemplates;
  readonly templates: Map<string, KnownTemplate>;
  /** In how many distinct lines a word stood, up to DISTINCT_LINES_NEEDED. */
  readonly words: Map<string, number>;
  /** The take before which its last line came. */
  seenInTake: number;
}

const OVERFLOW_TEXT = '(further templates)';
const overflowId = idOf(OVERFLOW_TEXT);

/** Counts templates by source, and decides when a template's text may leave. Bounded by sources and templates. */
export class TemplateCounts {
  readonly #sources = new Map<string, KnownSource>();
  readonly #refusals: Refusals;
  #takes = 0;

  constructor(refusals: Refusals) {
    this.#refusals = refusals;
  }

  /** Counts one line; how often its template was seen before, and its id. */
  add(source: string, masked: string, line: string, severity: number): { templateId: bigint; seenBefore: number } {
    const known = this.#sourceOf(source);
    if (known === null) return { templateId: overflowId, seenBefore: DISTINCT_LINES_NEEDED };
    const template = known.mined.add(masked);
    const entry = this.#templateIn(known, template);
    entry.countBySeverity.set(severity, (entry.countBySeverity.get(severity) ?? 0) + 1);
    if (entry.lines.size < DISTINCT_LINES_NEEDED && entry.templateId !== overflowId) {
      const before = entry.lines.size;
      entry.lines.add(lineHash(line));
      if (entry.lines.size > before) countWords(known.words, template.text);
    }
    return { templateId: entry.templateId, seenBefore: template.seenBefore };
  }

  /** What was learnt of every source, to go on from after a restart. */
  save(): Record<string, SavedTemplates> {
    return Object.fromEntries([...this.#sources].map(([source, { mined }]) => [source, mined.save()]));
  }

  restore(saved: Readonly<Record<string, SavedTemplates>>): void {
    for (const [source, templates] of Object.entries(saved).slice(0, SOURCE_LIMIT)) {
      this.#sources.set(source, newSource(this.#takes, templates));
    }
  }

  /** Counts since the last take. */
  take(classOf: (source: string) => LogClass): TemplateCount[] {
    this.#takes++;
    const rows: TemplateCount[] = [];
    for (const [source, known] of this.#sources) {
      const isGeneral = classOf(source) === 'general';
      followMerges(known);
      for (const template of known.templates.values()) {
        const { templateId, countBySeverity } = template;
        if (countBySeverity.size === 0) continue;
        const text = toldText(template, known.words, isGeneral);
        for (const [severity, count] of countBySeverity) {
          rows.push({ templateId, source, severity, count, text });
        }
        countBySeverity.clear();
      }
    }
    return rows;
  }

  /** A template's text as far as its source's class allows; empty where it may not be told, or is not known any more. */
  textOf(source: string, templateId: bigint, logClass: LogClass): string {
    const known = this.#sources.get(source);
    const template = [...(known?.templates.values() ?? [])].find((one) => one.templateId === templateId);
    return known === undefined || template === undefined ? '' : toldText(template, known.words, logClass === 'general');
  }

  #sourceOf(source: string): KnownSource | null {
    const known = this.#sources.get(source);
    if (known !== undefined) {
      known.seenInTake = this.#takes;
      return known;
    }
    if (this.#sources.size >= SOURCE_LIMIT && !this.#forgetIdle()) {
      this.#refusals.count('too-many-log-sources');
      return null;
    }
    const made = newSource(this.#takes);
    this.#sources.set(source, made);
    return made;
  }

  /** All counts of such a source were taken. */
  #forgetIdle(): boolean {
    for (const [source, { seenInTake }] of this.#sources) {
      if (this.#takes - seenInTake >= IDLE_TAKES) return this.#sources.delete(source);
    }
    return false;
  }

  #templateIn(source: KnownSource, { text, form }: LineTemplate): KnownTemplate {
    const { templates } = source;
    const known = templates.get(text);
    if (known !== undefined) return known;
    if (templates.size >= TEMPLATES_PER_SOURCE) followMerges(source);
    const isFull = templates.size >= TEMPLATES_PER_SOURCE;
    if (isFull) this.#refusals.count('too-many-templates');
    const kept = isFull ? OVERFLOW_TEXT : text;
    const existing = templates.get(kept);
    if (existing !== undefined) return existing;
    const made = newTemplate(kept, form);
    templates.set(kept, made);
    return made;
  }
}

const newSource = (take: number, saved?: SavedTemplates): KnownSource => ({
  mined: new SourceTemplates(TEMPLATES_PER_SOURCE, saved),
  templates: new Map(),
  words: new Map(),
  seenInTake: take,
});

/** Counts of templates that turned out to be one are told as its counts. */
function followMerges({ mined, templates }: KnownSource): void {
  mined.consolidate();
  for (const [text, entry] of [...templates]) {
    const now = mined.textOf(entry.form);
    if (now === text || text === OVERFLOW_TEXT) continue;
    templates.delete(text);
    const into = templates.get(now) ?? newTemplate(now, entry.form);
    templates.set(now, into);
    for (const [severity, count] of entry.countBySeverity) {
      into.countBySeverity.set(severity, (into.countBySeverity.get(severity) ?? 0) + count);
    }
    for (const line of entry.lines) if (into.lines.size < DISTINCT_LINES_NEEDED) into.lines.add(line);
  }
}

const newTemplate = (text: string, form: LineTemplate['form']): KnownTemplate => ({
  templateId: idOf(text),
  text,
  form,
  lines: new Set(),
  countBySeverity: new Map(),
});

function idOf(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigUInt64LE(0);
}

const wordPattern = /[\p{L}][\p{L}\p{M}_-]*/gu;

function countWords(words: Map<string, number>, template: string): void {
  for (const word of new Set(template.match(wordPattern))) {
    const count = words.get(word);
    if (count === undefined && words.size >= WORDS_PER_SOURCE) continue;
    if ((count ?? 0) < DISTINCT_LINES_NEEDED) words.set(word, (count ?? 0) + 1);
  }
}

function toldText({ templateId, text, lines }: KnownTemplate, words: ReadonlyMap<string, number>, isGeneral: boolean) {
  if (isGeneral || templateId === overflowId) return text;
  return lines.size < DISTINCT_LINES_NEEDED ? '' : tellable(text, words);
}

/** The template without words that stood in few lines of its source. */
const tellable = (template: string, words: ReadonlyMap<string, number>) =>
  template.replace(wordPattern, (word) => ((words.get(word) ?? 0) >= DISTINCT_LINES_NEEDED ? word : '<*>'));

/** Numbers count as the same, so that one person's line repeated at other times is not taken for many lines. */
const lineHash = (line: string) => createHash('sha256').update(line.replace(/\d+/g, '0')).digest().readUInt32LE(0);
