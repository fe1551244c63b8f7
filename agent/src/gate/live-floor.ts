import type { FloorInForce } from './floor-file.ts';
import { allows, type Floor } from './log-rules.ts';

/** What root allows now: floor.yaml may be edited while the agent runs, and what it then says counts at once. */
export class LiveFloor {
  readonly #read: () => FloorInForce;
  #inForce: FloorInForce;

  constructor(read: () => FloorInForce) {
    this.#read = read;
    this.#inForce = read();
  }

  get inForce(): FloorInForce {
    return this.#inForce;
  }

  get floor(): Floor {
    return this.#inForce.floor;
  }

  /** Whether a question of the hub may be answered. */
  mayAsk(verb: string): boolean {
    const { mayAsk, never } = this.floor.questions;
    return allows(mayAsk, never)(verb);
  }

  /** Reads the file again. Whether something else is in force than before. */
  look(): boolean {
    const read = this.#read();
    const isSame = JSON.stringify(read) === JSON.stringify(this.#inForce);
    if (!isSame) this.#inForce = read;
    return !isSame;
  }
}
