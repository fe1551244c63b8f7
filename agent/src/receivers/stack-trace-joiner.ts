import type { SplitLine } from './line-splitter.ts';

const LINES_LIMIT = 200;
const LENGTH_LIMIT = 16 * 1024;

/** Lines that go on with the one before: indented ones, and what Java says between frames. */
const continues = /^(?:\s+\S|Caused by: |Suppressed: |\.{3} \d+ more)/;
const pythonStart = /^Traceback \(most recent call last\):/;

/**
 * Joins the lines of a stack trace into one text, parted by newlines. Holds what may go on; the caller takes it when the
 * file has been quiet. Bounded: a longer trace comes in pieces.
 */
export class StackTraceJoiner {
  #texts: string[] = [];
  #length = 0;
  #bytes = 0;
  #isPython = false;

  get heldBytes(): number {
    return this.#bytes;
  }

  /** Takes a line; gives what is finished by its coming. */
  push({ text, bytes }: SplitLine): SplitLine | null {
    // A refused line only moves the position.
    if (text === null) {
      if (this.#texts.length === 0) return { text, bytes };
      this.#bytes += bytes;
      return null;
    }
    if (this.#texts.length > 0 && this.#joins(text)) {
      this.#add(text, bytes);
      return null;
    }
    const finished = this.flush();
    this.#isPython = pythonStart.test(text);
    this.#add(text, bytes);
    return finished;
  }

  /** What is held, finished or not. */
  flush(): SplitLine | null {
    if (this.#texts.length === 0) return null;
    const finished = { text: this.#texts.join('\n'), bytes: this.#bytes };
    this.#texts = [];
    this.#length = 0;
    this.#bytes = 0;
    this.#isPython = false;
    return finished;
  }

  #joins(text: string): boolean {
    if (this.#texts.length >= LINES_LIMIT || this.#length + text.length > LENGTH_LIMIT) return false;
    if (continues.test(text)) return true;
    // Python says the error itself last, not indented.
    const closesPython = this.#isPython && this.#texts.length > 1;
    if (closesPython) this.#isPython = false;
    return closesPython;
  }

  #add(text: string, bytes: number): void {
    this.#texts.push(text);
    this.#length += text.length + 1;
    this.#bytes += bytes;
  }
}
