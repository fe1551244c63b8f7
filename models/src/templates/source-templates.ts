import { z } from 'zod';
import { type Form, resolve } from './form.ts';
import { findHeader, type HeaderLayout, messageStart } from './log-header.ts';
import { TemplateMiner } from './template-miner.ts';

/** Lines after which a source's header is looked for, and looked for again when more is known. */
const HEADER_AT_LINES: readonly number[] = [20, 400];
/** What is behind is counted as part of its template's last value. */
const LINE_LENGTH_LIMIT = 1_000;

const savedSchema = z.strictObject({
  lines: z.number().int().nonnegative(),
  layout: z.array(z.enum(['time', 'level', 'separator', 'component', 'bracket', 'number', 'name', 'word'])).max(32),
  forms: z
    .array(
      z.strictObject({
        tokens: z.array(z.string().max(2_000)).max(512),
        lines: z.number().int().nonnegative(),
        isWide: z.boolean(),
      }),
    )
    .max(10_000),
});

/** State between two runs. */
export type SavedTemplates = z.infer<typeof savedSchema>;
export const savedTemplatesSchema: z.ZodType<SavedTemplates> = savedSchema;

export interface LineTemplate {
  /** The message with `<*>` for what varies: the same on every host, so that an id may be made of it. */
  readonly text: string;
  /** Lines of it before this one. */
  readonly seenBefore: number;
  /** To ask later what became of it. */
  readonly form: Form;
}

interface SampledLine {
  readonly line: string;
  readonly form: Form;
}

/** Templates of one source of lines: finds where messages begin, and mines them. Bounded by forms and by their length. */
export class SourceTemplates {
  readonly #miner: TemplateMiner;
  #layout: HeaderLayout = [];
  /** The first lines, until the header was looked for the last time. */
  #sample: SampledLine[] | null = [];
  #lines = 0;

  constructor(formLimit?: number, saved?: SavedTemplates) {
    this.#miner = new TemplateMiner(formLimit, saved?.forms);
    if (saved === undefined) return;
    this.#layout = saved.layout;
    this.#lines = saved.lines;
    if (saved.lines >= HEADER_AT_LINES.at(-1)!) this.#sample = null;
  }

  /** A record of several lines is what its first line is. */
  add(record: string): LineTemplate {
    const end = record.indexOf('\n');
    const line = record.slice(0, Math.min(end < 0 ? record.length : end, LINE_LENGTH_LIMIT));
    this.#lines++;
    const form = this.#miner.add(line, messageStart(line, this.#layout));
    if (this.#sample !== null) this.#learn({ line, form }, this.#sample);
    return { text: this.#miner.textOf(form), seenBefore: resolve(form).lines - 1, form };
  }

  /** Looks at everything seen again: after it fewer templates may speak for more lines. */
  consolidate(): void {
    this.#miner.consolidate();
  }

  /** What lines of a form have as their template by now. */
  textOf(form: Form): string {
    return this.#miner.textOf(form);
  }

  save(): SavedTemplates {
    return { lines: this.#lines, layout: [...this.#layout], forms: this.#miner.save() };
  }

  #learn(sampled: SampledLine, sample: SampledLine[]): void {
    sample.push(sampled);
    if (!HEADER_AT_LINES.includes(sample.length)) return;
    const before = this.#layout;
    this.#layout = findHeader(sample.map(({ line }) => line));
    const moved = sample.filter(({ line }) => messageStart(line, before) !== messageStart(line, this.#layout));
    this.#mineAgain(moved);
    if (sample.length >= HEADER_AT_LINES.at(-1)!) this.#sample = null;
  }

  /** Lines that were mined before their header was known would else be templates of their own for good. */
  #mineAgain(sample: readonly SampledLine[]): void {
    for (const [old, lines] of Map.groupBy(sample, ({ form }) => resolve(form))) {
      const now = lines.map(({ line }) => this.#miner.add(line, messageStart(line, this.#layout)));
      const byForm = [...Map.groupBy(now, resolve)].toSorted(([, a], [, b]) => b.length - a.length);
      this.#miner.giveWay(old, byForm[0]![0], lines.length);
    }
  }
}
