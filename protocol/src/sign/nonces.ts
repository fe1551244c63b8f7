import { ok, type Result, refused } from '../result.ts';

export interface NonceLimits {
  readonly lifetimeMs: number;
  /** Outstanding at once; the oldest is forgotten first. */
  readonly most: number;
}

/**
 * Nonces that an agent gave out and that an order must bring back, each once. Kept in memory: after a restart every
 * order needs a new one, which is the safe side.
 */
export class NonceBook {
  readonly #limits: NonceLimits;
  readonly #random: () => Uint8Array;
  /** Expiry by nonce, in the order given out. */
  readonly #outstanding = new Map<string, number>();

  /** @param random - 16 or more unguessable bytes */
  constructor(limits: NonceLimits, random: () => Uint8Array) {
    this.#limits = limits;
    this.#random = random;
  }

  issue(nowMs: number): string {
    const nonce = Buffer.from(this.#random()).toString('base64url');
    this.#outstanding.set(nonce, nowMs + this.#limits.lifetimeMs);
    for (const oldest of this.#outstanding.keys()) {
      if (this.#outstanding.size <= this.#limits.most) break;
      this.#outstanding.delete(oldest);
    }
    return nonce;
  }

  /** Uses up a nonce; `unknown` also for one that was used before. */
  spend(nonce: string, nowMs: number): Result<null, 'unknown' | 'expired'> {
    const expiresAtMs = this.#outstanding.get(nonce);
    if (expiresAtMs === undefined) return refused('unknown', 'never issued, spent or forgotten');
    this.#outstanding.delete(nonce);
    return nowMs < expiresAtMs ? ok(null) : refused('expired', `${nowMs - expiresAtMs} ms ago`);
  }
}
