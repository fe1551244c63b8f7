import {
  BACKSLASH,
  COLON,
  classOf,
  DIGIT,
  DOLLAR,
  DOT,
  EQUALS,
  HEX,
  isWordClass,
  LESS,
  LETTER,
  MORE,
  SLASH,
  SPACE,
  STOP,
  UNDERSCORE,
  valueJoints,
} from './characters.ts';
import { joinCompounds } from './compound-values.ts';
import { isSizeUnit } from './value-words.ts';
import { WordReader } from './word-reader.ts';

/** Longer lines are read up to here; what follows is one value. */
const TOKEN_LIMIT = 512;
const VALUE = -1;
const MARK_LENGTH_LIMIT = 24;

/**
 * Cuts a message into words, marks and values in one pass, and hashes what is not a value. Nothing is allocated, so that
 * the usual line, whose form is known, costs no more than its characters.
 *
 * A value is what varies by its looks: numbers with their unit, identifiers, addresses, paths, host names, dates,
 * booleans, what a redaction left (`<ip>`).
 */
export class LineScanner {
  /** Of token `i`: where it begins, where it ends (-1: a value), whether white space stands before it. */
  readonly #starts = new Int32Array(TOKEN_LIMIT);
  readonly #ends = new Int32Array(TOKEN_LIMIT);
  readonly #gaps = new Uint8Array(TOKEN_LIMIT);
  readonly #word = new WordReader();
  #text = '';
  #count = 0;
  /** Two hashes of the form, each of 32 bits. */
  hashA = 0;
  hashB = 0;

  scan(text: string, from: number): void {
    this.#text = text;
    this.#count = 0;
    this.hashA = 0x811c9dc5 | 0;
    this.hashB = 0x2545f491;
    const end = text.length;
    let at = from;
    let gap = 0;
    while (at < end && this.#count < TOKEN_LIMIT - 4) {
      const bits = classOf(text.charCodeAt(at));
      if ((bits & SPACE) !== 0) {
        gap = 1;
        at++;
        continue;
      }
      at = (bits & STOP) !== 0 ? this.#readMark(at, end, gap) : this.#readWord(at, end, gap);
      gap = 0;
    }
    if (at < end) this.#push(at, VALUE, gap);
  }

  /** The tokens as texts: a leading blank where white space stood before, `<*>` for a value. */
  tokens(): string[] {
    const tokens: string[] = [];
    for (let i = 0; i < this.#count; i++) {
      const end = this.#ends[i]!;
      const word = end === VALUE ? '<*>' : this.#text.slice(this.#starts[i]!, end);
      tokens.push(this.#gaps[i] === 1 && i > 0 ? ` ${word}` : word);
    }
    return joinCompounds(tokens);
  }

  /** Brackets, quotes, separators; and `<ip>`, which a redaction left in place of a value. */
  #readMark(at: number, end: number, gap: number): number {
    const past = this.#text.charCodeAt(at) === LESS ? this.#endOfRedacted(at, end) : 0;
    if (past > 0) {
      this.#push(at, VALUE, gap);
      return past;
    }
    this.#push(at, at + 1, gap);
    return at + 1;
  }

  #endOfRedacted(at: number, end: number): number {
    const text = this.#text;
    if (text.startsWith('<*>', at)) return at + 3;
    let to = at + 1;
    while (to < end && to - at < MARK_LENGTH_LIMIT && isNameCode(text.charCodeAt(to))) to++;
    return to > at + 1 && text.charCodeAt(to) === MORE ? to + 1 : 0;
  }

  #readWord(at: number, end: number, gap: number): number {
    const text = this.#text;
    const word = this.#word;
    word.read(text, at, end);
    const { to } = word;
    if (to === at) return this.#readDots(at, end, gap);
    if (word.isMarksOnly) {
      this.#push(at, to, gap);
      return to;
    }
    const past = this.#endOfSpecial(at, to, end);
    if (past > 0) {
      // `scheme://` stays, what it leads to goes.
      const isAddress = text.startsWith('//', at) && text.charCodeAt(at - 1) === COLON;
      if (isAddress) this.#push(at, at + 2, gap);
      this.#push(at, VALUE, isAddress ? 0 : gap);
      return past;
    }
    if (word.isValue()) {
      this.#push(at, VALUE, gap);
      const after = text.charCodeAt(at - 1) === EQUALS ? this.#endOfAttached(to, end) : to;
      return word.isNumber && after === to ? this.#pastUnit(to, end) : after;
    }
    const cut = word.numberFrom();
    if (cut > 0) {
      this.#push(at, cut, gap);
      this.#push(cut, VALUE, 0);
    } else this.#push(at, to, gap);
    return to;
  }

  /** End of a path, of the rest of an address behind `scheme:`, or of groups between colons; 0 when it is none. */
  #endOfSpecial(at: number, to: number, end: number): number {
    const text = this.#text;
    const next = text.charCodeAt(to);
    if (text.charCodeAt(at) === SLASH) {
      if (text.charCodeAt(at + 1) === SLASH && text.charCodeAt(at - 1) === COLON) return this.#endOfAddress(to, end);
      return next === COLON || text.charCodeAt(at - 1) === EQUALS ? this.#endOfPath(to, end) : to;
    }
    if (next !== COLON || to - at > 4) return 0;
    if (to - at === 1 && text.charCodeAt(to + 1) === BACKSLASH) return this.#endOfPath(to + 1, end);
    return this.#word.isHex ? endOfColonGroups(text, to, end) : 0;
  }

  /** A run of dots between words, as in tables. */
  #readDots(at: number, end: number, gap: number): number {
    let to = at;
    while (to < end && this.#text.charCodeAt(to) === DOT) to++;
    this.#push(at, Math.max(to, at + 1), gap);
    return Math.max(to, at + 1);
  }

  /** `5.2 KB` is one value. */
  #pastUnit(to: number, end: number): number {
    const text = this.#text;
    if (text.charCodeAt(to) !== 32) return to;
    let past = to + 1;
    while (past < end && past - to <= 4 && (classOf(text.charCodeAt(past)) & LETTER) !== 0) past++;
    const next = past < end ? text.charCodeAt(past) : 32;
    return past > to + 1 && !((classOf(next) & (LETTER | DIGIT)) !== 0) && isSizeUnit(text.slice(to + 1, past))
      ? past
      : to;
  }

  /** What stands behind `key=` goes on over inner marks until a bracket, quote, comma or blank. */
  #endOfAttached(to: number, end: number): number {
    const text = this.#text;
    let past = to;
    while (past < end) {
      const one = text.charCodeAt(past);
      if (!valueJoints.has(one) && !isWordClass(classOf(one))) break;
      past++;
    }
    while (past > to && !((classOf(text.charCodeAt(past - 1)) & (LETTER | DIGIT)) !== 0)) past--;
    return past;
  }

  #endOfPath(to: number, end: number): number {
    const text = this.#text;
    let past = to;
    // `/a/b:12` of a place in a file or a port stays two values; `/a:/b` and `C:\x` are one path.
    while (past < end) {
      const one = text.charCodeAt(past);
      if (one === COLON && (text.charCodeAt(past + 1) === SLASH || text.charCodeAt(past + 1) === BACKSLASH)) past++;
      else if (isWordClass(classOf(one))) past++;
      else break;
    }
    while (past > to && text.charCodeAt(past - 1) === DOT) past--;
    return past;
  }

  /** Behind `scheme://` up to a blank, quote or closing bracket. */
  #endOfAddress(to: number, end: number): number {
    const text = this.#text;
    let past = to;
    while (past < end) {
      const one = text[past]!;
      if ((classOf(text.charCodeAt(past)) & SPACE) !== 0 || '"\'<>)]},'.includes(one)) break;
      past++;
    }
    while (past > to && '.;:!?'.includes(text[past - 1]!)) past--;
    return past;
  }

  #push(start: number, end: number, gap: number): void {
    const at = this.#count;
    if (end === VALUE) {
      // Values side by side are one.
      if (at > 0 && this.#ends[at - 1] === VALUE) return;
      this.hashA = Math.imul(this.hashA ^ (0x1f + gap), 0x01000193);
      this.hashB = (Math.imul(this.hashB, 0x9e3779b1) + 0x51ed + gap) | 0;
    } else {
      const text = this.#text;
      let a = this.hashA ^ (gap << 9);
      let b = (this.hashB + gap) | 0;
      for (let i = start; i < end; i++) {
        const one = text.charCodeAt(i);
        a = Math.imul(a ^ one, 0x01000193);
        b = (Math.imul(b, 0x85ebca6b) + one) | 0;
      }
      this.hashA = a ^ (a >>> 15);
      this.hashB = Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
    }
    this.#starts[at] = start;
    this.#ends[at] = end;
    this.#gaps[at] = gap;
    this.#count = at + 1;
  }
}

/** End of a MAC or IPv6 address whose first group ends at `to`; 0 when it is none. */
function endOfColonGroups(text: string, to: number, end: number): number {
  let groups = 1;
  let at = to;
  let isShort = false;
  while (at < end && text.charCodeAt(at) === COLON) {
    let past = at + 1;
    while (past < end && past - at <= 5 && (classOf(text.charCodeAt(past)) & HEX) !== 0) past++;
    if (past - at > 5) return 0;
    if (past === at + 1) {
      if (isShort || text.charCodeAt(past) !== COLON) break;
      isShort = true;
    }
    groups++;
    at = past;
  }
  const next = at < end ? text.charCodeAt(at) : 32;
  if ((classOf(next) & LETTER) !== 0 || next === DOLLAR) return 0;
  return groups >= 5 || (isShort && groups >= 3) ? at : 0;
}

const isNameCode = (one: number) => (classOf(one) & LETTER) !== 0 || one === UNDERSCORE;
