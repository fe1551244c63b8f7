import type { CounterReading } from './interface-table.ts';

const WRAP = 2 ** 32;

/**
 * Counters of 32 bits made to rise for ever: one that fell has gone round once, unless its device started again. At 1 Gbit/s
 * a counter of bytes goes round in 34 s, so a device without wide counters must be asked more often than that.
 */
export class CounterMemory {
  readonly #last = new Map<string, { raw: number; rounds: number }>();

  /** The device started again: what is lower now has not gone round. */
  forget(): void {
    this.#last.clear();
  }

  /** @param key - of bounded number; the caller sees to that */
  rising(key: string, { value, bits }: CounterReading): number {
    if (bits === 64) return value;
    const last = this.#last.get(key) ?? { raw: value, rounds: 0 };
    if (value < last.raw) last.rounds++;
    last.raw = value;
    this.#last.set(key, last);
    return last.rounds * WRAP + value;
  }
}
