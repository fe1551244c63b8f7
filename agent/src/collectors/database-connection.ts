import { errorText } from '../errors.ts';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;

/** One connection to a database, made again with growing pauses when it breaks. Used by one caller at a time. */
export class DatabaseConnection<C> {
  readonly #connect: () => Promise<C>;
  readonly #disconnect: (connection: C) => Promise<void>;
  #connection: C | null = null;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #pauseMs = FIRST_RETRY_MS;
  #problem = 'not connected yet';

  constructor(connect: () => Promise<C>, disconnect: (connection: C) => Promise<void>) {
    this.#connect = connect;
    this.#disconnect = disconnect;
  }

  /** Throws what is wrong, and the same again without trying while it is too soon for another try. */
  async use<T>(nowMs: number, work: (connection: C) => Promise<T>): Promise<T> {
    // A clock set back makes a retry due at once.
    if (this.#connection === null && nowMs < this.#retryAtMs && this.#retryAtMs - nowMs <= LAST_RETRY_MS) {
      throw new Error(this.#problem);
    }
    try {
      this.#connection ??= await this.#connect();
      const result = await work(this.#connection);
      this.#pauseMs = FIRST_RETRY_MS;
      return result;
    } catch (cause) {
      // Not only broken connections: one that answered strangely is in an unknown state too.
      await this.close();
      this.#retryAtMs = nowMs + this.#pauseMs;
      this.#pauseMs = Math.min(LAST_RETRY_MS, 2 * this.#pauseMs);
      this.#problem = errorText(cause);
      throw cause;
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    if (connection !== null) await this.#disconnect(connection);
  }
}

/** Reads all at once; then throws what was wrong with any of them, one sentence each. */
export async function readEach<T>(
  instances: readonly T[],
  read: (instance: T) => Promise<string | null>,
): Promise<void> {
  const problems = (await Promise.all(instances.map(read))).filter((problem) => problem !== null);
  if (problems.length > 0) throw new Error(problems.join('; '));
}
