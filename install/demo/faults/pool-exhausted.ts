import { defineFault, orderApp } from './fault.ts';

export const poolExhausted = defineFault({
  name: 'pool-exhausted',
  title: { ko: '커넥션 풀 고갈', en: 'Connection pool exhausted' },
  description: {
    ko: '앱이 데이터베이스 커넥션을 가져간 뒤 돌려주지 않습니다. 남은 커넥션을 두고 요청이 줄을 섭니다.',
    en: 'The app takes database connections and does not give them back. Requests queue for what is left.',
  },
  target: 'service:shop-app',
  tier: 'app',
  start: (shop) => orderApp(shop, 'pool-leak'),
});
