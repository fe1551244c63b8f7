import { defineFault, orderApp } from './fault.ts';

export const cpuBurn = defineFault({
  name: 'cpu-burn',
  title: { ko: '앱 CPU 폭주', en: 'CPU burn in the app' },
  description: {
    ko: '앱 서버의 스레드 하나가 무한 루프에 빠져 CPU 하나를 계속 사용합니다.',
    en: 'A thread of the app runs in an endless loop and keeps one CPU busy.',
  },
  target: 'service:shop-app',
  tier: 'app',
  start: (shop) => orderApp(shop, 'cpu-burn'),
});
