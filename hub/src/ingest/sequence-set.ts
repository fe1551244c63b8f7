/** Ranges beyond the contiguous part; more than this many holes is no delivery any more. */
export const MAX_RANGES = 512;

/**
 * Which numbers of a 1-based sequence have come: a contiguous part and a bounded number of ranges beyond it. Late and
 * repeated numbers are told apart for ever, whatever windows of a broker have closed meanwhile.
 */
export class SequenceSet {
  #upTo: number;
  /** [from, to] inclusive, ascending, never touching. */
  #beyond: [number, number][];

  constructor(upTo = 0, beyond: readonly number[] = []) {
    this.#upTo = upTo;
    this.#beyond = [];
    for (let i = 0; i + 1 < beyond.length; i += 2) this.#beyond.push([beyond[i]!, beyond[i + 1]!]);
  }

  get upTo(): number {
    return this.#upTo;
  }

  /** [from, to, from, to, …], as the constructor takes them. */
  get beyond(): readonly number[] {
    return this.#beyond.flat();
  }

  get highest(): number {
    return this.#beyond.at(-1)?.[1] ?? this.#upTo;
  }

  has(sequence: number): boolean {
    return sequence <= this.#upTo || this.#beyond.some(([from, to]) => from <= sequence && sequence <= to);
  }

  /** False where one more range would be one too many; then nothing has changed. */
  add(from: number, to = from): boolean {
    if (to <= this.#upTo) return true;
    if (from <= this.#upTo + 1 && this.#beyond.length === 0) {
      this.#upTo = to;
      return true;
    }
    const merged: [number, number] = [Math.max(from, this.#upTo + 1), to];
    const kept: [number, number][] = [];
    for (const range of this.#beyond) {
      if (range[1] + 1 < merged[0] || merged[1] + 1 < range[0]) kept.push(range);
      else {
        merged[0] = Math.min(merged[0], range[0]);
        merged[1] = Math.max(merged[1], range[1]);
      }
    }
    if (merged[0] === this.#upTo + 1) this.#upTo = merged[1];
    else if (kept.length >= MAX_RANGES) return false;
    else kept.push(merged);
    this.#beyond = kept.sort((a, b) => a[0] - b[0]);
    return true;
  }

  /** How many numbers of a range have not come yet. */
  missing(from: number, to: number): number {
    let count = Math.max(0, to - Math.max(from, this.#upTo + 1) + 1);
    for (const range of this.#beyond) {
      count -= Math.max(0, Math.min(to, range[1]) - Math.max(from, range[0]) + 1);
    }
    return count;
  }
}
