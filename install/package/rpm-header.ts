/** A value under a tag of an RPM header; the kinds are RPM's own. */
export type RpmValue =
  | { readonly kind: 'int16' | 'int32'; readonly values: readonly number[] }
  | { readonly kind: 'string' | 'i18n'; readonly values: readonly [string] }
  | { readonly kind: 'strings'; readonly values: readonly string[] };

export const int16 = (...values: readonly number[]): RpmValue => ({ kind: 'int16', values });
export const int32 = (...values: readonly number[]): RpmValue => ({ kind: 'int32', values });
export const string = (value: string): RpmValue => ({ kind: 'string', values: [value] });
export const i18n = (value: string): RpmValue => ({ kind: 'i18n', values: [value] });
export const strings = (...values: readonly string[]): RpmValue => ({ kind: 'strings', values });

const MAGIC = Buffer.from([0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0]);
const kinds = { int16: 3, int32: 4, string: 6, strings: 8, i18n: 9 } as const;
const BINARY = 7;
const INDEX_BYTES = 16;

/**
 * An RPM header: an index of tags, then their values. It begins with the tag of its region, whose value closes the store
 * and says that all tags belong to what is signed.
 *
 * @param region - 62 for a header of signatures, 63 for the main one
 * @see RPM Package File Format, version 3, "Header"
 */
export function rpmHeader(region: number, values: ReadonlyMap<number, RpmValue>): Buffer {
  const index: Buffer[] = [];
  const store: Buffer[] = [];
  let sizeBytes = 0;
  const append = (bytes: Buffer) => {
    store.push(bytes);
    sizeBytes += bytes.length;
  };
  for (const [tag, value] of [...values].sort(([a], [b]) => a - b)) {
    const alignment = value.kind === 'int32' ? 4 : value.kind === 'int16' ? 2 : 1;
    append(Buffer.alloc((alignment - (sizeBytes % alignment)) % alignment));
    index.push(int32Bytes(tag, kinds[value.kind], sizeBytes, value.values.length));
    append(bytesOf(value));
  }
  index.unshift(int32Bytes(region, BINARY, sizeBytes, INDEX_BYTES));
  append(int32Bytes(region, BINARY, -(index.length * INDEX_BYTES), INDEX_BYTES));
  return Buffer.concat([MAGIC, int32Bytes(index.length, sizeBytes), ...index, ...store]);
}

function bytesOf({ kind, values }: RpmValue): Buffer {
  if (kind === 'int32') return int32Bytes(...values);
  if (kind !== 'int16') return Buffer.from(values.map((value) => `${value}\0`).join(''));
  const bytes = Buffer.alloc(values.length * 2);
  for (const [at, value] of values.entries()) bytes.writeUInt16BE(value, at * 2);
  return bytes;
}

function int32Bytes(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeInt32BE(value | 0, at * 4);
  return bytes;
}
