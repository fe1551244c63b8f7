import { consolidate } from './consolidate.ts';
import { type Form, fits, isValue, isValues, keyOf, resolve, textOf, valuesLike } from './form.ts';
import { LineScanner } from './line-scanner.ts';

/** Forms that are kept; lines of further ones are counted by their first word. */
const FORM_LIMIT = 8_192;
const OVERFLOW_LIMIT = 256;
const TABLE_SIZE_MIN = 1 << 8;
const TABLE_SIZE_LIMIT = 1 << 16;
const TABLE_FILL = 0.6;
/** New forms, as a share of the known ones, after which all are looked at again. */
const LOOK_AGAIN_SHARE = 0.12;
const LOOK_AGAIN_MIN = 48;

export interface SavedForm {
  readonly tokens: string[];
  readonly lines: number;
  readonly isWide: boolean;
}

/** What a line was found to be; a merge that comes later is followed when it is read. */
export interface MinedLine {
  readonly id: number;
  readonly text: string;
}

/**
 * Templates of a stream of log messages. A line of a known form costs one pass over its characters; only a new form is
 * compared with others. Forms that turn out to be one template are merged, also after lines of them went by: one of the
 * ids stays, the others resolve to it.
 */
export class TemplateMiner {
  readonly #scanner = new LineScanner();
  #forms: Form[] = [];
  #byKey = new Map<string, Form>();
  #wide = new Map<string, Form[]>();
  readonly #overflow = new Map<string, Form>();
  readonly #formLimit: number;
  /** Open addressing by the two hashes of a form: the answer for lines whose form is known. */
  #hashA = new Int32Array(TABLE_SIZE_MIN);
  #hashB = new Int32Array(TABLE_SIZE_MIN);
  #table: (Form | null)[] = new Array<Form | null>(TABLE_SIZE_MIN).fill(null);
  #used = 0;
  #newForms = 0;
  #nextId = 1;

  constructor(formLimit = FORM_LIMIT, saved: readonly SavedForm[] = []) {
    this.#formLimit = formLimit;
    for (const { tokens, lines, isWide } of saved.slice(0, formLimit)) {
      this.#forms.push({ id: this.#nextId++, tokens, lines, mergedInto: null, isWide, text: null });
    }
    this.#index();
  }

  /** The form of the message that begins at `from`. */
  add(line: string, from = 0): Form {
    const scanner = this.#scanner;
    scanner.scan(line, from);
    const { hashA, hashB } = scanner;
    const mask = this.#table.length - 1;
    let at = (hashA ^ (hashB >>> 9)) & mask;
    for (let form = this.#table[at]!; form !== null; form = this.#table[at]!) {
      if (this.#hashA[at] === hashA && this.#hashB[at] === hashB) {
        if (form.mergedInto !== null) {
          form = resolve(form);
          this.#table[at] = form;
        }
        form.lines++;
        return form;
      }
      at = (at + 1) & mask;
    }
    const form = this.#place(scanner.tokens());
    form.lines++;
    this.#remember(hashA, hashB, form);
    if (this.#newForms <= LOOK_AGAIN_MIN + this.#forms.length * LOOK_AGAIN_SHARE) return form;
    this.consolidate();
    return resolve(form);
  }

  /** Lines of a form are mined again as lines of another, which speaks for all of the first one's from now on. */
  giveWay(form: Form, to: Form, minedAgain: number): void {
    const old = resolve(form);
    const now = resolve(to);
    if (old === now) {
      now.lines -= minedAgain;
      return;
    }
    now.lines += Math.max(0, old.lines - minedAgain);
    old.mergedInto = now;
    this.#forms = this.#forms.filter((one) => one !== old);
    this.#index();
  }

  /** Looks at all forms again; worth it before the templates are read. */
  consolidate(): void {
    if (this.#newForms === 0) return;
    this.#newForms = 0;
    this.#forms = consolidate(this.#forms);
    this.#index();
  }

  #index(): void {
    this.#byKey = new Map(this.#forms.map((form) => [keyOf(form.tokens), form]));
    this.#wide = Map.groupBy(
      this.#forms.filter((form) => form.isWide),
      (form) => wideKey(form.tokens),
    );
  }

  /** The template that a line's form belongs to by now. */
  read(form: Form): MinedLine {
    const now = resolve(form);
    return { id: now.id, text: this.textOf(now) };
  }

  textOf(form: Form): string {
    const now = resolve(form);
    now.text ??= textOf(now.tokens);
    return now.text;
  }

  get templateCount(): number {
    return this.#forms.length + this.#overflow.size;
  }

  save(): SavedForm[] {
    return this.#forms.map(({ tokens, lines, isWide }) => ({ tokens: [...tokens], lines, isWide }));
  }

  /** A full table begins anew at twice its size, up to a bound: forms are found again by their tokens. */
  #remember(hashA: number, hashB: number, form: Form): void {
    if (this.#used >= this.#table.length * TABLE_FILL) {
      const size = Math.min(this.#table.length * 2, TABLE_SIZE_LIMIT);
      this.#hashA = new Int32Array(size);
      this.#hashB = new Int32Array(size);
      this.#table = new Array<Form | null>(size).fill(null);
      this.#used = 0;
    }
    const mask = this.#table.length - 1;
    let at = (hashA ^ (hashB >>> 9)) & mask;
    while (this.#table[at] !== null) at = (at + 1) & mask;
    this.#hashA[at] = hashA;
    this.#hashB[at] = hashB;
    this.#table[at] = form;
    this.#used++;
  }

  #place(tokens: readonly string[]): Form {
    const known = this.#byKey.get(keyOf(tokens));
    if (known !== undefined) return resolve(known);
    const wide = this.#fitting(tokens);
    if (wide !== null) return wide;
    if (this.#forms.length >= this.#formLimit) return this.#overflowing(tokens);
    const form: Form = { id: this.#nextId++, tokens, lines: 0, mergedInto: null, isWide: false, text: null };
    this.#forms.push(form);
    this.#byKey.set(keyOf(tokens), form);
    this.#newForms++;
    return form;
  }

  /** The narrowest wide form that the tokens fit. */
  #fitting(tokens: readonly string[]): Form | null {
    let best: Form | null = null;
    let bestValues = Number.POSITIVE_INFINITY;
    const n = tokens.length;
    for (const key of [`${n} ${tokens[0]}`, `${n}\u0001${tokens[n - 1]}`, `${n}`, `* ${tokens[0]}`, '*']) {
      for (const form of this.#wide.get(key) ?? []) {
        if (form.mergedInto !== null || !fits(form.tokens, tokens)) continue;
        const values = form.tokens.filter(isValue).length + (form.tokens.some(isValues) ? 100 : 0);
        if (values < bestValues) {
          best = form;
          bestValues = values;
        }
      }
    }
    return best;
  }

  #overflowing(tokens: readonly string[]): Form {
    const key = this.#overflow.size < OVERFLOW_LIMIT - 1 ? `${tokens[0]}` : '';
    const known = this.#overflow.get(key);
    if (known !== undefined) return known;
    const form: Form = {
      id: this.#nextId++,
      tokens: key === '' ? [valuesLike('')] : [tokens[0]!, valuesLike(' ')],
      lines: 0,
      mergedInto: null,
      isWide: true,
      text: null,
    };
    this.#overflow.set(key, form);
    return form;
  }
}

function wideKey(tokens: readonly string[]): string {
  if (tokens.some(isValues)) return isValue(tokens[0]!) ? '*' : `* ${tokens[0]}`;
  const n = tokens.length;
  if (!isValue(tokens[0]!)) return `${n} ${tokens[0]}`;
  return isValue(tokens[n - 1]!) ? `${n}` : `${n}\u0001${tokens[n - 1]}`;
}
