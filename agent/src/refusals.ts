/** Reasons kept apart; more go under `other`, so that a bug cannot grow the table. */
const MAX_REASONS = 64;

/** What was refused at the door since start, by reason. */
export class Refusals {
  readonly #counts = new Map<string, number>();

  count(reason: string, howMany = 1): void {
    const known = this.#counts.get(reason);
    const key = known === undefined && this.#counts.size >= MAX_REASONS ? 'other' : reason.slice(0, 64);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + howMany);
  }

  snapshot(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
