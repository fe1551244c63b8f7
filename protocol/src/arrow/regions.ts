import { ok, type Result, refused } from '../result.ts';
import type { Column } from './column.ts';
import { elementBytes, hasOffsets } from './layout.ts';
import type { MetadataReader } from './metadata-reader.ts';
import { type RecordBatchFields, STRUCT_BYTES } from './record-batch.ts';

export type BodyRefusal = 'malformed' | 'null-value';

/** Start and length in bytes of each data buffer, in Arrow's order: `[start0, length0, start1, …]`. Starts are multiples of 8. */
export type Regions = readonly number[];

/**
 * Where the data buffers lie, after checking that they lie inside the body, one after the other, each as long as the
 * rows need, that offsets start at 0 and never fall, and that nothing is null.
 */
export function readRegions(
  columns: readonly Column[],
  metadata: MetadataReader,
  fields: RecordBatchFields,
  rows: number,
  body: Uint8Array,
): Result<Regions, BodyRefusal> {
  const cursor = new BodyCursor(metadata, fields, body);
  for (const { name, type } of columns) {
    cursor.array(rows);
    const elements = hasOffsets(type) ? cursor.offsets(rows) : rows;
    if (type === 'listFloat64') cursor.array(elements);
    cursor.data(elements * elementBytes[type]);
    if (cursor.refusal !== null) return refused(cursor.refusal.reason, `column ${name}: ${cursor.refusal.detail}`);
  }
  cursor.end();
  return cursor.refusal ?? ok(cursor.regions);
}

/** Writers pad buffers to 8 or 64 bytes; a gap or a tail beyond that hides something. */
const MAX_PADDING = 63;

/** Goes through nodes and buffers as a column's layout has them; keeps the first thing that does not fit. */
class BodyCursor {
  readonly regions: number[] = [];
  refusal: { readonly ok: false; readonly reason: BodyRefusal; readonly detail: string } | null = null;
  readonly #metadata: MetadataReader;
  readonly #body: Uint8Array;
  readonly #bodyLengthAt: number;
  readonly #nodesEnd: number;
  readonly #buffersEnd: number;
  #nodeAt: number;
  #bufferAt: number;
  /** End of the last data buffer in the body. */
  #end = 0;

  constructor(metadata: MetadataReader, fields: RecordBatchFields, body: Uint8Array) {
    this.#metadata = metadata;
    this.#body = body;
    this.#bodyLengthAt = fields.bodyLengthAt;
    this.#nodeAt = fields.nodesAt;
    this.#bufferAt = fields.buffersAt;
    this.#nodesEnd = fields.nodesAt + fields.nodes * STRUCT_BYTES;
    this.#buffersEnd = fields.buffersAt + fields.buffers * STRUCT_BYTES;
  }

  /** An array begins: its node, and its bitmap, which must be empty. */
  array(length: number): void {
    const metadata = this.#metadata;
    const isMissing = this.#nodeAt >= this.#nodesEnd || this.#bufferAt >= this.#buffersEnd;
    if (isMissing) this.#refuse('malformed', 'missing');
    if (this.refusal !== null) return;
    if (metadata.count(this.#nodeAt) !== length) this.#refuse('malformed', 'node length');
    if (metadata.count(this.#nodeAt + 8) !== 0) this.#refuse('null-value', 'counts nulls');
    if (metadata.count(this.#bufferAt + 8) !== 0) this.#refuse('null-value', 'has a validity bitmap');
    this.#nodeAt += STRUCT_BYTES;
    this.#bufferAt += STRUCT_BYTES;
  }

  /** A data buffer that must hold `need` bytes, not before the one before it ends. Where it starts. */
  data(need: number): number {
    if (this.#bufferAt >= this.#buffersEnd) this.#refuse('malformed', 'missing');
    if (this.refusal !== null) return 0;
    const start = this.#metadata.count(this.#bufferAt);
    const length = this.#metadata.count(this.#bufferAt + 8);
    this.#bufferAt += STRUCT_BYTES;
    if (start % 8 !== 0 || start < this.#end || start > this.#end + MAX_PADDING)
      this.#refuse('malformed', 'buffer start');
    if (length < need || length > need + MAX_PADDING) this.#refuse('malformed', 'buffer length');
    this.#end = start + length;
    if (this.#end > this.#body.length) this.#refuse('malformed', 'buffer leaves the body');
    this.regions.push(start, need);
    return start;
  }

  /** Offsets of `rows` lists or texts; how many elements they share out, 0 once something was refused. */
  offsets(rows: number): number {
    const start = this.data(4 * (rows + 1));
    if (this.refusal !== null) return 0;
    const offsets = new Int32Array(this.#body.buffer, this.#body.byteOffset + start, rows + 1);
    if (!areOffsets(offsets)) this.#refuse('malformed', 'offsets fall');
    return offsets[rows]!;
  }

  /** After the last column nothing may be left over. */
  end(): void {
    if (this.#nodeAt !== this.#nodesEnd || this.#bufferAt !== this.#buffersEnd)
      this.#refuse('malformed', 'more arrays than columns');
    const bodyBytes = this.#metadata.count(this.#bodyLengthAt);
    if (bodyBytes !== this.#body.length) this.#refuse('malformed', 'body length differs from the stream');
    if (bodyBytes > this.#end + MAX_PADDING || bodyBytes % 8 !== 0)
      this.#refuse('malformed', 'body goes on after its last buffer');
    if (this.#metadata.broken) this.#refuse('malformed', 'a length is no count');
  }

  #refuse(reason: BodyRefusal, detail: string): void {
    this.refusal ??= refused(reason, detail);
  }
}

function areOffsets(offsets: Int32Array): boolean {
  if (offsets[0] !== 0) return false;
  for (let i = 1; i < offsets.length; i++) if (offsets[i]! < offsets[i - 1]!) return false;
  return true;
}
