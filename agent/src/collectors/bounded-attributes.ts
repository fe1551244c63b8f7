import type { Attributes } from '@airis/protocol';

/**
 * One attribute object for each key, made once and kept: writers hand the same object over every second, so that the
 * series registry can recognise it without hashing. Holds at most `limit` keys; beyond, `null` (not reported).
 */
export class BoundedAttributes {
  readonly #limit: number;
  readonly #make: (key: string) => Attributes;
  readonly #known = new Map<string, Attributes>();

  constructor(limit: number, make: (key: string) => Attributes) {
    this.#limit = limit;
    this.#make = make;
  }

  get(key: string): Attributes | null {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= this.#limit) return null;
    const made = this.#make(key);
    this.#known.set(key, made);
    return made;
  }
}
