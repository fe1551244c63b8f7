import { POOL_SIZE, POOL_WAIT_MS, type PoolState, PoolTimeout, STATEMENT_TIMEOUT_MS, type Store } from './store.ts';

/** The shop's data behind the stand-in for the database, with a pool of the same size and patience. */
export function createStandInStore(address: string): Store {
  let used = 0;
  let running = 0;
  let leaked = 0;
  const waiting: (() => void)[] = [];

  async function take(): Promise<void> {
    if (used < POOL_SIZE) {
      used++;
      return;
    }
    await new Promise<void>((done, failed) => {
      const turn = (): void => {
        clearTimeout(timer);
        done();
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(turn), 1);
        failed(new PoolTimeout('no connection came free'));
      }, POOL_WAIT_MS);
      waiting.push(turn);
    });
  }

  function release(): void {
    const next = waiting.shift();
    if (next === undefined) used--;
    else next();
  }

  async function ask<T>(path: string): Promise<T> {
    await take();
    running++;
    try {
      const answer = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(STATEMENT_TIMEOUT_MS) });
      if (!answer.ok) throw new Error(`the database stand-in answered ${answer.status}`);
      return (await answer.json()) as T;
    } finally {
      running--;
      release();
    }
  }

  return {
    catalogue: () => ask('/catalogue'),
    item: (id) => ask(`/item?id=${id}`),
    history: (customer, isSlow) => ask(`/history?customer=${customer}${isSlow ? '&slow=1' : ''}`),
    order: (customer, item) => ask(`/order?customer=${customer}&item=${item}`),
    pool: (): PoolState => ({
      used,
      idle: 0,
      max: POOL_SIZE,
      pending: waiting.length,
      idleInUse: Math.max(0, used - running),
    }),
    leak() {
      let isWanted = true;
      const takeOne = async (): Promise<void> => {
        while (isWanted) {
          const isTaken = await take().then(
            () => true,
            () => false,
          );
          if (!isTaken) continue;
          if (!isWanted) return release();
          leaked++;
          return undefined;
        }
        return undefined;
      };
      for (let i = 0; i < POOL_SIZE; i++) void takeOne();
      return () => {
        isWanted = false;
        for (; leaked > 0; leaked--) release();
      };
    },
    close: async () => undefined,
  };
}
