/** Values of the last minutes by page; of each page at most so many. */
const KEPT_MS = 5 * 60_000;
const KEPT_VALUES = 500;

/** The 75th percentile of what visitors saw in the last five minutes: what web-vitals are judged by. */
export class PageValues {
  readonly #values = new Map<string, { atMs: number; value: number }[]>();

  /** @param key - of bounded number; the caller sees to that */
  add(key: string, value: number, nowMs: number): void {
    const values = this.#values.get(key) ?? [];
    values.push({ atMs: nowMs, value });
    if (values.length > KEPT_VALUES) values.shift();
    this.#values.set(key, values);
  }

  *percentiles(nowMs: number): Generator<readonly [key: string, value: number]> {
    for (const [key, values] of this.#values) {
      const recent = values.filter(({ atMs }) => Math.abs(nowMs - atMs) <= KEPT_MS);
      if (recent.length === 0) this.#values.delete(key);
      else {
        this.#values.set(key, recent);
        const sorted = recent.map(({ value }) => value).sort((a, b) => a - b);
        yield [key, sorted[Math.ceil(0.75 * sorted.length) - 1]!];
      }
    }
  }
}
