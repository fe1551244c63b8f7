/** What a sender got wrong; the message goes back to it, so it never repeats what was sent. */
export class MalformedOtlp extends Error {}

const utf8 = new TextDecoder('utf-8');

/**
 * Reads the protobuf wire format by hand: `next` gives field after field, then one of the readers takes its value, or
 * `skip` passes over it. Nothing is copied, and no length is believed beyond the end of what encloses it.
 */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;
  #wireType = 0;

  constructor(bytes: Uint8Array, from = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = from;
    this.#end = end;
  }

  /** The next field's number, or 0 at the end. */
  next(): number {
    if (this.#at >= this.#end) return 0;
    const tag = this.#varint();
    const field = Math.floor(tag / 8);
    if (field < 1 || field >= 2 ** 29) throw new MalformedOtlp('a field has no number');
    this.#wireType = tag % 8;
    return field;
  }

  skip(): void {
    if (this.#wireType === 0) this.#varint();
    else if (this.#wireType === 1) this.#advance(8);
    else if (this.#wireType === 2) this.#advance(this.#varint());
    else if (this.#wireType === 5) this.#advance(4);
    else throw new MalformedOtlp(`a field of wire type ${this.#wireType}`);
  }

  message(): ProtobufReader {
    const { from, end } = this.#delimited();
    return new ProtobufReader(this.#bytes, from, end);
  }

  text(): string {
    const { from, end } = this.#delimited();
    return utf8.decode(this.#bytes.subarray(from, end));
  }

  bytes(): Uint8Array {
    const { from, end } = this.#delimited();
    return this.#bytes.subarray(from, end);
  }

  /** Unsigned, exact up to 2^53. */
  uint(): number {
    this.#expect(0);
    return this.#varint();
  }

  /** int64: its negative numbers are ten bytes long. */
  int(): number {
    this.#expect(0);
    return this.#signed();
  }

  double(): number {
    this.#expect(1);
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** fixed64; exact to a quarter of a microsecond for the nanoseconds of a date. */
  fixed64(): number {
    this.#expect(1);
    const at = this.#advance(8);
    return this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  sfixed64(): number {
    this.#expect(1);
    return Number(this.#view.getBigInt64(this.#advance(8), true));
  }

  /** A repeated fixed64 or double, packed or one of them. */
  packed64(kind: 'fixed64' | 'double'): number[] {
    if (this.#wireType === 1) return [kind === 'double' ? this.double() : this.fixed64()];
    const inner = this.message();
    const values: number[] = [];
    inner.#wireType = 1;
    while (inner.#at < inner.#end) values.push(kind === 'double' ? inner.double() : inner.fixed64());
    return values;
  }

  #delimited(): { readonly from: number; readonly end: number } {
    this.#expect(2);
    const length = this.#varint();
    const from = this.#advance(length);
    return { from, end: from + length };
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) throw new MalformedOtlp('a field is not of its type');
  }

  #advance(length: number): number {
    const from = this.#at;
    if (length > this.#end - from) throw new MalformedOtlp('a field is longer than the message it is in');
    this.#at = from + length;
    return from;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 10; shift++) {
      const byte = this.#bytes[this.#advance(1)]!;
      value += (byte & 0x7f) * 2 ** (7 * shift);
      if (byte < 0x80) return value;
    }
    throw new MalformedOtlp('a number is longer than ten bytes');
  }

  #signed(): number {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#advance(1)]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    throw new MalformedOtlp('a number is longer than ten bytes');
  }
}
