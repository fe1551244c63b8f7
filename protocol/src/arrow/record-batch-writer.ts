import assert from 'node:assert/strict';
import type { Column } from './column.ts';
import { elementBytes, hasOffsets } from './layout.ts';
import { PREFIX_BYTES, type RecordBatchTemplate, recordBatchTemplate } from './metadata.ts';
import { STRUCT_BYTES } from './record-batch.ts';

const writers = new WeakMap<readonly Column[], RecordBatchWriter>();

/** Where the numbers of one data buffer go. */
interface Slot {
  readonly bufferAt: number;
  /** The node that counts a list's values; 0 for other buffers. */
  readonly childNodeAt: number;
  readonly valueBytes: number;
}

/**
 * Writes a record batch's metadata into a stream: `begin`, then `buffer` once for each data buffer in Arrow's order.
 * Nothing of a sender's metadata is ever copied; every number in it comes through here.
 */
export class RecordBatchWriter {
  readonly #template: RecordBatchTemplate;
  readonly #slots: readonly Slot[];
  /** Nodes whose length is the number of rows. */
  readonly #rowNodesAt: readonly number[];
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #next = 0;

  private constructor(columns: readonly Column[]) {
    this.#template = recordBatchTemplate(columns);
    const { nodesAt, buffersAt } = this.#template.fields;
    const slots: Slot[] = [];
    const rowNodesAt: number[] = [];
    let nodeAt = PREFIX_BYTES + nodesAt;
    let bufferAt = PREFIX_BYTES + buffersAt;
    const slot = (childNodeAt: number, valueBytes: number) => {
      slots.push({ bufferAt, childNodeAt, valueBytes });
      bufferAt += STRUCT_BYTES;
    };
    for (const { type } of columns) {
      rowNodesAt.push(nodeAt);
      nodeAt += STRUCT_BYTES;
      bufferAt += STRUCT_BYTES;
      if (hasOffsets(type)) slot(0, 4);
      if (type === 'listFloat64') {
        bufferAt += STRUCT_BYTES;
        slot(nodeAt, elementBytes[type]);
        nodeAt += STRUCT_BYTES;
      } else slot(0, elementBytes[type]);
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
    if (slot.childNodeAt !== 0) this.#write(slot.childNodeAt, length / slot.valueBytes);
  }

  /** 64-bit little endian; lengths stay below 2^53. */
  #write(at: number, value: number): void {
    this.#view.setUint32(this.#at + at, value >>> 0, true);
    this.#view.setUint32(this.#at + at + 4, Math.floor(value / 0x100000000), true);
  }
}
