import { defineFault, orderApp } from './fault.ts';

export const slowStatement = defineFault({
  name: 'slow-statement',
  title: { ko: '느린 SQL', en: 'Slow statement' },
  description: {
    ko: '주문 내역을 조회하는 SQL 하나가 데이터베이스에서 평소보다 훨씬 오래 실행됩니다.',
    en: 'The statement that reads the order history takes far longer in the database than usual.',
  },
  target: 'database:shop-db',
  tier: 'database',
  start: (shop) => orderApp(shop, 'slow-statement'),
});
