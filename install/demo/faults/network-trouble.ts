import { GOOD_NETWORK } from '../proxy.ts';
import { defineFault } from './fault.ts';

export const networkTrouble = defineFault({
  name: 'network-trouble',
  title: { ko: 'WAS–앱 구간 지연·유실', en: 'Latency and loss between WAS and app' },
  description: {
    ko: 'WAS와 앱 사이 구간에서 방향마다 0.25초 이상 늦어지고 조각의 5 %가 유실되어 다시 옵니다.',
    en: 'Between WAS and app each direction takes a quarter of a second more, and 5 % of the pieces are lost and sent again.',
  },
  target: 'link:shop-was~shop-app',
  tier: 'network',
  async start(shop) {
    shop.network.setTrouble({ latencyMs: 250, jitterMs: 100, lossRatio: 0.05 });
    return {
      async [Symbol.asyncDispose]() {
        shop.network.setTrouble(GOOD_NETWORK);
      },
    };
  },
});
