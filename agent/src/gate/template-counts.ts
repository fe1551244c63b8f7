import { createHash } from 'node:crypto';
import type { Refusals } from '../refusals.ts';
import type { LogClass } from './log-rules.ts';
import { type LogTemplate, templateOf } from './template.ts';

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
  readonly template: LogTemplate;
  /** Hashes of distinct lines, until there are enough. */
  readonly lines: Set<number>;
  seen: number;
  readonly countBySeverity: Map<number, number>;
}

interface KnownSource {
  readonly templates: Map<string, KnownTemplate>;
  /** In how many distinct lines a word stood, up to DISTINCT_LINES_NEEDED. */
  readonly words: Map<string, number>;
  /** The take before which its last line came. */
  seenInTake: number;
}

const overflow: LogTemplate = templateOf('(further templates)');

/** Counts templates by source, and decides when a template's text may leave. Bounded by sources and templates. */
export class TemplateCounts {
  readonly #sources = new Map<string, KnownSource>();
  readonly #refusals: Refusals;
  #takes = 0;

  constructor(refusals: Refusals) {
    this.#refusals = refusals;
  }

  /** Counts one line; how often its template was seen before, and its id. */
  add(
    source: string,
    template: LogTemplate,
    line: string,
    severity: number,
  ): { templateId: bigint; seenBefore: number } {
    const known = this.#sourceOf(source);
    if (known === null) return { templateId: overflow.templateId, seenBefore: DISTINCT_LINES_NEEDED };
    const entry = this.#templateIn(known, template);
    const seenBefore = entry.seen++;
    entry.countBySeverity.set(severity, (entry.countBySeverity.get(severity) ?? 0) + 1);
    if (entry.lines.size < DISTINCT_LINES_NEEDED && entry.template !== overflow) {
      const before = entry.lines.size;
      entry.lines.add(lineHash(line));
      if (entry.lines.size > before) countWords(known.words, template.text);
    }
    return { templateId: entry.template.templateId, seenBefore };
  }

  /** Counts since the last take. */
  take(classOf: (source: string) => LogClass): TemplateCount[] {
    this.#takes++;
    const rows: TemplateCount[] = [];
    for (const [source, known] of this.#sources) {
      const isGeneral = classOf(source) === 'general';
      for (const { template, lines, countBySeverity } of known.templates.values()) {
        if (countBySeverity.size === 0) continue;
        const isTold = isGeneral || template === overflow;
        const text = isTold
          ? template.text
          : lines.size < DISTINCT_LINES_NEEDED
            ? ''
            : tellable(template.text, known.words);
        for (const [severity, count] of countBySeverity) {
          rows.push({ templateId: template.templateId, source, severity, count, text });
        }
        countBySeverity.clear();
      }
    }
    return rows;
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
    const made: KnownSource = { templates: new Map(), words: new Map(), seenInTake: this.#takes };
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

  #templateIn({ templates }: KnownSource, template: LogTemplate): KnownTemplate {
    const known = templates.get(template.text);
    if (known !== undefined) return known;
    const isFull = templates.size >= TEMPLATES_PER_SOURCE;
    if (isFull) this.#refusals.count('too-many-templates');
    const kept = isFull ? overflow : template;
    const existing = templates.get(kept.text);
    if (existing !== undefined) return existing;
    const made: KnownTemplate = { template: kept, lines: new Set(), seen: 0, countBySeverity: new Map() };
    templates.set(kept.text, made);
    return made;
  }
}

const wordPattern = /[\p{L}][\p{L}\p{M}_-]*/gu;

function countWords(words: Map<string, number>, template: string): void {
  for (const word of new Set(template.match(wordPattern))) {
    const count = words.get(word);
    if (count === undefined && words.size >= WORDS_PER_SOURCE) continue;
    if ((count ?? 0) < DISTINCT_LINES_NEEDED) words.set(word, (count ?? 0) + 1);
  }
}

/** The template without words that stood in few lines of its source. */
const tellable = (template: string, words: ReadonlyMap<string, number>) =>
  template.replace(wordPattern, (word) => ((words.get(word) ?? 0) >= DISTINCT_LINES_NEEDED ? word : '<*>'));

/** Numbers count as the same, so that one person's line repeated at other times is not taken for many lines. */
const lineHash = (line: string) => createHash('sha256').update(line.replace(/\d+/g, '0')).digest().readUInt32LE(0);
