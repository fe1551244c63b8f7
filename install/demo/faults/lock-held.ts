import { defineFault, FaultRefused } from './fault.ts';

/** The session that holds the lock, as operators see it in the database. */
const APPLICATION = 'month-end-closing';

export const lockHeld = defineFault({
  name: 'lock-held',
  title: { ko: '데이터베이스 잠금', en: 'Lock held in the database' },
  description: {
    ko: '월말 결산 배치가 재고 행을 잠근 채 커밋하지 않습니다. 주문이 그 잠금을 기다립니다.',
    en: 'A month-end batch locks the stock rows and does not commit. Orders wait for that lock.',
  },
  target: 'database:shop-db',
  tier: 'database',
  async start(shop) {
    const client = await shop.connect(APPLICATION);
    if (client === null) throw new FaultRefused('the database is a stand-in and knows no locks; install postgresql-15');
    try {
      await client.query('BEGIN');
      await client.query('SELECT 1 FROM stock FOR UPDATE');
    } catch (cause) {
      await client.end();
      throw cause;
    }
    // The database may be killed while the lock is held; there is nothing left to release then.
    client.on('error', () => undefined);
    return {
      async [Symbol.asyncDispose]() {
        await client.end().catch(() => undefined);
      },
    };
  },
});
