import { hash } from 'node:crypto';

/** Newest payloads whose digests are kept for each (agent, epoch, class). */
const KEPT = 64;

/** 48 bits of SHA-256, as a number; 0 stands for "unknown". */
export function payloadDigest(payload: Uint8Array): number {
  return hash('sha256', payload, 'buffer').readUIntLE(0, 6) || 1;
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
