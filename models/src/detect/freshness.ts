import type { Surroundings } from './detector.ts';

/** Remembers when the processes behind a series were last away: what starts anew is not judged for a while. */
export class Freshness {
  readonly #role: string | undefined;
  readonly #freshMs: number;
  /** What ran before it was first looked at may have started just then. */
  #awayMs: number | null = null;

  /** @param role - companion that counts the processes; without it nothing is ever fresh */
  constructor(role: string | undefined, freshMs: number) {
    this.#role = role;
    this.#freshMs = freshMs;
  }

  isFresh(tMs: number, around: Surroundings): boolean {
    if (this.#role === undefined) return false;
    if (this.#awayMs === null || around.companion(this.#role) === 0) this.#awayMs = tMs;
    return tMs - this.#awayMs < this.#freshMs;
  }
}
