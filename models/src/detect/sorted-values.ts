import { firstIndex } from '../bisect.ts';
import { sortedQuantile } from '../quantile.ts';

/** Numbers in order, of which few come and go at a time: moving the rest is quicker than sorting all. Finite values only. */
export class SortedValues {
  readonly #values: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  clear(): void {
    this.#count = 0;
  }

  /** There must be room. */
  add(value: number): void {
    const at = this.#firstNotBelow(value);
    this.#values.copyWithin(at + 1, at, this.#count);
    this.#values[at] = value;
    this.#count += 1;
  }

  /** One that was added. */
  remove(value: number): void {
    const at = this.#firstNotBelow(value);
    this.#values.copyWithin(at, at + 1, this.#count);
    this.#count -= 1;
  }

  quantile(share: number): number {
    return sortedQuantile(this.#values.subarray(0, this.#count), share);
  }

  /** Median of the distances from `center`: the nearest are met first, walking outwards on both sides. */
  medianDistance(center: number): number {
    const values = this.#values;
    const count = this.#count;
    const position = 0.5 * (count - 1);
    const wanted = Math.floor(position);
    let right = this.#firstNotBelow(center);
    let left = right - 1;
    let nearer = 0;
    let distance = 0;
    for (let rank = 0; rank <= Math.min(wanted + 1, count - 1); rank++) {
      nearer = distance;
      const below = left >= 0 ? center - values[left]! : Number.POSITIVE_INFINITY;
      const above = right < count ? values[right]! - center : Number.POSITIVE_INFINITY;
      distance = Math.min(below, above);
      if (below <= above) left -= 1;
      else right += 1;
    }
    if (wanted + 1 > count - 1) return distance;
    return nearer + (position - wanted) * (distance - nearer);
  }

  #firstNotBelow(value: number): number {
    return firstIndex(this.#count, (i) => this.#values[i]! >= value);
  }
}
