import { defineFault } from './fault.ts';

export const upstreamDown = defineFault({
  name: 'upstream-down',
  title: { ko: 'WEB 뒷단(WAS) 중지', en: 'WEB upstream down' },
  description: {
    ko: 'WAS 프로세스가 죽어 WEB 서버가 요청을 넘길 곳이 없습니다.',
    en: 'The WAS process is dead: the web server has nowhere to pass requests.',
  },
  target: 'service:shop-was',
  tier: 'was',
  start: (shop) => shop.holdDown('was'),
});
