import { ModelsError } from '../errors.ts';

/** How often a field may stand in its message, and why one that is known is refused. */
export type FieldRule = 'once' | 'many' | { readonly refused: string };
export type MessageRules = Readonly<Record<number, FieldRule>>;

type Raw = bigint | Uint8Array;

/**
 * One level of a protocol buffers message from outside: its fields by number, nothing inside them read yet. Refuses what is
 * torn, what stands twice, and fields that are not in `rules`: what nobody read may mean anything to the next reader. A
 * field takes at least two bytes, so a bounded file is a bounded number of them.
 */
export class ProtobufMessage {
  readonly #fields = new Map<number, Raw[]>();
  readonly #name: string;

  constructor(name: string, bytes: Uint8Array, rules: MessageRules) {
    this.#name = name;
    const reader = new WireReader(name, bytes);
    while (!reader.isAtEnd) {
      const { field, value } = reader.next();
      const rule = rules[field];
      if (rule === undefined) throw malformed(`field ${field} of ${name} is not known`);
      if (typeof rule === 'object') throw unsupported(`${name} has ${rule.refused}`);
      const known = this.#fields.get(field);
      if (known === undefined) this.#fields.set(field, [value]);
      else if (rule === 'once') throw malformed(`field ${field} of ${name} stands twice`);
      else known.push(value);
    }
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  /** Length-delimited values: texts, bytes, messages inside. */
  parts(field: number): Uint8Array[] {
    return this.#all(field).map((value) => {
      if (typeof value === 'bigint') throw malformed(`field ${field} of ${this.#name} is a number`);
      return value;
    });
  }

  part(field: number): Uint8Array | null {
    return this.parts(field)[0] ?? null;
  }

  texts(field: number): string[] {
    return this.parts(field).map((bytes) => {
      if (bytes.length > LONGEST_TEXT)
        throw malformed(`field ${field} of ${this.#name} is a text of ${bytes.length} bytes`);
      return new TextDecoder().decode(bytes);
    });
  }

  /** An empty text where it is missing, as protocol buffers have it. */
  text(field: number): string {
    return this.texts(field)[0] ?? '';
  }

  /** A whole number; 0 where it is missing. */
  integer(field: number): number {
    return this.integers(field)[0] ?? 0;
  }

  /** Whole numbers, packed or each by itself. */
  integers(field: number): number[] {
    return this.#all(field).flatMap((value) => {
      if (typeof value === 'bigint') return [safeInteger(value)];
      const reader = new WireReader(this.#name, value);
      const numbers: number[] = [];
      while (!reader.isAtEnd) numbers.push(safeInteger(reader.varint()));
      return numbers;
    });
  }

  /** Numbers of a fixed size, packed or each by itself, as the bytes they are. */
  fixed(field: number, size: 4 | 8): Uint8Array {
    const parts = this.parts(field);
    const torn = parts.find((part) => part.length % size !== 0);
    if (torn !== undefined)
      throw malformed(`field ${field} of ${this.#name} holds ${torn.length} bytes of ${size} each`);
    const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #all(field: number): readonly Raw[] {
    return this.#fields.get(field) ?? [];
  }
}

const LONGEST_TEXT = 4_096;

export function malformed(message: string): ModelsError {
  return new ModelsError('MODEL_MALFORMED', message, 'export the model again, with a current exporter');
}

function unsupported(message: string): ModelsError {
  return new ModelsError('MODEL_UNSUPPORTED', message, 'export a plain graph with its weights inside');
}

/** Beyond what a double holds exactly a number is cut to the largest it does: no size or count is that large. */
function safeInteger(value: bigint): number {
  const signed = Number(BigInt.asIntN(64, value));
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, signed));
}

class WireReader {
  readonly #name: string;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(name: string, bytes: Uint8Array) {
    this.#name = name;
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  next(): { readonly field: number; readonly value: Raw } {
    const tag = this.varint();
    const field = safeInteger(tag >> 3n);
    switch (Number(tag & 7n)) {
      case 0:
        return { field, value: this.varint() };
      case 1:
        return { field, value: this.#take(8) };
      case 2:
        return { field, value: this.#take(safeInteger(this.varint())) };
      case 5:
        return { field, value: this.#take(4) };
      default:
        throw malformed(`${this.#name} is no protocol buffers message`);
    }
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#take(1)[0]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw malformed(`${this.#name} holds a number of more than ten bytes`);
  }

  #take(length: number): Uint8Array {
    if (length < 0 || length > this.#bytes.length - this.#at) {
      throw malformed(
        `${this.#name} ends early: ${length} bytes are announced, ${this.#bytes.length - this.#at} are there`,
      );
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
