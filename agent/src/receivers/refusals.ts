/** Reasons known at once; further ones share `other`. */
const REASON_LIMIT = 64;

/** Counts what was refused, by reason, since start. */
export class Refusals {
  readonly #counts = new Map<string, number>();

  count(reason: string, by = 1): void {
    const key = this.#counts.has(reason) || this.#counts.size < REASON_LIMIT ? reason : 'other';
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  byReason(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
