/**
 * A program's name fit to be an attribute: letters, digits and `. _ @ + -`, at most 40 of them, runs of four or more
 * digits as `#` (a job number would make a series of every run). Never taken from a command line, which may hold secrets.
 */
export function cleanExecutableName(name: string): string {
  const clean = name
    .replace(/ \(deleted\)$/, '')
    .replace(/[^\w.@+-]/g, '_')
    .replace(/\d{4,}/g, '#')
    .slice(0, 40);
  return clean === '' ? 'unnamed' : clean;
}

/** Series of names at one time: both rankings of 8 and room for those that just left them. */
const HELD_LIMIT = 24;
/** Names that ever had a series since start; beyond, new ones stay in `other`. */
const EVER_LIMIT = 200;
/** A name keeps its series so many readings after it was last ranked, so that series are not torn by a busy second. */
const HOLD_READINGS = 60;

export const OTHER_NAME = 'other';

/** Decides which executable names have a series of their own; all others share `other`. Bounded whatever is started. */
export class ExecutableNames {
  readonly #lastRanked = new Map<string, number>();
  readonly #ever = new Set<string>();
  #reading = 0;

  /** Tells which names rank now; answers those that have a series in this reading. */
  held(ranked: Iterable<string>): ReadonlySet<string> {
    this.#reading++;
    for (const [name, last] of this.#lastRanked) {
      if (this.#reading - last > HOLD_READINGS) this.#lastRanked.delete(name);
    }
    for (const name of ranked) {
      if (!this.#lastRanked.has(name) && !this.#admit(name)) continue;
      this.#lastRanked.set(name, this.#reading);
    }
    return new Set(this.#lastRanked.keys());
  }

  #admit(name: string): boolean {
    if (this.#lastRanked.size >= HELD_LIMIT) return false;
    if (!this.#ever.has(name)) {
      if (this.#ever.size >= EVER_LIMIT) return false;
      this.#ever.add(name);
    }
    return true;
  }
}
