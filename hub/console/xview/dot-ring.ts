import type { DotColumns } from './decode.ts';

/** Failed transactions have this bit in `flags`. */
export const FAILED = 1;

/** Dots of the range on the screen, oldest first, in typed arrays that go round: nothing is moved when the oldest leave. */
export class DotRing {
  readonly maxLength: number;
  length = 0;
  timesMs: Float64Array;
  elapsedMs: Float32Array;
  flags: Uint8Array;
  service: Uint8Array;
  #head = 0;

  /** @param maxLength - dots held at most; beyond them the oldest are overwritten. Rounded up to a power of two. */
  constructor(maxLength: number) {
    this.maxLength = powerOfTwo(maxLength);
    const first = Math.min(this.maxLength, 4096);
    this.timesMs = new Float64Array(first);
    this.elapsedMs = new Float32Array(first);
    this.flags = new Uint8Array(first);
    this.service = new Uint8Array(first);
  }

  /** Place of the dot `index` (0 is the oldest) in the arrays. */
  slot(index: number): number {
    return (this.#head + index) & (this.timesMs.length - 1);
  }

  timeAt(index: number): number {
    return this.timesMs[this.slot(index)]!;
  }

  get newestMs(): number | null {
    return this.length === 0 ? null : this.timeAt(this.length - 1);
  }

  /** Index of the first dot at or after `timeMs`; `length` when there is none. */
  indexOf(timeMs: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timeAt(middle) < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Rows come late and not in order: what is known from `fromMs` on gives way to the answer about that time. */
  replaceFrom(fromMs: number, dots: DotColumns, serviceOf: (service: number) => number = (service) => service): void {
    this.length = this.indexOf(fromMs);
    this.#makeRoom(this.length + dots.length);
    for (let at = 0; at < dots.length; at += 1) {
      this.push(dots.timesMs[at]!, dots.elapsedMs[at]!, dots.flags[at]!, serviceOf(dots.service[at]!));
    }
  }

  push(timeMs: number, elapsedMs: number, flags: number, service: number): void {
    if (this.length === this.timesMs.length) this.#makeRoom(this.length + 1);
    if (this.length === this.maxLength) this.#dropOldest(1);
    const slot = this.slot(this.length);
    this.timesMs[slot] = timeMs;
    this.elapsedMs[slot] = elapsedMs;
    this.flags[slot] = flags;
    this.service[slot] = service;
    this.length += 1;
  }

  dropBefore(timeMs: number): void {
    this.#dropOldest(this.indexOf(timeMs));
  }

  #dropOldest(count: number): void {
    this.#head = this.slot(count);
    this.length -= count;
  }

  #makeRoom(wanted: number): void {
    const size = Math.min(this.maxLength, powerOfTwo(wanted));
    if (size <= this.timesMs.length) return;
    const [timesMs, elapsedMs] = [new Float64Array(size), new Float32Array(size)];
    const [flags, service] = [new Uint8Array(size), new Uint8Array(size)];
    for (let index = 0; index < this.length; index += 1) {
      const slot = this.slot(index);
      timesMs[index] = this.timesMs[slot]!;
      elapsedMs[index] = this.elapsedMs[slot]!;
      flags[index] = this.flags[slot]!;
      service[index] = this.service[slot]!;
    }
    Object.assign(this, { timesMs, elapsedMs, flags, service });
    this.#head = 0;
  }
}

const powerOfTwo = (value: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, value)));
