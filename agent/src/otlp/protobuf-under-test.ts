/** Writes protobuf for tests: the reader's opposite, by field number. */
export type Field = readonly [number: number, value: Value];
type Value =
  | { readonly uint: number | bigint }
  | { readonly double: number }
  | { readonly fixed64: bigint }
  | { readonly text: string }
  | { readonly bytes: Uint8Array }
  | { readonly message: readonly Field[] };

export function encode(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map(([number, value]) => encodeField(number, value)));
}

function encodeField(number: number, value: Value): Buffer {
  const tag = (wireType: number) => varint(BigInt(number * 8 + wireType));
  if ('uint' in value) return Buffer.concat([tag(0), varint(BigInt.asUintN(64, BigInt(value.uint)))]);
  if ('double' in value || 'fixed64' in value) {
    const bytes = Buffer.alloc(8);
    if ('double' in value) bytes.writeDoubleLE(value.double);
    else bytes.writeBigUInt64LE(BigInt.asUintN(64, value.fixed64));
    return Buffer.concat([tag(1), bytes]);
  }
  const bytes = 'text' in value ? Buffer.from(value.text) : 'bytes' in value ? value.bytes : encode(value.message);
  return Buffer.concat([tag(2), varint(BigInt(bytes.length)), bytes]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(left)]);
}
