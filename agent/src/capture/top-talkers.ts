/** Addresses told apart. */
const COUNTERS = 64;

interface Counter {
  bytes: number;
  /** What it took over from the address whose place it got: at most this much is not its own. */
  readonly taken: number;
}

/** Who moves most bytes, in bounded memory: the space-saving sketch (Metwally et al. 2005). */
export class TopTalkers {
  readonly #counters = new Map<string, Counter>();

  add(address: string, bytes: number): void {
    const known = this.#counters.get(address);
    if (known !== undefined) {
      known.bytes += bytes;
      return;
    }
    let taken = 0;
    if (this.#counters.size >= COUNTERS) {
      const [smallest, { bytes: least }] = [...this.#counters].reduce((a, b) => (b[1].bytes < a[1].bytes ? b : a));
      this.#counters.delete(smallest);
      taken = least;
    }
    this.#counters.set(address, { bytes: taken + bytes, taken });
  }

  /** The largest, with the bytes that are surely theirs. */
  top(count: number): { address: string; bytes: number }[] {
    return [...this.#counters]
      .map(([address, { bytes, taken }]) => ({ address, bytes: bytes - taken }))
      .sort((a, b) => b.bytes - a.bytes || (a.address < b.address ? -1 : 1))
      .slice(0, count);
  }

  clear(): void {
    this.#counters.clear();
  }
}
