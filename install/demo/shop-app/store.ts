/** What the shop keeps, however it is kept. Each call is one unit of work that holds one connection. */
export interface Store {
  catalogue(): Promise<readonly unknown[]>;
  item(id: number): Promise<unknown>;
  /** @param isSlow - the statement takes far longer than it should */
  history(customer: number, isSlow: boolean): Promise<readonly unknown[]>;
  order(customer: number, item: number): Promise<unknown>;
  pool(): PoolState;
  /** Takes every connection and lets none go, until the returned thing is called. */
  leak(): () => void;
  close(): Promise<void>;
}

export interface PoolState {
  readonly used: number;
  readonly idle: number;
  readonly max: number;
  readonly pending: number;
  /** Used, with no statement running. */
  readonly idleInUse: number;
}

/** No connection came free in time. */
export class PoolTimeout extends Error {
  override readonly name = 'PoolTimeout';
}

export const POOL_SIZE = 10;
export const POOL_WAIT_MS = 3_000;
export const STATEMENT_TIMEOUT_MS = 6_000;
/** How long the slow statement sleeps in the database. */
export const SLOW_SECONDS = 1.2;
