import { isUtf8 } from 'node:buffer';
import type { Refusals } from '../refusals.ts';

/** `auto`: UTF-16 by its mark, UTF-8, else CP949 where the bytes are valid Korean. `euc-kr` covers CP949. */
export type LogEncoding = 'auto' | 'utf-8' | 'euc-kr' | 'utf-16le' | 'utf-16be';

export interface SplitLine {
  /** `null` for a line that was refused: its bytes are passed all the same. */
  readonly text: string | null;
  readonly bytes: number;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Bytes of a file into lines. Holds at most one unfinished line of `maxLineBytes`; a longer one is refused as
 * `line-too-long` once and skipped to its end, so a line of any length costs no memory.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  readonly #refusals: Refusals;
  #encoding: LogEncoding;
  #held: Buffer = Buffer.alloc(0);
  #skipping = false;

  constructor(maxLineBytes: number, encoding: LogEncoding, refusals: Refusals) {
    this.#maxLineBytes = maxLineBytes;
    this.#encoding = encoding;
    this.#refusals = refusals;
  }

  /** Bytes taken in that belong to a line not finished yet. */
  get heldBytes(): number {
    return this.#held.length;
  }

  /** In the middle of a line that is being passed over. */
  get isSkipping(): boolean {
    return this.#skipping;
  }

  /** Says how the file is encoded when it begins with a byte order mark; its length. */
  noteStart(bytes: Uint8Array): number {
    if (this.#encoding !== 'auto') return 0;
    if (bytes[0] === 0xff && bytes[1] === 0xfe) this.#encoding = 'utf-16le';
    else if (bytes[0] === 0xfe && bytes[1] === 0xff) this.#encoding = 'utf-16be';
    else return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    return 2;
  }

  /** Takes the next bytes; gives the lines they finish, with the bytes each occupies in the file. */
  push(chunk: Buffer): SplitLine[] {
    const lines: SplitLine[] = [];
    let start = 0;
    for (;;) {
      const end = this.#lineEnd(chunk, start);
      if (end < 0) break;
      lines.push(this.#finish(chunk.subarray(start, end)));
      start = end;
    }
    this.#hold(chunk.subarray(start), lines);
    return lines;
  }

  /** What is held, as a last line: for a file that will not grow any more. */
  flush(): SplitLine | null {
    if (this.#skipping || this.#held.length === 0) {
      this.#skipping = false;
      return null;
    }
    return this.#finish(Buffer.alloc(0));
  }

  /** Index behind the next line's end, or -1. In UTF-16 the newline is two bytes at an even distance. */
  #lineEnd(chunk: Buffer, start: number): number {
    const wide = this.#encoding === 'utf-16le' ? 1 : this.#encoding === 'utf-16be' ? -1 : 0;
    // The two bytes may have come in two reads.
    const heldNewline = this.#held.length % 2 === 1 && this.#held.at(-1) === NEWLINE;
    if (wide === 1 && start === 0 && heldNewline && chunk[0] === 0) return 1;
    for (let from = start; ; ) {
      const at = chunk.indexOf(NEWLINE, from);
      if (at < 0) return -1;
      if (wide === 0) return at + 1;
      const distance = this.#held.length + at - start;
      if (wide === 1 && distance % 2 === 0 && chunk[at + 1] === 0) return at + 2;
      if (wide === -1 && distance % 2 === 1 && (at > start ? chunk[at - 1] : this.#held.at(-1)) === 0) return at + 1;
      from = at + 1;
    }
  }

  #hold(rest: Buffer, lines: SplitLine[]): void {
    if (rest.length === 0) return;
    if (!this.#skipping && this.#held.length + rest.length <= this.#maxLineBytes) {
      this.#held = this.#held.length === 0 ? Buffer.from(rest) : Buffer.concat([this.#held, rest]);
      return;
    }
    if (!this.#skipping) this.#refusals.count('line-too-long');
    this.#skipping = true;
    lines.push({ text: null, bytes: this.#held.length + rest.length });
    this.#held = Buffer.alloc(0);
  }

  #finish(piece: Buffer): SplitLine {
    const bytes = this.#held.length + piece.length;
    const whole = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    this.#held = Buffer.alloc(0);
    if (this.#skipping) {
      this.#skipping = false;
      return { text: null, bytes };
    }
    if (bytes > this.#maxLineBytes) {
      this.#refusals.count('line-too-long');
      return { text: null, bytes };
    }
    const text = this.#decode(whole);
    return { text: text === '' ? null : text, bytes };
  }

  #decode(line: Buffer): string {
    if (this.#encoding === 'utf-16le' || this.#encoding === 'utf-16be') {
      return new TextDecoder(this.#encoding).decode(line).replace(/\r?\n$/, '');
    }
    let end = line.length;
    if (end > 0 && line[end - 1] === NEWLINE) end--;
    if (end > 0 && line[end - 1] === RETURN) end--;
    let content = line.subarray(0, end);
    if (content.includes(0)) {
      // Blocks of NUL are what a crash leaves where data was never written.
      this.#refusals.count('nul-bytes');
      content = content.filter((byte) => byte !== 0) as Buffer; // Buffer.filter keeps the type; its declaration does not say so
    }
    return decodeText(content, this.#encoding, this.#refusals);
  }
}

function decodeText(content: Buffer, encoding: LogEncoding, refusals: Refusals): string {
  if (encoding !== 'euc-kr' && isUtf8(content)) return content.toString('utf8');
  if (encoding !== 'utf-8') {
    const korean = decodeKorean(content);
    if (korean !== null) return korean;
  }
  refusals.count('invalid-encoding');
  return new TextDecoder(encoding === 'euc-kr' ? 'euc-kr' : 'utf-8').decode(content);
}

const strictKorean = new TextDecoder('euc-kr', { fatal: true });

/** Text in CP949 (the label `euc-kr` means it in the Encoding Standard), or `null` where it is none. */
function decodeKorean(content: Buffer): string | null {
  try {
    return strictKorean.decode(content);
  } catch {
    return null;
  }
}
