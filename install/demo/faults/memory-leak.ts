import { defineFault, orderApp } from './fault.ts';

export const memoryLeak = defineFault({
  name: 'memory-leak',
  title: { ko: '메모리 누수', en: 'Memory leak' },
  description: {
    ko: '앱이 메모리를 계속 잡고 놓지 않습니다. 이대로면 한도 512 MiB에 곧 이릅니다.',
    en: 'The app keeps taking memory and frees none. At this pace it soon meets its limit of 512 MiB.',
  },
  target: 'service:shop-app',
  tier: 'app',
  start: (shop) => orderApp(shop, 'memory-leak'),
});
