import { crc32 } from 'node:zlib';

/** Newest payloads whose digests are kept for each (agent, epoch, class). */
const KEPT = 64;

/**
 * Checksum and length in one number; 0 stands for "unknown". It tells accidents apart (a copied folder), which is all
 * that is asked of it: who holds an agent's key can spoil that agent's numbers anyway.
 */
export function payloadDigest(payload: Uint8Array): number {
  return crc32(payload) + (payload.length % 0x10_0000) * 0x1_0000_0000 || 1;
}

/** Tells a repeated batch from another one under its number: the mark of a copied identity. */
export class RecentDigests {
  readonly #digests: Float64Array;

  constructor(packed?: Uint8Array) {
    this.#digests = new Float64Array(KEPT);
    if (packed?.length === KEPT * 8) new Uint8Array(this.#digests.buffer).set(packed);
  }

  put(sequence: number, digest: number): void {
    this.#digests[sequence % KEPT] = digest;
  }

  /** The digest kept for that number, or 0 where it is not among the newest. */
  get(sequence: number, highest: number): number {
    return sequence > highest - KEPT ? this.#digests[sequence % KEPT]! : 0;
  }

  packed(): Uint8Array {
    return new Uint8Array(this.#digests.buffer.slice(0));
  }
}
