import {
  AT,
  BACKSLASH,
  BLANK,
  classOf,
  DIGIT,
  DOT,
  EQUALS,
  HEX,
  INNER,
  LETTER,
  MINUS,
  OPEN,
  PLUS,
  SLASH,
} from './characters.ts';
import { isHostName, isMonth, isValueWord, isWeekday } from './value-words.ts';

/** Lengths of hexadecimal texts without digits that no word has by chance: identifiers and digests. */
const hexLengths = new Set([8, 16, 32, 40, 64]);

/** One word of a line: what it is made of, and by that whether it is a value. Used again for every word. */
export class WordReader {
  #text = '';
  #at = 0;
  /** Where the word ends. */
  to = 0;
  #digits = 0;
  #letters = 0;
  #dots = 0;
  #slashes = 0;
  #backslashes = 0;
  #ats = 0;
  isHex = true;
  /** Pieces between inner marks that are nothing but digits; that hold digits. */
  #numberPieces = 0;
  #digitPieces = 0;
  /** Of the last piece. */
  #pieceDigits = 0;
  #pieceLetters = 0;
  #lastMark = -1;

  get isMarksOnly(): boolean {
    return this.#digits + this.#letters === 0;
  }

  get isNumber(): boolean {
    return this.#letters === 0;
  }

  read(text: string, at: number, end: number): void {
    this.#text = text;
    this.#at = at;
    this.#digits = this.#letters = this.#dots = this.#slashes = this.#backslashes = this.#ats = 0;
    this.#numberPieces = this.#digitPieces = this.#pieceDigits = this.#pieceLetters = 0;
    this.isHex = true;
    this.#lastMark = -1;
    let to = at;
    for (; to < end; to++) {
      const one = text.charCodeAt(to);
      const bits = classOf(one);
      if ((bits & DIGIT) !== 0) this.#pieceDigits++;
      else if ((bits & LETTER) !== 0) {
        this.#pieceLetters++;
        if ((bits & HEX) === 0) this.isHex = false;
      } else if ((bits & INNER) === 0 || (one === DOT && text.charCodeAt(to + 1) === DOT)) break;
      else this.#readMark(one, to);
    }
    // A full stop that ends a sentence is not part of the word.
    while (to > at + 1 && text.charCodeAt(to - 1) === DOT) {
      to--;
      this.#dots--;
    }
    this.#closePiece();
    this.to = to;
  }

  /** Whether it varies, by its looks and by what stands beside it. */
  isValue(): boolean {
    return this.#digits === 0 ? this.#isPlainValue() : this.#isDigitValue();
  }

  /** Where the number of a word such as `core.2275` begins; 0 when it is no such word. */
  numberFrom(): number {
    if (this.#pieceDigits === 0 || this.#pieceLetters > 0 || this.#lastMark <= this.#at) return 0;
    const text = this.#text;
    let mark = this.#lastMark;
    if (text.charCodeAt(mark) === MINUS && text.charCodeAt(mark - 1) === DOT) mark--;
    const one = text.charCodeAt(mark);
    return one === DOT || one === AT ? mark + 1 : 0;
  }

  #readMark(one: number, at: number): void {
    this.#closePiece();
    this.#pieceDigits = this.#pieceLetters = 0;
    this.#lastMark = at;
    if (one === DOT) this.#dots++;
    else if (one === SLASH) this.#slashes++;
    else if (one === BACKSLASH) this.#backslashes++;
    else if (one === AT) this.#ats++;
    if (one !== MINUS) this.isHex = false;
  }

  #closePiece(): void {
    this.#digits += this.#pieceDigits;
    this.#letters += this.#pieceLetters;
    if (this.#pieceDigits === 0) return;
    this.#digitPieces++;
    if (this.#pieceLetters === 0) this.#numberPieces++;
  }

  #isPlainValue(): boolean {
    const text = this.#text;
    const at = this.#at;
    const to = this.to;
    const length = to - at;
    if (this.#slashes >= 2 || this.#backslashes >= 1) return true;
    if (text.charCodeAt(at) === DOT && this.#slashes > 0) return true;
    if (this.#letters === length) {
      if (length === 3) return text.charCodeAt(to) === BLANK && isDatePart(text, at, to);
      if (length === 4 || length === 5) return isValueWord(text.slice(at, to));
      return this.isHex && hexLengths.has(length);
    }
    if (this.#ats === 1 && this.#dots > 0) {
      const sign = text.indexOf('@', at);
      return sign > at && text.lastIndexOf('.', to - 1) > sign;
    }
    return this.#dots > 0 && this.#slashes === 0 && text.charCodeAt(to) !== OPEN && isHostName(text.slice(at, to));
  }

  #isDigitValue(): boolean {
    const text = this.#text;
    const at = this.#at;
    const first = text.charCodeAt(at);
    const next = text.charCodeAt(this.to);
    if (isDigit(first) || this.#letters === 0) return true;
    if ((first === MINUS || first === PLUS || first === DOT) && isDigit(text.charCodeAt(at + 1))) return true;
    if (text.charCodeAt(at - 1) === EQUALS) return true;
    // A name before a call or a key is the program's own word.
    if (next === OPEN || next === EQUALS) return false;
    if (this.#slashes >= 2 || this.#backslashes > 0) return true;
    if (this.isHex && this.to - at >= 6) return true;
    if (this.#ats > 0) return text.indexOf('@', at) > at || text.indexOf('.', at) > at;
    if (this.#dots > 0 && this.#slashes === 0) {
      if (isHostName(text.slice(at, this.to))) return true;
      const isNumbered = this.#numberPieces === 1 && this.#digitPieces === 1 && this.#digits === this.#pieceDigits;
      return !isNumbered && (this.#numberPieces > 0 || this.#digits >= 3);
    }
    if (this.#numberPieces > 0 || this.#digitPieces >= 2 || this.#digits >= 3) return true;
    return this.#pieceDigits >= 2 && isDigit(text.charCodeAt(this.to - 1));
  }
}

const isDigit = (one: number) => (classOf(one) & DIGIT) !== 0;

/** `Fri Jun 17`: a weekday or month before a number. */
function isDatePart(text: string, at: number, to: number): boolean {
  const word = text.slice(at, to);
  if (isWeekday(word)) return digitFollows(text, to) || isMonth(text.slice(to + 1, to + 4));
  return isMonth(word) && digitFollows(text, to);
}

function digitFollows(text: string, at: number): boolean {
  let past = at;
  while (text.charCodeAt(past) === BLANK) past++;
  return past < text.length && isDigit(text.charCodeAt(past));
}
