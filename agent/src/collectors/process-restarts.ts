import { OTHER_NAME } from './executable-names.ts';

/** What makes a process the successor of another: the same executable with the same arguments, which are only hashed. */
export interface ProcessKey {
  readonly name: string;
  readonly commandHash: number;
}

/** One that ended counts as restarted when its like starts within so many readings. */
const SUCCESSOR_WITHIN = 30;
/** Who ran for fewer readings was a job, not a service. */
const RAN_AT_LEAST = 10;
/** Ended ones remembered; more at one time is a storm, and of it these are told. */
const ENDED_LIMIT = 1_000;
/** Executables that have a count of their own; further ones share `other`. */
const NAME_LIMIT = 64;

/** Counts processes that ended and came again under a new pid. A job that runs once a minute is none. */
export class ProcessRestarts {
  readonly #byName = new Map<string, number>();
  /** In which readings each was found gone, oldest first. */
  readonly #ended = new Map<string, number[]>();
  #endedCount = 0;
  #total = 0;

  get total(): number {
    return this.#total;
  }

  get byName(): ReadonlyMap<string, number> {
    return this.#byName;
  }

  ended(key: ProcessKey, ranReadings: number, reading: number): void {
    if (ranReadings < RAN_AT_LEAST || key.commandHash === 0 || this.#endedCount >= ENDED_LIMIT) return;
    const text = textOf(key);
    const same = this.#ended.get(text) ?? [];
    this.#ended.set(text, same);
    same.push(reading);
    this.#endedCount++;
  }

  started(key: ProcessKey): void {
    const text = textOf(key);
    const same = this.#ended.get(text);
    if (same?.shift() === undefined) return;
    this.#endedCount--;
    if (same.length === 0) this.#ended.delete(text);
    this.#total++;
    const name = this.#byName.has(key.name) || this.#byName.size < NAME_LIMIT ? key.name : OTHER_NAME;
    this.#byName.set(name, (this.#byName.get(name) ?? 0) + 1);
  }

  /** Forgets whom nobody followed in time. */
  forget(reading: number): void {
    for (const [text, same] of this.#ended) {
      while (same[0] !== undefined && reading - same[0] > SUCCESSOR_WITHIN) {
        same.shift();
        this.#endedCount--;
      }
      if (same.length === 0) this.#ended.delete(text);
    }
  }
}

const textOf = ({ name, commandHash }: ProcessKey) => `${name}\0${commandHash}`;

/** Of bytes, 32 bits, never 0; 0 for none. */
export function hashBytes(bytes: Uint8Array, length: number): number {
  if (length <= 0) return 0;
  let hash = 0;
  for (let i = 0; i < length; i++) hash = (hash * 31 + bytes[i]!) | 0;
  return hash === 0 ? 1 : hash;
}
