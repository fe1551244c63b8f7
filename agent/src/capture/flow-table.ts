/** Slots that a key may stand in; with all taken, the one used longest ago gives way. */
const PROBES = 4;

/** One direction of a connection, by two hashes of its addresses and ports. Bounded; what is forgotten is not told. */
export class FlowTable {
  readonly #mask: number;
  readonly #hashA: Int32Array;
  readonly #hashB: Int32Array;
  readonly #seenAt: Float64Array;
  /** Behind the highest sequence number sent. */
  readonly nextSequence: Uint32Array;
  readonly hasSequence: Uint8Array;
  /** When something was asked that waits for its answer, in s; 0: nothing. */
  readonly askedAt: Float64Array;

  /** @param size - a power of two */
  constructor(size: number) {
    this.#mask = size - 1;
    this.#hashA = new Int32Array(size);
    this.#hashB = new Int32Array(size);
    this.#seenAt = new Float64Array(size);
    this.nextSequence = new Uint32Array(size);
    this.hasSequence = new Uint8Array(size);
    this.askedAt = new Float64Array(size);
  }

  /** Slot of a key, or -1. */
  find(hashA: number, hashB: number): number {
    for (let probe = 0; probe < PROBES; probe++) {
      const slot = (hashA + probe) & this.#mask;
      if (this.#hashA[slot] === hashA && this.#hashB[slot] === hashB && this.#seenAt[slot]! > 0) return slot;
    }
    return -1;
  }

  /** Slot of a key, made where there is none. */
  take(hashA: number, hashB: number, atSeconds: number): number {
    const found = this.find(hashA, hashB);
    if (found >= 0) {
      this.#seenAt[found] = atSeconds;
      return found;
    }
    let slot = hashA & this.#mask;
    for (let probe = 1; probe < PROBES; probe++) {
      const other = (hashA + probe) & this.#mask;
      if (this.#seenAt[other]! < this.#seenAt[slot]!) slot = other;
    }
    this.#hashA[slot] = hashA;
    this.#hashB[slot] = hashB;
    this.#seenAt[slot] = atSeconds;
    this.hasSequence[slot] = 0;
    this.askedAt[slot] = 0;
    return slot;
  }
}
