/** Takes messages out of a TCP stream: octet counting (RFC 6587 3.4.1) or one a line, as each message begins. */
export class SyslogFraming {
  readonly #maxBytes: number;
  #held: Buffer = Buffer.alloc(0);
  /** Within a line that is too long: nothing is kept until its end. */
  #isSkippingLine = false;
  /** Bytes of a counted message that is too long and still to come. */
  #skipBytes = 0;

  /** @param maxBytes - longer messages are passed over */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns whole messages, and how many were too long */
  push(chunk: Buffer): { readonly messages: readonly Buffer[]; readonly tooLong: number } {
    let data = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const messages: Buffer[] = [];
    let tooLong = 0;
    for (;;) {
      if (this.#skipBytes > 0) {
        const skipped = Math.min(this.#skipBytes, data.length);
        this.#skipBytes -= skipped;
        data = data.subarray(skipped);
      }
      if (this.#isSkippingLine) {
        const end = data.indexOf(0x0a);
        this.#isSkippingLine = end === -1;
        data = data.subarray(end === -1 ? data.length : end + 1);
      }
      if (data.length === 0) break;
      const counted = countedLength(data);
      if (counted !== null) {
        const [start, length] = counted;
        if (length > this.#maxBytes) {
          tooLong++;
          this.#skipBytes = start + length;
          continue;
        }
        if (data.length < start + length) break;
        messages.push(data.subarray(start, start + length));
        data = data.subarray(start + length);
        continue;
      }
      const end = data.indexOf(0x0a);
      if (end > this.#maxBytes || (end === -1 && data.length > this.#maxBytes)) {
        tooLong++;
        this.#isSkippingLine = true;
        continue;
      }
      if (end === -1) break;
      if (end > 0) messages.push(data.subarray(0, data[end - 1] === 0x0d ? end - 1 : end));
      data = data.subarray(end + 1);
    }
    this.#held = Buffer.from(data);
    return { messages, tooLong };
  }

  /** The stream has ended: a last line without its end is a message; a counted one that is not whole is cut short. */
  flush(): { readonly message: Buffer | null; readonly isCutShort: boolean } {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    if (held.length === 0) return { message: null, isCutShort: false };
    const isCutShort = countedLength(held) !== null;
    return { message: isCutShort ? null : held, isCutShort };
  }
}

/** `123 <…`: where the message begins, and its length in bytes; `null` for a message that ends with its line. */
function countedLength(data: Buffer): readonly [start: number, length: number] | null {
  const match = /^([1-9]\d{0,9}) </.exec(data.subarray(0, 13).toString('latin1'));
  return match === null ? null : [match[1]!.length + 1, Number(match[1])];
}
