/** Words of a place that are remembered; with more it is variable. */
const WORD_LIMIT = 64;
/** With so few words nobody asks whether they are hit often. */
const FEW_WORDS = 12;
/** Hits of a word before it may be shown, and requests in which the place brought no new word. */
const HITS_OF_WORD = 200;
const HITS_WITHOUT_NEW = 500;
/** Requests after which a place with many words is judged, and what its often hit words must make up of them. */
const HITS_TO_JUDGE = 1_000;
const OFTEN_SHARE = 0.9;
/** A word with less than this of its place is not shown. */
const LEAST_SHARE = 1 / WORD_LIMIT;

/** The words seen at one place of paths (what follows `/api/shop`), and which of them may be shown. */
export class RoutePlace {
  readonly #hits = new Map<string, number>();
  readonly #shown = new Set<string>();
  #total = 0;
  #newAt = 0;
  #isVariable = false;

  /** Once true, for good. */
  get isVariable(): boolean {
    return this.#isVariable;
  }

  shows(word: string): boolean {
    return this.#shown.has(word);
  }

  note(word: string): void {
    if (this.#isVariable) return;
    this.#total++;
    const hits = (this.#hits.get(word) ?? 0) + 1;
    this.#hits.set(word, hits);
    if (hits === 1) {
      this.#newAt = this.#total;
      if (this.#isCrowd()) this.#becomeVariable();
    } else if (
      hits >= HITS_OF_WORD &&
      hits >= this.#total * LEAST_SHARE &&
      this.#total - this.#newAt >= HITS_WITHOUT_NEW
    ) {
      this.#shown.add(word);
    }
  }

  #isCrowd(): boolean {
    if (this.#hits.size > WORD_LIMIT) return true;
    if (this.#hits.size <= FEW_WORDS || this.#total < HITS_TO_JUDGE) return false;
    let often = 0;
    for (const hits of this.#hits.values()) if (hits >= HITS_OF_WORD / 2) often += hits;
    return often < this.#total * OFTEN_SHARE;
  }

  #becomeVariable(): void {
    this.#isVariable = true;
    this.#hits.clear();
    this.#shown.clear();
  }
}
