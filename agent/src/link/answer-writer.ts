import type { AnswerChunk } from '@airis/protocol';
import type { Ask } from './hub-link.ts';

/** Answers one question in numbered chunks, the last one marked, within the bytes that it allows. */
export class AnswerWriter {
  readonly #ask: Ask;
  readonly #request: string;
  readonly #maxBytes: number;
  #chunk = 0;
  #bytes = 0;
  #withheldRows = 0;

  constructor(ask: Ask, { request, maxBytes }: { readonly request: string; readonly maxBytes: number }) {
    this.#ask = ask;
    this.#request = request;
    this.#maxBytes = maxBytes;
  }

  withhold(rows: number): void {
    this.#withheldRows += rows;
  }

  /** `false`, and nothing sent, once the question's bytes are used up. */
  send(batch: Uint8Array): boolean {
    return this.#body(batch, false);
  }

  /** The last chunk; `batch` is what is left, if anything. */
  end(batch: Uint8Array = new Uint8Array()): void {
    if (!this.#body(batch, true)) this.failTooLarge();
  }

  failTooLarge(): void {
    this.fail('too-large', `more than ${this.#maxBytes} bytes; ask for a shorter time`);
  }

  fail(code: string, detail: string): void {
    this.#publish({ last: true, error: { code, detail }, body: '' });
  }

  #body(batch: Uint8Array, last: boolean): boolean {
    const body = Buffer.from(batch).toString('base64');
    if (this.#bytes + body.length > this.#maxBytes) return false;
    this.#bytes += body.length;
    this.#publish({ last, error: null, body });
    return true;
  }

  #publish(of: Pick<AnswerChunk, 'last' | 'error' | 'body'>): void {
    const chunk: AnswerChunk = { chunk: this.#chunk++, withheldRows: this.#withheldRows, ...of };
    this.#ask.answer(this.#request, Buffer.from(JSON.stringify(chunk)));
  }
}
