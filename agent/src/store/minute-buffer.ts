/** Values a minute of full resolution holds for each series. */
export const MINUTE_STEPS = 60;
export const STEP_MS = 1_000;
export const MINUTE_MS = MINUTE_STEPS * STEP_MS;

/** A minute of every series: `values[index * 60 + second]`, NaN for gaps. */
export interface Minute {
  readonly t0Ms: number;
  /** Series known by then; those without a value are all NaN. */
  readonly series: number;
  readonly values: Float64Array;
}

/** The minute at hand, at full resolution, in memory. */
export class MinuteBuffer {
  #t0Ms = Number.NaN;
  #series = 0;
  #values = new Float64Array(512 * MINUTE_STEPS).fill(Number.NaN);

  /** Whether a value at `tMs` belongs to another minute; take the one at hand first. */
  isOver(tMs: number): boolean {
    return this.#series > 0 && minuteStart(tMs) !== this.#t0Ms;
  }

  put(tMs: number, values: Float64Array, length: number): void {
    if (length * MINUTE_STEPS > this.#values.length) this.#grow(length);
    this.#t0Ms = minuteStart(tMs);
    this.#series = Math.max(this.#series, length);
    const second = Math.floor((tMs - this.#t0Ms) / STEP_MS);
    for (let i = 0; i < length; i++) this.#values[i * MINUTE_STEPS + second] = values[i]!;
  }

  /** The minute so far, a view: valid until the next `put` or `clear`. */
  peek(): Minute | null {
    if (this.#series === 0) return null;
    return { t0Ms: this.#t0Ms, series: this.#series, values: this.#values };
  }

  clear(): void {
    this.#values.fill(Number.NaN, 0, this.#series * MINUTE_STEPS);
    this.#series = 0;
  }

  #grow(length: number): void {
    const grown = new Float64Array(Math.max(length * MINUTE_STEPS, 2 * this.#values.length)).fill(Number.NaN);
    grown.set(this.#values);
    this.#values = grown;
  }
}

export const minuteStart = (tMs: number): number => Math.floor(tMs / MINUTE_MS) * MINUTE_MS;
