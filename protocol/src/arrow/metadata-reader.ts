/**
 * Reads a flatbuffer that a stranger wrote. A read outside gives 0 and marks the reader `broken`, so that the caller
 * follows the whole path and asks once at the end; no path is longer than the fields it asks for, so none can loop.
 */
export class MetadataReader {
  broken = false;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether `count` bytes lie at `at`; marks broken when not. */
  need(at: number, count: number): boolean {
    if (at >= 0 && at + count <= this.#view.byteLength) return true;
    this.broken = true;
    return false;
  }

  u8(at: number): number {
    return this.need(at, 1) ? this.#view.getUint8(at) : 0;
  }

  i16(at: number): number {
    return this.need(at, 2) ? this.#view.getInt16(at, true) : 0;
  }

  u16(at: number): number {
    return this.need(at, 2) ? this.#view.getUint16(at, true) : 0;
  }

  u32(at: number): number {
    return this.need(at, 4) ? this.#view.getUint32(at, true) : 0;
  }

  /** A 64-bit number that must be a count: from 0 to 2^53 - 1. */
  count(at: number): number {
    if (!this.need(at, 8)) return 0;
    const high = this.#view.getUint32(at + 4, true);
    if (high < 0x200000) return high * 0x100000000 + this.#view.getUint32(at, true);
    this.broken = true;
    return 0;
  }

  /** The position an offset stored at `at` points to. */
  follow(at: number): number {
    return at + this.u32(at);
  }

  /** Where a table's field lies, 0 when it is absent (or the table is broken). */
  field(table: number, slot: number): number {
    if (!this.need(table, 4)) return 0;
    const vtable = table - this.#view.getInt32(table, true);
    const size = this.u16(vtable);
    const entry = 4 + 2 * slot;
    if (entry + 2 > size) return 0;
    const offset = this.u16(vtable + entry);
    return offset === 0 ? 0 : table + offset;
  }
}
