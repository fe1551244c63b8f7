import assert from 'node:assert/strict';
import type { Column } from './column.ts';
import { bufferRoles, elementBytes, hasOffsets } from './layout.ts';
import { PREFIX_BYTES, type RecordBatchTemplate, recordBatchTemplate } from './metadata.ts';
import { STRUCT_BYTES } from './record-batch.ts';

const writers = new WeakMap<readonly Column[], RecordBatchWriter>();

/**
 * Writes a record batch's metadata into a stream: `begin`, then `buffer` once for each data buffer in Arrow's order.
 * Nothing of a sender's metadata is ever copied; every number in it comes through here.
 */
export class RecordBatchWriter {
  readonly #template: RecordBatchTemplate;
  /** For each data buffer: its position in the metadata, and for a list's values the node that holds their count. */
  readonly #slots: readonly {
    readonly bufferAt: number;
    readonly childNodeAt: number;
    readonly elementBytes: number;
  }[];
  /** Nodes whose length is the number of rows. */
  readonly #rowNodesAt: readonly number[];
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #next = 0;

  private constructor(columns: readonly Column[]) {
    this.#template = recordBatchTemplate(columns);
    const { nodesAt, buffersAt } = this.#template.fields;
    const slots = [];
    const rowNodesAt = [];
    let node = 0;
    let buffer = 0;
    for (const { type } of columns) {
      rowNodesAt.push(PREFIX_BYTES + nodesAt + STRUCT_BYTES * node++);
      let isValues = !hasOffsets(type);
      for (const role of bufferRoles[type]) {
        if (role === 'data') {
          const isChild = type === 'listFloat64' && isValues;
          slots.push({
            bufferAt: PREFIX_BYTES + buffersAt + STRUCT_BYTES * buffer,
            childNodeAt: isChild ? PREFIX_BYTES + nodesAt + STRUCT_BYTES * node++ : 0,
            elementBytes: elementBytes[type],
          });
          isValues = true;
        }
        buffer++;
      }
    }
    this.#slots = slots;
    this.#rowNodesAt = rowNodesAt;
  }

  /** One writer for each list of columns; it holds no batch between calls of `begin`. */
  static of(columns: readonly Column[]): RecordBatchWriter {
    let writer = writers.get(columns);
    if (writer === undefined) {
      writer = new RecordBatchWriter(columns);
      writers.set(columns, writer);
    }
    return writer;
  }

  /** Size of the framed metadata, a multiple of 8. */
  get metadataBytes(): number {
    return this.#template.bytes.length;
  }

  begin(stream: Uint8Array, at: number, rows: number, bodyBytes: number): void {
    stream.set(this.#template.bytes, at);
    this.#view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
    this.#at = at;
    this.#next = 0;
    const { bodyLengthAt, rowsAt } = this.#template.fields;
    this.#write(PREFIX_BYTES + bodyLengthAt, bodyBytes);
    this.#write(PREFIX_BYTES + rowsAt, rows);
    for (const nodeAt of this.#rowNodesAt) this.#write(nodeAt, rows);
  }

  /** @param offset - in bytes from the body's start, a multiple of 8; @param length - in bytes, without padding */
  buffer(offset: number, length: number): void {
    const slot = this.#slots[this.#next++];
    assert(slot !== undefined, 'as many buffers as the columns have');
    this.#write(slot.bufferAt, offset);
    this.#write(slot.bufferAt + 8, length);
    if (slot.childNodeAt !== 0) this.#write(slot.childNodeAt, length / slot.elementBytes);
  }

  /** 64-bit little endian; lengths stay below 2^53. */
  #write(at: number, value: number): void {
    this.#view.setUint32(this.#at + at, value >>> 0, true);
    this.#view.setUint32(this.#at + at + 4, Math.floor(value / 0x100000000), true);
  }
}
