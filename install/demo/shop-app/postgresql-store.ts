import { readFileSync } from 'node:fs';
import { Pool, type PoolClient } from 'pg';
import { commented } from './request-context.ts';
import { POOL_SIZE, POOL_WAIT_MS, PoolTimeout, SLOW_SECONDS, STATEMENT_TIMEOUT_MS, type Store } from './store.ts';

export interface PostgresqlOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly passwordFile: string;
}

export function createPostgresqlStore({ passwordFile, ...options }: PostgresqlOptions): Store {
  const pool = new Pool({
    ...options,
    password: readFileSync(passwordFile, 'utf8').trim(),
    application_name: 'shop-app',
    max: POOL_SIZE,
    min: 4,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: POOL_WAIT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
  });
  // A connection that ends while it is idle is no error of any request; the pool makes another.
  pool.on('error', () => undefined);
  let running = 0;

  async function withClient<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    const client = await take();
    try {
      return await work(askOf(client));
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  async function take(): Promise<PoolClient> {
    try {
      return await pool.connect();
    } catch (cause) {
      if (cause instanceof Error && /timeout/i.test(cause.message))
        throw new PoolTimeout('no connection came free', { cause });
      throw cause;
    }
  }

  const askOf =
    (client: PoolClient): Ask =>
    async (text, values = []) => {
      running++;
      try {
        return (await client.query<Record<string, unknown>>(commented(text), values)).rows;
      } finally {
        running--;
      }
    };

  return {
    catalogue: () => withClient((ask) => ask('SELECT id, name, price FROM item ORDER BY id LIMIT 20')),
    item: (id) =>
      withClient(async (ask) => {
        const [item] = await ask('SELECT id, name, price FROM item WHERE id = $1', [id]);
        const [stock] = await ask('SELECT pieces FROM stock WHERE item = $1', [id]);
        return { ...item, ...stock };
      }),
    history: (customer, isSlow) =>
      withClient((ask) =>
        ask(
          isSlow
            ? 'SELECT o.* FROM orders o, (SELECT pg_sleep($2::float8) AS slept) s WHERE o.customer = $1 ORDER BY at DESC LIMIT 20'
            : 'SELECT * FROM orders WHERE customer = $1 ORDER BY at DESC LIMIT 20',
          isSlow ? [customer, SLOW_SECONDS] : [customer],
        ),
      ),
    order: (customer, item) =>
      withClient(async (ask) => {
        await ask('BEGIN');
        await ask('UPDATE stock SET pieces = pieces - 1 WHERE item = $1', [item]);
        const [order] = await ask('INSERT INTO orders (customer, item, pieces) VALUES ($1, $2, 1) RETURNING id', [
          customer,
          item,
        ]);
        await ask('COMMIT');
        return order;
      }),
    pool() {
      const used = pool.totalCount - pool.idleCount;
      return {
        used,
        idle: pool.idleCount,
        max: POOL_SIZE,
        pending: pool.waitingCount,
        idleInUse: Math.max(0, used - running),
      };
    },
    leak() {
      const taken: PoolClient[] = [];
      let isWanted = true;
      const takeOne = async (): Promise<void> => {
        while (isWanted) {
          const client = await pool.connect().catch(() => null);
          if (client === null) continue;
          if (!isWanted) return client.release();
          taken.push(client);
          return undefined;
        }
        return undefined;
      };
      for (let i = 0; i < POOL_SIZE; i++) void takeOne();
      return () => {
        isWanted = false;
        for (const client of taken.splice(0)) client.release();
      };
    },
    close: () => pool.end(),
  };
}

type Ask = (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;
